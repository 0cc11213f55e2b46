//! Reading one file that may be hostile: a link, a pipe, a device, or longer than it should be.
//!
//! The trap: opening a pipe waits for a writer that may never come, so what a path leads to is
//! asked before it is opened.

use std::io::{self, Read};
use std::path::Path;

use super::files::{Facts, Files, Watched};

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
    let length = length_within(files, path, limit)?;
    read_whole(files.open(path)?, length, limit)
}

/// As [`read_regular`], with the file, which can tell later whether it still holds these bytes.
pub(super) fn read_watched(
    files: &dyn Files,
    path: &Path,
    limit: u64,
) -> Result<(Vec<u8>, Box<dyn Watched>), Refusal> {
    let length = length_within(files, path, limit)?;
    let mut file = files.watch(path)?;
    Ok((read_whole(&mut file, length, limit)?, file))
}

fn length_within(files: &dyn Files, path: &Path, limit: u64) -> Result<u64, Refusal> {
    match length_of_regular(files, path)? {
        length if length > limit => Err(Refusal::TooLarge(length)),
        length => Ok(length),
    }
}

fn read_whole(file: impl Read, length: u64, limit: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let expected = usize::try_from(length).map_err(|_| Refusal::TooLarge(length))?;
    bytes
        .try_reserve_exact(expected)
        .map_err(io::Error::other)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
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
