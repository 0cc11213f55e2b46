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
use std::time::SystemTime;

use super::oci::{self, corrupt};
use super::read::{Refusal, length_of_regular, read_regular};
use crate::model::Digest;
use crate::{Error, ErrorKind, Result};

const BLOBS: &str = "blobs/sha256";
const INDEX: &str = "index.json";
const LAYOUT: &str = "oci-layout";
const LOCK: &str = "lock";
const TEMPORARY: &str = "temporary";
const VIEWS: &str = "models";
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

    /// Every blob there is. Files of other names are not ours and left out.
    pub(super) fn blobs(&self) -> Result<Vec<Found>> {
        let named = |name: &str| format!("sha256:{name}").parse().ok();
        let found = list(&self.root.join(BLOBS))?.into_iter();
        let found = found.filter_map(|(name, facts)| {
            Some(Found {
                name: named(&name)?,
                bytes: facts.len(),
                modified: facts.modified().ok()?,
            })
        });
        Ok(found.collect())
    }

    pub(super) fn remove_blob(&self, digest: &Digest) -> Result<()> {
        remove_file(&self.blob_path(digest))
    }

    /// What lies in `temporary/`: files on their way, and what a crash left.
    pub(super) fn temporaries(&self) -> Result<Vec<Found<String>>> {
        let found = list(&self.root.join(TEMPORARY))?.into_iter();
        let found = found.filter_map(|(name, facts)| {
            Some(Found {
                name,
                bytes: facts.len(),
                modified: facts.modified().ok()?,
            })
        });
        Ok(found.collect())
    }

    /// Removes a file from `temporary/`, unless somebody is writing it; says whether it did.
    pub(super) fn remove_temporary(&self, name: &str) -> Result<bool> {
        let path = self.root.join(TEMPORARY).join(name);
        match OpenOptions::new().write(true).open(&path) {
            Ok(file) if file.try_lock().is_ok() => remove_file(&path).map(|()| true),
            Ok(_) => Ok(false),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(cause) => Err(refused("open", &path, cause)),
        }
    }

    /// The models for which a layout for other tools lies here.
    pub(super) fn views(&self) -> Vec<String> {
        let views = fs::read_dir(self.root.join(VIEWS));
        let views = views.into_iter().flatten().flatten();
        views
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }

    /// Makes what is visible outlast a power cut, before anything is removed because of it.
    pub(super) fn settle(&self) -> Result<()> {
        self.flush_folder(&self.root.join(BLOBS))?;
        self.flush_folder(&self.root)
    }

    /// Says that the blob is needed as of `at`, so that a clean-up with a grace period leaves it.
    /// Where the system does not let us, that is no fault: what is needed is looked at again
    /// under the lock.
    pub(super) fn refresh(&self, digest: &Digest, at: SystemTime) {
        let path = self.blob_path(digest);
        if length_of_regular(&path).is_ok() {
            let opened = OpenOptions::new().write(true).open(&path);
            let _refreshed = opened.and_then(|file| file.set_modified(at));
        }
    }

    /// Removes the layout that other tools have of one model, where nothing else lies in it.
    pub(super) fn remove_view(&self, model: &str) -> Result<()> {
        let folder = self.root.join(VIEWS).join(model);
        if !folder.symlink_metadata().is_ok_and(|facts| facts.is_dir()) {
            return Ok(());
        }
        for name in [INDEX, LAYOUT, "blobs"] {
            remove_file(&folder.join(name))?;
        }
        fs::remove_dir(&folder).map_err(|cause| refused("remove", &folder, cause))
    }

    /// Writes a file so that it is there whole or not at all; the folder is not flushed yet.
    ///
    /// Whoever cleans up leaves temporary files that are locked. Should it come between the
    /// creation of one and its lock, the file is written again.
    pub(super) fn put(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let mut staged = self.stage(path, bytes);
        for _ in 0..3 {
            match &staged {
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                    staged = self.stage(path, bytes);
                }
                _ => break,
            }
        }
        staged.map_err(|cause| refused("write", path, cause))
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
        file.as_file().lock()?;
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

/// A file that was found, by its name.
#[derive(Debug)]
pub(super) struct Found<N = Digest> {
    pub(super) name: N,
    pub(super) bytes: u64,
    pub(super) modified: SystemTime,
}

/// The regular files of a folder; none where there is no folder.
fn list(folder: &Path) -> Result<Vec<(String, fs::Metadata)>> {
    let failed = |cause| refused("read", folder, cause);
    let mut found = Vec::new();
    match fs::read_dir(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
        entries => {
            for entry in entries.map_err(failed)? {
                let entry = entry.map_err(failed)?;
                // A file may be gone by now: renamed to its place, or removed.
                let facts = entry.metadata().ok().filter(fs::Metadata::is_file);
                found.extend(entry.file_name().into_string().ok().zip(facts));
            }
        }
    }
    Ok(found)
}

/// Removes a file or link that may be gone already.
fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(refused("remove", path, cause))
        }
        _ => Ok(()),
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
