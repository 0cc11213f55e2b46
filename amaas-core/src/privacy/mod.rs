//! Keeping what is private private. This first cut holds one rule and its tool: what a user sent
//! never appears in an error, an event or a log.

mod redact;

pub use self::redact::Redacted;
