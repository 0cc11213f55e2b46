//! What files of prices and of quotas have in common: TOML, checked whole, refused with its line.

use std::path::Path;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use crate::{Error, ErrorKind, Result};

/// The format this build reads.
const SCHEMA: u32 = 1;
/// A file may not be larger.
const MAX_BYTES: usize = 1 << 20;
/// The most digits of an amount before and behind the point.
const DIGITS: (usize, usize) = (9, 12);

/// What is wrong, and where.
pub(super) struct Fault(String, usize);

pub(super) type Checked<T> = std::result::Result<T, Fault>;

pub(super) fn fault<T, U>(at: &Spanned<U>, message: impl Into<String>) -> Checked<T> {
    Err(Fault(message.into(), at.span().start))
}

/// Refuses a format of another time.
pub(super) fn check_schema(schema: &Spanned<u32>) -> Checked<()> {
    match *schema.get_ref() {
        SCHEMA => Ok(()),
        _ => fault(schema, "this version of amaas reads schema 1"),
    }
}

/// What the file at `path` says, which errors call `what`.
pub(super) fn open<T>(what: &str, path: &Path, parse: impl FnOnce(&str) -> Result<T>) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(|cause| {
        let message = format!("the {what} `{}` cannot be read", path.display());
        Error::new(ErrorKind::Io, message)
            .because(cause)
            .advise("name a file of UTF-8 text that this process may read")
    })?;
    parse(&text).map_err(|error| error.with("file", path.display()))
}

/// What `check` makes of the file's keys.
pub(super) fn parse<K: DeserializeOwned, T>(
    what: &str,
    text: &str,
    check: impl FnOnce(K) -> Checked<T>,
) -> Result<T> {
    if text.len() > MAX_BYTES {
        let message = format!("the {what} has `{}` bytes", text.len());
        return Err(Error::new(ErrorKind::InvalidArgument, message).advise("keep it under 1 MiB"));
    }
    let keys: K = toml::from_str(text).map_err(|cause| {
        let at = cause.span().map_or(0, |span| span.start);
        refuse(what, text, Fault(cause.message().to_owned(), at))
    })?;
    check(keys).map_err(|fault| refuse(what, text, fault))
}

fn refuse(what: &str, text: &str, Fault(message, at): Fault) -> Error {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let message = format!("the {what} cannot be used: {message}");
    Error::new(ErrorKind::InvalidArgument, message)
        .with("line", line)
        .advise("see docs/metering.md for every key")
}

/// Text that says a `T`.
#[derive(Debug)]
pub(super) struct Text<T>(pub(super) T);

impl<'de, T: FromStr<Err: std::fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

/// An amount that is not negative.
#[derive(Debug, Clone, Copy)]
pub(super) struct Money(pub(super) Decimal);

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
        let within = |digits: &str, most: usize| {
            (1..=most).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit())
        };
        let is_money = within(whole, DIGITS.0) && within(fraction, DIGITS.1);
        let money = text.parse().ok().filter(|_| is_money);
        money.map(Self).ok_or_else(|| {
            de::Error::custom("an amount is digits and at most one point, in quotes, as \"0.02\"")
        })
    }
}
