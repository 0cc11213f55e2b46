//! Files in memory that lose power, fail, or see their process killed, on demand.
//!
//! ```
//! use amaas_core::registry::{Registry, files::SimulatedFiles};
//! use std::sync::Arc;
//! # let clock = Arc::new(amaas_core::clock::ManualClock::new());
//!
//! let files = SimulatedFiles::new();
//! Registry::open_on(Arc::new(files.clone()), "/models", clock.clone())?;
//!
//! let files = files.lose_power(7);
//! let registry = Registry::open_on(Arc::new(files), "/models", clock)?;
//! assert!(registry.models()?.is_empty());
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! A value stands for one process on a computer; clones are the same process. Calls are counted, and
//! a fault comes before the one that is asked for: the writer of a test first lets the operation run
//! to see how many there are.
//!
//! No time passes: a file that nobody says otherwise of was last written in 1970.
//!
//! The trap: a lock that another process holds is not waited for, it is refused with `WouldBlock`.

use std::ffi::OsString;
use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use fastrand::Rng;

use super::machine::{Id, Machine};
use super::{Facts, Files, Held, Resumed, Staged, Watched};

/// Files in memory, as one process sees them.
#[derive(Debug, Clone)]
pub struct SimulatedFiles {
    machine: Arc<Mutex<Machine>>,
    process: Arc<Process>,
}

#[derive(Debug)]
struct Process {
    id: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    is_dead: bool,
    /// Before which call what happens.
    fault: Option<(u64, Fault)>,
}

/// What happens instead of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process is killed: this call and all later ones do nothing.
    Kill,
    /// This call alone fails, and what it was to write is written in part.
    Fail(io::ErrorKind),
}

impl SimulatedFiles {
    /// An empty disk.
    #[expect(clippy::new_without_default, reason = "a disk is made on purpose")]
    pub fn new() -> Self {
        Self::start(Machine::new(), 0)
    }

    /// How many calls this process has made.
    pub fn calls(&self) -> u64 {
        self.process.state().calls
    }

    /// Has `fault` happen once `calls` more calls were made.
    pub fn after(&self, calls: u64, fault: Fault) {
        let mut state = self.process.state();
        state.fault = Some((state.calls + calls, fault));
    }

    /// Takes back a fault that has not happened.
    pub fn calm(&self) {
        self.process.state().fault = None;
    }

    /// Whether this process was killed.
    pub fn is_dead(&self) -> bool {
        self.process.state().is_dead
    }

    /// The disk as another process sees it after this one has ended.
    #[must_use]
    pub fn restart(&self) -> Self {
        self.process.state().is_dead = true;
        self.machine().end(self.process.id);
        Self {
            machine: Arc::clone(&self.machine),
            process: Arc::new(Process::new(self.process.id + 1)),
        }
    }

    /// The disk after a power cut now: what was flushed, and of the rest what the seed decides. This
    /// one stays as it is, so that it can be cut again in another way.
    #[must_use]
    pub fn lose_power(&self, seed: u64) -> Self {
        let mut machine = self.machine().clone();
        machine.lose_power(&mut Rng::with_seed(seed));
        Self::start(machine, self.process.id + 1)
    }

    fn start(machine: Machine, process: u64) -> Self {
        Self {
            machine: Arc::new(Mutex::new(machine)),
            process: Arc::new(Process::new(process)),
        }
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one call, unless a fault comes before it.
    fn call<T>(&self, call: impl FnOnce(&mut Machine) -> io::Result<T>) -> io::Result<T> {
        self.process.step()?;
        call(&mut self.machine())
    }
}

impl Process {
    fn new(id: u64) -> Self {
        Self {
            id,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self) -> io::Result<()> {
        let mut state = self.state();
        let now = state.calls;
        state.calls += 1;
        let fault = state.fault.filter(|(call, _)| *call == now);
        state.is_dead |= fault.is_some_and(|(_, fault)| fault == Fault::Kill);
        match fault {
            _ if state.is_dead => Err(io::Error::other("the process was killed")),
            Some((_, Fault::Fail(kind))) => Err(kind.into()),
            _ => Ok(()),
        }
    }
}

impl Files for SimulatedFiles {
    fn facts(&self, path: &Path) -> io::Result<Facts> {
        self.call(|machine| machine.facts(path))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        let bytes = self.call(|machine| machine.read(path))?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn watch(&self, path: &Path) -> io::Result<Box<dyn Watched>> {
        let (id, bytes) = self.call(|machine| Ok((machine.find(path)?, machine.read(path)?)))?;
        Ok(Box::new(WatchedFile {
            files: self.clone(),
            id,
            bytes: Cursor::new(bytes),
        }))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        self.call(|machine| machine.list(folder))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.call(|machine| machine.create_folder(path))
    }

    fn stage(&self, folder: &Path) -> io::Result<Box<dyn Staged>> {
        let (id, name) = self.call(|machine| machine.stage(folder))?;
        let file = StagedFile {
            files: self.clone(),
            id,
            path: folder.join(name),
            is_renamed: false,
        };
        self.call(|machine| machine.lock(id, self.process.id))?;
        Ok(Box::new(file))
    }

    fn resume(&self, path: &Path) -> io::Result<Option<Box<dyn Resumed>>> {
        let id = self.call(|machine| machine.ensure_file(path))?;
        match self.call(|machine| machine.lock(id, self.process.id)) {
            Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            held => held?,
        }
        Ok(Some(Box::new(KeptFile {
            files: self.clone(),
            id,
            path: path.to_owned(),
            read: 0,
        })))
    }

    fn flush_folder(&self, folder: &Path) -> io::Result<()> {
        self.call(|machine| machine.flush_folder(folder))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call(|machine| machine.remove(path))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.call(|machine| machine.remove_folder(path))
    }

    fn modified(&self, path: &Path) -> io::Result<SystemTime> {
        self.call(|machine| machine.modified(path))
    }

    fn set_modified(&self, path: &Path, at: SystemTime) -> io::Result<()> {
        self.call(|machine| machine.set_modified(path, at))
    }

    fn reclaim(&self, path: &Path) -> io::Result<bool> {
        self.call(|machine| match machine.is_locked(path)? {
            true => Ok(false),
            false => machine.remove(path).map(|()| true),
        })
    }

    fn link_folder(&self, _target: &Path, link: &Path) -> io::Result<()> {
        self.call(|machine| machine.link(link))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Held>> {
        let id = self.call(|machine| machine.ensure_file(path))?;
        self.call(|machine| machine.lock(id, self.process.id))?;
        Ok(Box::new(HeldFile {
            files: self.clone(),
            id,
        }))
    }
}

#[derive(Debug)]
struct WatchedFile {
    files: SimulatedFiles,
    id: Id,
    bytes: Cursor<Vec<u8>>,
}

impl Read for WatchedFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(bytes)
    }
}

impl Watched for WatchedFile {
    fn is_unchanged(&self, path: &Path) -> bool {
        let look = |machine: &mut Machine| {
            let is_here = machine.find(path)? == self.id;
            Ok(is_here && machine.rest(self.id, 0) == self.bytes.get_ref())
        };
        self.files.call(look).unwrap_or(false)
    }
}

#[derive(Debug)]
struct StagedFile {
    files: SimulatedFiles,
    id: Id,
    path: PathBuf,
    is_renamed: bool,
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        append(&self.files, self.id, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Staged for StagedFile {
    fn sync(&mut self) -> io::Result<()> {
        self.files.call(|machine| {
            machine.sync(self.id);
            Ok(())
        })
    }

    fn rename(mut self: Box<Self>, path: &Path) -> io::Result<()> {
        self.files
            .call(|machine| machine.rename(&self.path, path))?;
        self.is_renamed = true;
        Ok(())
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.is_renamed {
            let _left_behind = self.files.call(|machine| machine.remove(&self.path));
        }
        if !self.files.is_dead() {
            self.files.machine().unlock(self.id);
        }
    }
}

#[derive(Debug)]
struct KeptFile {
    files: SimulatedFiles,
    id: Id,
    path: PathBuf,
    read: usize,
}

impl Read for KeptFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let (id, from) = (self.id, self.read);
        let read = self
            .files
            .call(|machine| machine.rest(id, from).read(bytes))?;
        self.read += read;
        Ok(read)
    }
}

impl Write for KeptFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        append(&self.files, self.id, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Resumed for KeptFile {
    fn restart(&mut self) -> io::Result<()> {
        self.read = 0;
        self.files.call(|machine| {
            machine.empty(self.id);
            Ok(())
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.files.call(|machine| {
            machine.sync(self.id);
            Ok(())
        })
    }

    fn rename(self: Box<Self>, path: &Path) -> io::Result<()> {
        self.files.call(|machine| machine.rename(&self.path, path))
    }

    fn remove(self: Box<Self>) -> io::Result<()> {
        self.files.call(|machine| machine.remove(&self.path))
    }
}

impl Drop for KeptFile {
    fn drop(&mut self) {
        if !self.files.is_dead() {
            self.files.machine().unlock(self.id);
        }
    }
}

/// A write that fails writes in part.
fn append(files: &SimulatedFiles, id: Id, bytes: &[u8]) -> io::Result<usize> {
    let written = files.process.step();
    let arrived = match written {
        Ok(()) => bytes,
        Err(_) => &bytes[..bytes.len() / 2],
    };
    files.machine().append(id, arrived);
    written.map(|()| bytes.len())
}

#[derive(Debug)]
struct HeldFile {
    files: SimulatedFiles,
    id: Id,
}

impl Held for HeldFile {}

impl Drop for HeldFile {
    fn drop(&mut self) {
        if !self.files.is_dead() {
            self.files.machine().unlock(self.id);
        }
    }
}
