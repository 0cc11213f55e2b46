//! The files of a store: the one place where the registry touches them.
//!
//! A file comes into being in four steps: written under another name in `temporary/`, flushed to
//! the disk, renamed, and its folder flushed. Before the rename nobody sees it, after the last
//! flush a power cut does not take it away. Blobs go first; `index.json`, which makes them
//! visible, goes last.
//!
//! The trap: a file that is there under the right name may still hold wrong bytes. Before a
//! present blob is taken for written it is compared.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{Files, Held, STAGED, Staged, Watched};
use super::known::Known;
use super::oci::{self, corrupt};
use super::read::{Refusal, length_of_regular, read_hashed, read_regular, read_watched};
use crate::model::Digest;
use crate::{Error, ErrorKind, Result};

pub(super) const BLOBS: &str = "blobs/sha256";
pub(super) const INDEX: &str = "index.json";
pub(super) const LAYOUT: &str = "oci-layout";
const LOCK: &str = "lock";
pub(super) const TEMPORARY: &str = "temporary";
/// What may lie in a folder whose creation was cut off.
const OURS: [&str; 5] = ["blobs", INDEX, LAYOUT, LOCK, TEMPORARY];

/// A folder that holds, or is to hold, a layout.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    files: Arc<dyn Files>,
    root: PathBuf,
    pub(super) known: Arc<Known>,
}

impl Disk {
    pub(super) fn new(files: Arc<dyn Files>, root: PathBuf) -> Self {
        let here = root.as_os_str().is_empty();
        Self {
            files,
            root: if here { PathBuf::from(".") } else { root },
            known: Arc::default(),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn files(&self) -> &dyn Files {
        &*self.files
    }

    /// Whether a layout was made here; of its files the index is written last.
    pub(super) fn is_layout(&self) -> Result<bool> {
        let index = self.root.join(INDEX);
        match self.files.facts(&index) {
            Ok(_) => Ok(true),
            Err(cause)
                if matches!(
                    cause.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(false)
            }
            Err(cause) => Err(refused("read", &index, cause)),
        }
    }

    /// Whether blobs lie here, which a creation that was cut off does not leave.
    pub(super) fn has_blobs(&self) -> Result<bool> {
        self.list(&self.root.join(BLOBS))
            .map(|blobs| !blobs.is_empty())
    }

    /// Whether nothing but a layout, or the beginnings of one, lies here.
    pub(super) fn is_free(&self) -> Result<bool> {
        let names = self.list(&self.root)?;
        Ok(names
            .iter()
            .all(|name| OURS.iter().any(|ours| *ours == name)))
    }

    pub(super) fn list(&self, folder: &Path) -> Result<Vec<OsString>> {
        match self.files.list(folder) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            names => names.map_err(|cause| refused("read", folder, cause)),
        }
    }

    /// Makes the folders of a layout, so that they outlast a power cut.
    pub(super) fn make_folders(&self) -> Result<()> {
        for folder in [BLOBS, TEMPORARY] {
            let path = self.root.join(folder);
            self.make_folder(&path)
                .map_err(|cause| refused("create", &path, cause))?;
        }
        for above in self.root.ancestors().skip(1) {
            self.flush_above(above)?;
        }
        self.flush_folder(&self.root.join("blobs"))?;
        self.flush_folder(&self.root)
    }

    /// Makes a folder, and those above it that are not there.
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        let made = match (self.files.create_folder(path), path.parent()) {
            (Err(cause), Some(above)) if cause.kind() == io::ErrorKind::NotFound => {
                self.make_folder(above)?;
                self.files.create_folder(path)
            }
            (made, _) => made,
        };
        match made {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        }
    }

    /// Whoever may write in a folder may not be allowed to open the one above.
    fn flush_above(&self, folder: &Path) -> Result<()> {
        let here = folder.as_os_str().is_empty();
        let folder = if here { Path::new(".") } else { folder };
        match self.files.flush_folder(folder) {
            Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            flushed => flushed.map_err(|cause| refused("flush", folder, cause)),
        }
    }

    pub(super) fn write_layout(&self, bytes: &[u8]) -> Result<()> {
        self.put(&self.root.join(LAYOUT), bytes)?;
        self.flush_folder(&self.root)
    }

    pub(super) fn layout(&self) -> Result<Vec<u8>> {
        self.read(&self.root.join(LAYOUT), oci::MAX_DOCUMENT)
    }

    pub(super) fn index(&self) -> Result<Vec<u8>> {
        self.read(&self.root.join(INDEX), oci::MAX_TOP)
    }

    /// As [`Disk::index`], with the file, to be asked whether it still is the index.
    pub(super) fn watched_index(&self) -> Result<(Vec<u8>, Box<dyn Watched>)> {
        let path = self.root.join(INDEX);
        let read = read_watched(self.files(), &path, oci::MAX_TOP);
        read.map_err(|refusal| unreadable(&path, oci::MAX_TOP, refusal))
    }

    /// Whether a file that was read as the index still is the index, byte for byte.
    pub(super) fn is_index(&self, file: &dyn Watched) -> bool {
        file.is_unchanged(&self.root.join(INDEX))
    }

    /// Replaces `index.json`: the commit point. Everything before it is flushed first.
    ///
    /// When only the last flush fails, everybody sees the change, but a power cut may undo it.
    pub(super) fn commit(&self, index: &[u8]) -> Result<()> {
        self.flush_folder(&self.root.join(BLOBS))?;
        self.put(&self.root.join(INDEX), index)?;
        self.flush_folder(&self.root).map_err(|error| {
            error
                .with("change", "made, but a power cut may undo it")
                .advise("look at what is there; the next change that succeeds makes it last")
        })
    }

    /// Makes what somebody else has committed last: it can be seen before it was flushed, and
    /// its writer may have been cut off in between. Whoever builds upon what is there, or says
    /// that there is nothing to change, calls this first.
    pub(super) fn settle(&self) -> Result<()> {
        self.flush_folder(&self.root.join(BLOBS))?;
        self.flush_folder(&self.root)
    }

    /// As [`Disk::hold`]; what writers that were cut off have left in `temporary/` is removed.
    pub(super) fn lock(&self) -> Result<Box<dyn Held>> {
        let held = self.hold()?;
        self.sweep();
        Ok(held)
    }

    /// Waits until nobody else writes; the lock is given back when the answer is dropped, and by
    /// the system when the process ends in any way.
    pub(super) fn hold(&self) -> Result<Box<dyn Held>> {
        let path = self.root.join(LOCK);
        if let Err(Refusal::NotRegular) = length_of_regular(self.files(), &path) {
            return Err(corrupt(format!("`{}` is no regular file", path.display())));
        }
        let held = self.files.lock(&path);
        held.map_err(|cause| refused("lock", &path, cause))
    }

    /// Removes staged files whose writers have ended. Whatever stays is left to the next writer.
    fn sweep(&self) {
        let folder = self.root.join(TEMPORARY);
        let names = self.files.list(&folder).unwrap_or_default();
        for name in names.iter().filter(|name| is_staged(name)) {
            let _is_gone = self.files.reclaim(&folder.join(name));
        }
    }

    /// Whether a file of that name is there, whatever it holds.
    pub(super) fn has_blob(&self, digest: &Digest) -> bool {
        self.files.facts(&self.blob_path(digest)).is_ok()
    }

    /// A blob's bytes, once their length and digest are right.
    pub(super) fn blob(&self, digest: &Digest, size: Option<u64>, limit: u64) -> Result<Vec<u8>> {
        let path = self.blob_path(digest);
        let damaged =
            |found: String| corrupt(format!("`{digest}` is damaged")).with("found", found);
        if let Some(size) = size.filter(|size| *size > limit) {
            return Err(damaged(format!("{size} bytes")).with("limit", limit));
        }
        let read = match size {
            Some(size) => read_hashed(self.files(), &path, size),
            None => read_regular(self.files(), &path, limit).map(|bytes| {
                let found = Digest::of(&bytes);
                (bytes, found)
            }),
        };
        let (bytes, found) = read.map_err(|refusal| match refusal {
            Refusal::NotRegular => damaged("no regular file".to_owned()),
            Refusal::TooLarge(found) => damaged(format!("{found} bytes")),
            Refusal::Length(found) => {
                let expected = size.unwrap_or(limit);
                damaged(format!("{found} bytes")).with("expected", expected)
            }
            Refusal::System(cause) if cause.kind() == io::ErrorKind::NotFound => {
                corrupt(format!("`{digest}` is missing")).because(cause)
            }
            Refusal::System(cause) => refused("read", &path, cause),
        })?;
        digest.expect(found).map(|()| bytes)
    }

    /// Makes sure that the blob is there and whole.
    pub(super) fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<()> {
        let path = self.blob_path(digest);
        if self.holds(&path, bytes) {
            return Ok(());
        }
        self.put(&path, bytes)
    }

    /// Writes a file so that it is there whole or not at all; the folder is not flushed yet.
    pub(super) fn put(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.stage(path, bytes)
            .map_err(|cause| refused("write", path, cause))
    }

    fn stage(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.temporary()?;
        file.write_all(bytes)?;
        file.sync()?;
        file.rename(path)
    }

    /// An empty file on its way.
    fn temporary(&self) -> io::Result<Box<dyn Staged>> {
        let folder = self.root.join(TEMPORARY);
        match self.files.stage(&folder) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                self.make_folder(&folder)?;
                self.files.stage(&folder)
            }
            staged => staged,
        }
    }

    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>> {
        let read = read_regular(self.files(), path, limit);
        read.map_err(|refusal| unreadable(path, limit, refusal))
    }

    pub(super) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join(BLOBS).join(digest.hex())
    }

    /// Where something that is still coming lies until it is whole.
    #[cfg(feature = "remote")]
    pub(super) fn partial_path(&self, digest: &Digest) -> PathBuf {
        let name = format!("{}.partial", digest.hex());
        self.root.join(TEMPORARY).join(name)
    }

    /// Makes renames in a folder outlast a power cut.
    fn flush_folder(&self, path: &Path) -> Result<()> {
        let flushed = self.files.flush_folder(path);
        flushed.map_err(|cause| refused("flush", path, cause))
    }

    /// Whether the file holds these bytes and no others.
    fn holds(&self, path: &Path, bytes: &[u8]) -> bool {
        length_of_regular(self.files(), path).is_ok_and(|length| length == bytes.len() as u64)
            && (self.files.open(path)).is_ok_and(|file| starts_with(file, bytes).unwrap_or(false))
    }
}

/// The error for a file of the layout that could not be read.
fn unreadable(path: &Path, limit: u64, refusal: Refusal) -> Error {
    let named = path.display();
    match refusal {
        Refusal::NotRegular => corrupt(format!("`{named}` is no regular file")),
        Refusal::TooLarge(found) | Refusal::Length(found) => {
            corrupt(format!("`{named}` has `{found}` bytes")).with("limit", limit)
        }
        Refusal::System(cause) if cause.kind() == io::ErrorKind::NotFound => {
            corrupt(format!("`{named}` is missing")).because(cause)
        }
        Refusal::System(cause) => refused("read", path, cause),
    }
}

fn starts_with(mut file: impl Read, bytes: &[u8]) -> io::Result<bool> {
    let mut chunk = vec![0; 64 << 10];
    for expected in bytes.chunks(chunk.len()) {
        let found = &mut chunk[..expected.len()];
        file.read_exact(found)?;
        if found != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Other names in the folder are not ours to remove.
fn is_staged(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(STAGED.as_bytes())
}

/// The error for a call that the operating system refused.
pub(super) fn refused(action: &str, path: &Path, cause: io::Error) -> Error {
    let remedy = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space and try again"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "check who owns it and whether it may be written"
        }
        _ => "look at the cause and at the disk it lies on, then try again",
    };
    Error::new(
        ErrorKind::Io,
        format!("cannot {action} `{}`", path.display()),
    )
    .because(cause)
    .advise(remedy)
}
