//! Keeping what is private private: packages that only holders of a key can read, and inputs that
//! never appear in an error, an event or a log.

#[cfg(feature = "sign")]
mod bundle;
mod detect;
#[cfg(feature = "encrypt")]
mod encrypt;
mod keys;
mod redact;
mod redaction;
mod redactor;
#[cfg(feature = "sign")]
mod sign;

#[cfg(feature = "encrypt")]
pub(crate) use self::encrypt::{Pair, damaged};
#[cfg(feature = "encrypt")]
pub use self::encrypt::{Recipients, decrypt, encrypt};
pub use self::keys::{Key, KeyRequest, Keys};
pub use self::redact::Redacted;
pub use self::redaction::Redaction;
pub use self::redactor::{Action, Redactor, RedactorBuilder, Sensitive};
#[cfg(feature = "sign")]
pub use self::sign::{PublicKey, Signer, Vouched, verify};
