//! The files of a store: the one place where the registry touches them.
//!
//! A file comes into being in four steps: written under another name in `temporary/`, flushed to
//! the disk, renamed, and its folder flushed. Before the rename nobody sees it, after the last
//! flush a power cut does not take it away. Blobs go first; `index.json`, which makes them
//! visible, goes last.
//!
//! The trap: a file that is there under the right name may still hold wrong bytes. Before a
//! present blob is taken for written it is compared.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::oci::{self, corrupt};
use super::read::{Refusal, length_of_regular, read_regular};
use crate::model::Digest;
use crate::{Error, ErrorKind, Result};

const BLOBS: &str = "blobs/sha256";
const INDEX: &str = "index.json";
const LAYOUT: &str = "oci-layout";
const LOCK: &str = "lock";
const TEMPORARY: &str = "temporary";
/// What may lie in a folder whose creation was cut off.
const OURS: [&str; 5] = ["blobs", INDEX, LAYOUT, LOCK, TEMPORARY];

/// A folder that holds, or is to hold, a layout.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    root: PathBuf,
}

impl Disk {
    pub(super) fn new(root: PathBuf) -> Self {
        let here = root.as_os_str().is_empty();
        Self {
            root: if here { PathBuf::from(".") } else { root },
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a layout was made here; of its files the index is written last.
    pub(super) fn is_layout(&self) -> bool {
        self.root.join(INDEX).symlink_metadata().is_ok()
    }

    /// Whether blobs lie here, which a creation that was cut off does not leave.
    pub(super) fn has_blobs(&self) -> bool {
        fs::read_dir(self.root.join(BLOBS)).is_ok_and(|mut blobs| blobs.next().is_some())
    }

    /// Whether nothing but a layout, or the beginnings of one, lies here.
    pub(super) fn is_free(&self) -> Result<bool> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(cause) => return Err(refused("read", &self.root, cause)),
        };
        for entry in entries {
            let name = entry
                .map_err(|cause| refused("read", &self.root, cause))?
                .file_name();
            if !OURS.iter().any(|ours| *ours == name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes the folders of a layout, so that they outlast a power cut.
    pub(super) fn make_folders(&self) -> Result<()> {
        for folder in [BLOBS, TEMPORARY] {
            let path = self.root.join(folder);
            fs::create_dir_all(&path).map_err(|cause| refused("create", &path, cause))?;
        }
        let above = self
            .root
            .canonicalize()
            .ok()
            .and_then(|root| Some(root.parent()?.to_owned()));
        // Whoever may write here may not be allowed to open the folder above.
        let _flushed = above.map(|above| self.flush_folder(&above));
        self.flush_folder(&self.root.join("blobs"))
    }

    pub(super) fn write_layout(&self, bytes: &[u8]) -> Result<()> {
        self.put(&self.root.join(LAYOUT), bytes)
    }

    pub(super) fn layout(&self) -> Result<Vec<u8>> {
        self.read(&self.root.join(LAYOUT), oci::MAX_DOCUMENT)
    }

    pub(super) fn index(&self) -> Result<Vec<u8>> {
        self.read(&self.root.join(INDEX), oci::MAX_TOP)
    }

    /// Replaces `index.json`: the commit point. Everything before it is flushed first.
    pub(super) fn commit(&self, index: &[u8]) -> Result<()> {
        self.flush_folder(&self.root.join(BLOBS))?;
        self.put(&self.root.join(INDEX), index)?;
        self.flush_folder(&self.root)
    }

    /// Waits until nobody else writes; the lock is given back when the file is dropped, and by
    /// the system when the process ends in any way.
    pub(super) fn lock(&self) -> Result<File> {
        let path = self.root.join(LOCK);
        if let Err(Refusal::NotRegular) = length_of_regular(&path) {
            return Err(corrupt(format!("`{}` is no regular file", path.display())));
        }
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|cause| refused("open", &path, cause))?;
        file.lock().map_err(|cause| refused("lock", &path, cause))?;
        Ok(file)
    }

    /// Whether a file of that name is there, whatever it holds.
    pub(super) fn has_blob(&self, digest: &Digest) -> bool {
        self.blob_path(digest).symlink_metadata().is_ok()
    }

    /// A blob's bytes, once their length and digest are right.
    pub(super) fn blob(&self, digest: &Digest, size: Option<u64>, limit: u64) -> Result<Vec<u8>> {
        let path = self.blob_path(digest);
        let damaged =
            |found: String| corrupt(format!("`{digest}` is damaged")).with("found", found);
        if let Some(size) = size.filter(|size| *size > limit) {
            return Err(damaged(format!("{size} bytes")).with("limit", limit));
        }
        let bytes =
            read_regular(&path, size.unwrap_or(limit)).map_err(|refusal| match refusal {
                Refusal::NotRegular => damaged("no regular file".to_owned()),
                Refusal::TooLarge(found) => damaged(format!("{found} bytes")),
                Refusal::System(cause) if cause.kind() == io::ErrorKind::NotFound => {
                    corrupt(format!("`{digest}` is missing")).because(cause)
                }
                Refusal::System(cause) => refused("read", &path, cause),
            })?;
        match size {
            Some(size) if size != bytes.len() as u64 => {
                Err(damaged(format!("{} bytes", bytes.len())).with("expected", size))
            }
            _ => digest.verify(&bytes).map(|()| bytes),
        }
    }

    /// Makes sure that the blob is there and whole.
    pub(super) fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<()> {
        let path = self.blob_path(digest);
        if holds(&path, bytes) {
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
        let folder = self.root.join(TEMPORARY);
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = match builder.tempfile_in(&folder) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&folder)?;
                builder.tempfile_in(&folder)?
            }
            file => file?,
        };
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|failed| failed.error)
    }

    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>> {
        read_regular(path, limit).map_err(|refusal| match refusal {
            Refusal::NotRegular => corrupt(format!("`{}` is no regular file", path.display())),
            Refusal::TooLarge(found) => {
                corrupt(format!("`{}` has `{found}` bytes", path.display())).with("limit", limit)
            }
            Refusal::System(cause) if cause.kind() == io::ErrorKind::NotFound => {
                corrupt(format!("`{}` is missing", path.display())).because(cause)
            }
            Refusal::System(cause) => refused("read", path, cause),
        })
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

    /// Makes renames in a folder outlast a power cut. Windows has no such call.
    fn flush_folder(&self, path: &Path) -> Result<()> {
        if cfg!(not(unix)) {
            return Ok(());
        }
        let flushed = File::open(path).and_then(|folder| folder.sync_all());
        flushed.map_err(|cause| refused("flush", path, cause))
    }
}

/// Whether the file holds these bytes and no others.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    length_of_regular(path).is_ok_and(|length| length == bytes.len() as u64)
        && File::open(path).is_ok_and(|file| starts_with(file, bytes).unwrap_or(false))
}

fn starts_with(mut file: File, bytes: &[u8]) -> io::Result<bool> {
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

/// The error for a call that the operating system refused.
pub(super) fn refused(action: &str, path: &Path, cause: io::Error) -> Error {
    let remedy = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space and try again"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "check who owns it and whether it may be written"
        }
        _ => "see the cause",
    };
    Error::new(
        ErrorKind::Io,
        format!("cannot {action} `{}`", path.display()),
    )
    .because(cause)
    .advise(remedy)
}
