//! Reading one file that may be hostile: a link, a pipe, a device, or longer than it should be.
//!
//! The trap: opening a pipe waits for a writer that may never come, so what a path leads to is
//! asked before it is opened.

use std::io::{self, Read};
use std::path::Path;

use super::files::{Facts, Files};

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A folder, link, pipe, socket or device.
    NotRegular,
    /// It has more bytes than the limit.
    TooLarge(u64),
    /// The operating system said no.
    System(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(cause: io::Error) -> Self {
        Self::System(cause)
    }
}

/// The bytes of the regular file at `path`, of which there may be `limit` at most. Links are not
/// followed in the last part of the path.
pub(super) fn read_regular(files: &dyn Files, path: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
    let length = length_of_regular(files, path)?;
    if length > limit {
        return Err(Refusal::TooLarge(length));
    }
    let mut bytes = Vec::new();
    let expected = usize::try_from(length).map_err(|_| Refusal::TooLarge(length))?;
    bytes
        .try_reserve_exact(expected)
        .map_err(io::Error::other)?;
    files
        .open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        found if found > limit => Err(Refusal::TooLarge(found)),
        _ => Ok(bytes),
    }
}

/// How long the regular file at `path` is.
pub(super) fn length_of_regular(files: &dyn Files, path: &Path) -> Result<u64, Refusal> {
    match files.facts(path)? {
        Facts::File(length) => Ok(length),
        Facts::Folder | Facts::Other => Err(Refusal::NotRegular),
    }
}
