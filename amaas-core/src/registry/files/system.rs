//! The files of the operating system.
//!
//! A staged file is locked by its writer for as long as it has its name, and the system gives the
//! lock back when the process ends in any way. A file that can be locked has been left behind.
//!
//! The trap: between making a file and locking it, somebody may find it unlocked and remove it.
//! So its writer looks whether it is still there, and makes another if not.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use tempfile::NamedTempFile;

use super::{Facts, Files, Held, STAGED, Staged};

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
        builder.prefix(STAGED);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        loop {
            let file = builder.tempfile_in(folder)?;
            if cfg!(not(unix)) || is_ours(file.as_file())? && file.path().try_exists()? {
                return Ok(Box::new(file));
            }
        }
    }

    /// Windows has no such call.
    fn flush_folder(&self, folder: &Path) -> io::Result<()> {
        if cfg!(not(unix)) {
            return Ok(());
        }
        File::open(folder)?.sync_all()
    }

    fn modified(&self, path: &Path) -> io::Result<SystemTime> {
        fs::symlink_metadata(path)?.modified()
    }

    fn touch(&self, path: &Path, at: SystemTime) -> io::Result<()> {
        OpenOptions::new().write(true).open(path)?.set_modified(at)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Elsewhere a lock keeps readers out as well, so none is taken and nothing reclaimed.
    fn reclaim(&self, path: &Path) -> io::Result<bool> {
        if cfg!(not(unix)) {
            return Ok(false);
        }
        if !matches!(self.facts(path)?, Facts::File(_)) || !is_ours(&File::open(path)?)? {
            return Ok(false);
        }
        self.remove(path).map(|()| true)
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

/// Locks the file, unless somebody else has.
fn is_ours(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}
