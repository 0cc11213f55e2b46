//! Reading one file that may be hostile: a link, a pipe, a device, or longer than it should be.
//!
//! A large file is hashed while it is read, on a thread of its own: what is served must be verified,
//! and the two take about the same time.
//!
//! The trap: opening a pipe waits for a writer that may never come, so what a path leads to is
//! asked before it is opened.

use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use super::files::{Facts, Files, Watched};
use super::pages::room_for;
use crate::model::{Digest, Hashing};

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A folder, link, pipe, socket or device.
    NotRegular,
    /// It has more bytes than the limit.
    TooLarge(u64),
    /// It has more or fewer bytes than it is known to have.
    Length(u64),
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

/// Hashing on a thread of its own is worth while from here on.
const LARGE: usize = 1 << 20;

/// The bytes of the regular file at `path`, if there are as many as `length`, and their digest.
///
/// # Errors
/// `Length` where there are more or fewer.
pub(super) fn read_hashed(
    files: &dyn Files,
    path: &Path,
    length: u64,
) -> Result<(Vec<u8>, Digest), Refusal> {
    let found = length_of_regular(files, path)?;
    let expected = usize::try_from(length).map_err(|_| Refusal::Length(found))?;
    if found != length {
        return Err(Refusal::Length(found));
    }
    let mut file = files.open(path)?;
    let mut bytes = room_for(expected)?;
    let digest = fill(&mut bytes, &mut file)?;
    if file.read(&mut [0])? > 0 {
        return Err(Refusal::Length(length.saturating_add(1)));
    }
    Ok((bytes, digest))
}

/// Fills `bytes` with what `from` gives, and hashes them meanwhile.
pub(super) fn fill(bytes: &mut [u8], from: &mut dyn Read) -> io::Result<Digest> {
    let length = bytes.len();
    let digest = thread::scope(|scope| {
        let (tell, told) = mpsc::channel::<&[u8]>();
        let hash = move || {
            let mut hashing = Hashing::default();
            told.iter().for_each(|chunk| hashing.update(chunk));
            hashing.digest()
        };
        let builder = thread::Builder::new().name("amaas-hash".to_owned());
        let hasher = (length > LARGE).then(|| builder.spawn_scoped(scope, hash));
        let hasher = hasher.and_then(io::Result::ok);
        for chunk in bytes.chunks_mut(LARGE) {
            from.read_exact(chunk)?;
            let _is_heard = tell.send(chunk);
        }
        drop(tell);
        Ok::<_, io::Error>(hasher.and_then(|hasher| hasher.join().ok()))
    })?;
    Ok(digest.unwrap_or_else(|| Digest::of(bytes)))
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
