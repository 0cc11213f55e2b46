//! The file system as a store needs it: few calls, each of which either happens or does not.
//!
//! A store touches its files through [`Files`] alone, so that a test can put a file system below
//! it which loses power, runs full or turns read-only. [`SystemFiles`] is the real one, and what
//! [`Registry::open`](super::Registry::open) takes.
//!
//! ```
//! use amaas_core::registry::{Registry, files::SystemFiles};
//! use std::sync::Arc;
//! # let home = tempfile::tempdir()?;
//!
//! let clock = Arc::new(amaas_core::clock::SystemClock);
//! let registry = Registry::open_on(Arc::new(SystemFiles), home.path().join("models"), clock)?;
//! assert!(registry.models()?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The trap: what was written is not on the disk, and what was renamed is not in its folder, until
//! both were flushed: [`Staged::sync`] for the bytes, [`Files::flush_folder`] for the names.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facts {
    /// A regular file, and its length in bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A link, pipe, socket or device.
    Other,
}

/// The calls that a store makes.
///
/// # Errors
/// Each method returns what the operating system says; a path that is not there is `NotFound`.
pub trait Files: fmt::Debug + Send + Sync {
    /// What lies at `path`; a link in its last part is not followed.
    fn facts(&self, path: &Path) -> io::Result<Facts>;

    /// Opens a file for reading from its start.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>>;

    /// The names in a folder, in no order.
    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>>;

    /// Makes one folder in a folder that is there.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Makes an empty file under a name of its own in `folder`.
    fn stage(&self, folder: &Path) -> io::Result<Box<dyn Staged>>;

    /// Makes the creations, renames and removals in a folder outlast a power cut.
    fn flush_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes `link` lead to the folder `target`, where links need no privilege.
    fn link_folder(&self, target: &Path, link: &Path) -> io::Result<()>;

    /// Makes the file `path` where there is none, waits until nobody else holds it, and holds it
    /// until the answer is dropped or the process ends in any way.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Held>>;
}

/// A file on its way: nobody looks for it under the name it has, and it is removed when dropped.
pub trait Staged: Write + fmt::Debug + Send {
    /// Makes what was written outlast a power cut.
    ///
    /// # Errors
    /// What the operating system says; the bytes may be lost then, however often it is repeated.
    fn sync(&mut self) -> io::Result<()>;

    /// Gives the file the name `path`, in place of a file that has it, in one step.
    ///
    /// # Errors
    /// What the operating system says; the file is removed then.
    fn rename(self: Box<Self>, path: &Path) -> io::Result<()>;
}

/// A lock; dropping it gives it back.
pub trait Held: fmt::Debug + Send {}

/// The files of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemFiles;

impl Files for SystemFiles {
    fn facts(&self, path: &Path) -> io::Result<Facts> {
        let facts = fs::symlink_metadata(path)?;
        Ok(match facts.file_type() {
            kind if kind.is_file() => Facts::File(facts.len()),
            kind if kind.is_dir() => Facts::Folder,
            _ => Facts::Other,
        })
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(path)?))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect()
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn stage(&self, folder: &Path) -> io::Result<Box<dyn Staged>> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        Ok(Box::new(builder.tempfile_in(folder)?))
    }

    /// Windows has no such call.
    fn flush_folder(&self, folder: &Path) -> io::Result<()> {
        if cfg!(not(unix)) {
            return Ok(());
        }
        File::open(folder)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    #[cfg(unix)]
    fn link_folder(&self, target: &Path, link: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(target, link)
    }

    #[cfg(not(unix))]
    fn link_folder(&self, _target: &Path, _link: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Held>> {
        let mut options = OpenOptions::new();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        file.lock()?;
        Ok(Box::new(file))
    }
}

impl Staged for NamedTempFile {
    fn sync(&mut self) -> io::Result<()> {
        self.as_file().sync_all()
    }

    fn rename(self: Box<Self>, path: &Path) -> io::Result<()> {
        self.persist(path).map(drop).map_err(|failed| failed.error)
    }
}

impl Held for File {}
