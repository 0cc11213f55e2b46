//! The files of the operating system.
//!
//! A staged file is locked by its writer for as long as it has its name, and the system gives the
//! lock back when the process ends in any way. A file that can be locked has been left behind.
//!
//! A watched file is known by its device, inode, length and two times. While it is open nobody else
//! gets its inode, so a file renamed to its place is another one. A write in place sets both times,
//! which go in steps: a write within the same step as an earlier one would go unseen. So a file is
//! relied on only if it had not changed for longer than the longest step when it was opened; any
//! write from then on sets a later time. Times are those of this machine's clock: on a disk that
//! another machine keeps, writes in place are seen as far as the two clocks agree, and renames as
//! soon as the system itself sees them.
//!
//! The trap: between making a file and locking it, somebody may find it unlocked and remove it.
//! So its writer looks whether it is still there, and makes another if not.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
#[cfg(unix)]
use std::{fs::Metadata, os::unix::fs::MetadataExt, time::Duration};

use tempfile::NamedTempFile;

use super::{Facts, Files, Held, Resumed, STAGED, Staged, Watched};
#[cfg(unix)]
use crate::clock::{Clock, SystemClock};

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

    fn watch(&self, path: &Path) -> io::Result<Box<dyn Watched>> {
        let file = File::open(path)?;
        #[cfg(unix)]
        let identity = Identity::settled(&file.metadata()?);
        Ok(Box::new(Open {
            file,
            #[cfg(unix)]
            identity,
        }))
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

    fn resume(&self, path: &Path) -> io::Result<Option<Box<dyn Resumed>>> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        let file = options.open(path)?;
        if !is_ours(&file)? || !is_at(&file, path)? {
            return Ok(None);
        }
        let path = path.to_owned();
        Ok(Some(Box::new(Kept { file, path })))
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

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn modified(&self, path: &Path) -> io::Result<SystemTime> {
        fs::symlink_metadata(path)?.modified()
    }

    fn set_modified(&self, path: &Path, at: SystemTime) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_modified(at)
    }

    /// Elsewhere a lock keeps readers out as well, so none is taken and nothing reclaimed.
    fn reclaim(&self, path: &Path) -> io::Result<bool> {
        if cfg!(not(unix)) {
            return Ok(false);
        }
        if !matches!(self.facts(path)?, Facts::File(_)) {
            return Ok(false);
        }
        let file = File::open(path)?;
        // Its writer may have renamed it meanwhile, and another one may have made the next.
        if !is_ours(&file)? || !is_at(&file, path)? {
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

/// A file that was read and is held open.
#[derive(Debug)]
struct Open {
    file: File,
    /// From before it was read; `None` while it could change unnoticed.
    #[cfg(unix)]
    identity: Option<Identity>,
}

impl Read for Open {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Watched for Open {
    #[cfg(unix)]
    fn is_unchanged(&self, path: &Path) -> bool {
        let known = self.identity.as_ref();
        known.is_some_and(|known| {
            fs::symlink_metadata(path).is_ok_and(|facts| Identity::of(&facts) == *known)
        })
    }

    #[cfg(not(unix))]
    fn is_unchanged(&self, _path: &Path) -> bool {
        false
    }
}

/// What tells a file from others, and from itself after a write.
#[cfg(unix)]
#[derive(Debug, PartialEq)]
struct Identity {
    /// Device and inode.
    place: (u64, u64),
    length: u64,
    /// Seconds and nanoseconds of the last write, and of the last change of anything.
    written: (i64, i64),
    changed: (i64, i64),
}

#[cfg(unix)]
impl Identity {
    /// No clock of a file system in common use goes in longer steps.
    const STEP: Duration = Duration::from_secs(2);

    fn of(facts: &Metadata) -> Self {
        Self {
            place: (facts.dev(), facts.ino()),
            length: facts.len(),
            written: (facts.mtime(), facts.mtime_nsec()),
            changed: (facts.ctime(), facts.ctime_nsec()),
        }
    }

    /// `None` where the file has changed so lately that a further write may leave its times alone.
    fn settled(facts: &Metadata) -> Option<Self> {
        let identity = Self::of(facts);
        let (seconds, nanoseconds) = identity.written.max(identity.changed);
        let latest = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(seconds.try_into().ok()?))?
            .checked_add(Duration::from_nanos(nanoseconds.try_into().ok()?))?;
        let age = SystemClock::default().calendar().duration_since(latest);
        age.is_ok_and(|age| age > Self::STEP).then_some(identity)
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

/// A file that stays when it is dropped.
#[derive(Debug)]
struct Kept {
    file: File,
    path: PathBuf,
}

impl Read for Kept {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Resumed for Kept {
    fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn rename(self: Box<Self>, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)
    }

    fn remove(self: Box<Self>) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

impl Held for File {}

/// Whether the file still has this name; its last writer may have renamed or removed it.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    let there = fs::symlink_metadata(path);
    Ok(there.is_ok_and(|there| (there.dev(), there.ino()) == (held.dev(), held.ino())))
}

#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

/// Locks the file, unless somebody else has.
fn is_ours(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}
