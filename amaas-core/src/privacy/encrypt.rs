//! Bytes that only holders of a key can read: the format of the program `age`, version 1.
//!
//! ```
//! use amaas_core::privacy::{Key, Recipients, decrypt, encrypt};
//!
//! let anybody = Recipients::passphrase("correct horse battery staple");
//! let hidden = encrypt(b"weights", &anybody)?;
//! let shown = decrypt(&hidden, &[Key::passphrase("correct horse battery staple")])?;
//! assert_eq!(**shown, *b"weights");
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! Format: `age-encryption.org/v1` (C2SP). Each 64 KiB are sealed with their number and whether
//! they are the last, so that none can be changed, swapped, dropped, repeated or cut off.
//!
//! The trap: whoever knows a recipient's public key can encrypt to it. That bytes can be decrypted
//! says nothing of who wrote them; signatures do.

use std::io::{Read as _, Write as _};
use std::iter;

use age::secrecy::SecretString;
use age::stream::StreamReader;
use age::{DecryptError, Decryptor, EncryptError, Encryptor, Identity, scrypt, x25519};
use zeroize::Zeroizing;

use super::keys::{Key, Secret};
use crate::{Error, ErrorKind, Result};

/// Work for a passphrase is refused from 2^23 on: it would take minutes and gigabytes.
const MOST_WORK: u8 = 22;

/// Who can read what is encrypted: holders of keys, or whoever knows a passphrase.
#[derive(Clone)]
pub struct Recipients(Who);

#[derive(Clone)]
enum Who {
    Keys(Vec<x25519::Recipient>),
    Passphrase(SecretString),
}

impl std::fmt::Debug for Recipients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Who::Keys(keys) => f.debug_tuple("Recipients").field(keys).finish(),
            Who::Passphrase(_) => f.write_str("Recipients(a passphrase)"),
        }
    }
}

impl Recipients {
    /// The holders of the identities that belong to these public keys, `age1…`.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none, or one is no X25519 key.
    pub fn keys<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self> {
        let read = |text: T| {
            let text = text.as_ref().trim();
            text.parse().map_err(|cause: &str| {
                Error::new(
                    ErrorKind::InvalidArgument,
                    format!("`{text}` is no recipient"),
                )
                .because(cause)
                .advise("write `age1` and what follows, as `age-keygen` tells it")
            })
        };
        let keys = texts.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        match keys.is_empty() {
            true => Err(
                Error::new(ErrorKind::InvalidArgument, "there is no recipient")
                    .advise("name one, or publish without encryption"),
            ),
            false => Ok(Self(Who::Keys(keys))),
        }
    }

    /// Whoever knows this passphrase. Trying one takes about a second, on purpose.
    pub fn passphrase(text: impl Into<String>) -> Self {
        Self(Who::Passphrase(SecretString::from(text.into())))
    }

    /// These and `others`.
    ///
    /// # Errors
    /// `InvalidArgument` where one of them is a passphrase, which is always alone.
    pub fn and(self, others: Self) -> Result<Self> {
        match (self.0, others.0) {
            (Who::Keys(keys), Who::Keys(more)) => Ok(Self(Who::Keys([keys, more].concat()))),
            _ => {
                let message = "a passphrase stands beside another recipient";
                Err(Error::new(ErrorKind::InvalidArgument, message)
                    .advise("encrypt for one passphrase, or for keys"))
            }
        }
    }
}

/// `bytes` as only `recipients` can read them.
///
/// # Errors
/// `Internal` when they cannot be encrypted.
pub fn encrypt(bytes: &[u8], recipients: &Recipients) -> Result<Vec<u8>> {
    let encryptor = match &recipients.0 {
        Who::Passphrase(secret) => Encryptor::with_user_passphrase(secret.clone()),
        Who::Keys(keys) => {
            let keys = keys.iter().map(|key| key as &dyn age::Recipient);
            Encryptor::with_recipients(keys).map_err(|cause| failed().because(cause))?
        }
    };
    write(bytes, encryptor).map_err(|cause| failed().because(cause))
}

fn write(bytes: &[u8], encryptor: Encryptor) -> Result<Vec<u8>, EncryptError> {
    let mut hidden = Vec::with_capacity(bytes.len() + bytes.len() / 2048 + 512);
    let mut writer = encryptor.wrap_output(&mut hidden)?;
    writer.write_all(bytes)?;
    writer.finish()?;
    Ok(hidden)
}

fn failed() -> Error {
    Error::new(ErrorKind::Internal, "bytes cannot be encrypted")
}

/// What was encrypted, wiped from memory when it is dropped.
///
/// # Errors
/// `KeyDenied` when none of `keys` opens it; `Corrupt` when a byte of it is not as it was written.
pub fn decrypt(bytes: &[u8], keys: &[Key]) -> Result<Zeroizing<Vec<u8>>> {
    let identities = keys.iter().map(identity).collect::<Result<Vec<_>>>()?;
    decrypt_with(bytes, identities.iter().map(|identity| &**identity))
}

fn decrypt_with<'a>(
    bytes: &[u8],
    identities: impl Iterator<Item = &'a dyn Identity>,
) -> Result<Zeroizing<Vec<u8>>> {
    let mut reader = reader(bytes, identities)?;
    // Never grows, which would leave copies behind that nobody wipes.
    let mut shown = Zeroizing::new(Vec::with_capacity(bytes.len()));
    match reader.read_to_end(&mut shown) {
        Ok(_) => Ok(shown),
        Err(cause) => Err(damaged().because(cause)),
    }
}

/// What was encrypted, piece by piece.
fn reader<'a, 'b>(
    bytes: &'a [u8],
    identities: impl Iterator<Item = &'b dyn Identity>,
) -> Result<StreamReader<&'a [u8]>> {
    let decryptor = Decryptor::new_buffered(bytes).map_err(explain)?;
    decryptor.decrypt(identities).map_err(explain)
}

fn identity(key: &Key) -> Result<Box<dyn Identity>> {
    match &key.0 {
        Secret::Passphrase(text) => {
            let mut identity = scrypt::Identity::new(SecretString::from(text.as_str()));
            identity.set_max_work_factor(MOST_WORK);
            Ok(Box::new(identity))
        }
        Secret::Identity(text) => match text.parse::<x25519::Identity>() {
            Ok(identity) => Ok(Box::new(identity)),
            Err(cause) => Err(Error::new(ErrorKind::KeyDenied, "an identity is misspelt")
                .because(cause)
                .advise("copy it again, whole, from what `age-keygen` wrote")),
        },
    }
}

fn explain(cause: DecryptError) -> Error {
    match cause {
        DecryptError::NoMatchingKeys
        | DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed => {
            Error::new(ErrorKind::KeyDenied, "none of the keys opens it").because(cause)
        }
        DecryptError::ExcessiveWork { .. } => Error::new(
            ErrorKind::KeyDenied,
            "its passphrase asks for too much work",
        )
        .because(cause),
        cause => damaged().because(cause),
    }
}

/// For bytes that are not as they were written.
pub(crate) fn damaged() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "encrypted bytes are not those that were written",
    )
    .advise("restore them from a good copy; nothing of them was used")
}

/// A pair of keys for one package, made anew for each.
pub(crate) struct Pair(x25519::Identity);

impl Pair {
    pub(crate) fn new() -> Self {
        Self(x25519::Identity::generate())
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let misspelt = |cause: &str| damaged().because(cause);
        text.parse().map(Self).map_err(misspelt)
    }

    /// The secret half, as text.
    pub(crate) fn secret(&self) -> Zeroizing<String> {
        use age::secrecy::ExposeSecret as _;
        Zeroizing::new(self.0.to_string().expose_secret().to_owned())
    }

    pub(crate) fn encrypt(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        encrypt(bytes, &Recipients(Who::Keys(vec![self.0.to_public()])))
    }

    /// What `bytes` hide, piece by piece. Bytes that the pair does not open were put in the place of
    /// others.
    pub(crate) fn reader<'a>(&self, bytes: &'a [u8]) -> Result<StreamReader<&'a [u8]>> {
        let opened = reader(bytes, iter::once(&self.0 as &dyn Identity));
        opened.map_err(|error| match error.kind() {
            ErrorKind::KeyDenied => damaged().because(error),
            _ => error,
        })
    }
}
