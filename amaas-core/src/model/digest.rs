//! Content addresses.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Error, ErrorKind, Result};

/// The SHA-256 of some bytes, written `sha256:` and 64 lower-case hexadecimal digits, as in the
/// OCI image specification.
///
/// ```
/// use amaas_core::model::Digest;
///
/// let digest = Digest::of(b"abc");
/// assert!(digest.to_string().starts_with("sha256:ba7816bf"));
/// assert_eq!(digest.to_string().parse::<Digest>()?, digest);
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

const PREFIX: &str = "sha256:";

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of what `from` gives until its end, and how many bytes that were.
    ///
    /// # Errors
    /// What reading ends with.
    pub fn of_reader(mut from: impl Read) -> io::Result<(Self, u64)> {
        let mut hasher = Sha256::new();
        let mut chunk = vec![0; 64 << 10];
        let mut length = 0;
        loop {
            match from.read(&mut chunk) {
                Ok(0) => return Ok((Self(hasher.finalize().into()), length)),
                Ok(count) => {
                    hasher.update(&chunk[..count]);
                    length += count as u64;
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
    }

    /// The hexadecimal digits alone: the name of a blob on disk.
    pub fn hex(&self) -> String {
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        digits
            .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
            .collect()
    }

    /// The 32 bytes themselves.
    #[cfg(feature = "sign")]
    pub(crate) fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// Enough of the digest for a person to tell versions apart.
    pub fn short(&self) -> String {
        format!("{PREFIX}{}", &self.hex()[..12])
    }

    /// Refuses bytes that are not those this digest was made of.
    ///
    /// # Errors
    /// `Corrupt`, naming both digests.
    pub fn verify(&self, bytes: &[u8]) -> Result<()> {
        self.expect(Self::of(bytes))
    }

    /// Refuses bytes whose digest is another one.
    pub(crate) fn expect(&self, found: Self) -> Result<()> {
        if found == *self {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Corrupt,
            format!("`{self}` does not hold the bytes it names"),
        )
        .with("found", found)
        .advise("restore the store from a good copy; nothing of it was used"))
    }
}

/// A digest in the making, of bytes that come piece by piece.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hashing(Sha256);

impl Hashing {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes so far.
    pub(crate) fn digest(&self) -> Digest {
        Digest(self.0.clone().finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.hex())
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        decode(text).map(Self).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("`{}` is not a digest", clip(text)),
            )
            .advise("write `sha256:` and 64 lower-case hexadecimal digits")
        })
    }
}

fn decode(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix(PREFIX)?.as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Hostile text is quoted in part only.
pub(super) fn clip(text: &str) -> String {
    const LIMIT: usize = 100;
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", text[..end].escape_debug()),
        None => text.escape_debug().to_string(),
    }
}

impl TryFrom<String> for Digest {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}
