//! Files below a registry that forgets a step: bugs planted to see whether they are found.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::SystemTime;

use amaas_core::registry::files::{Facts, Files, Held, Resumed, SimulatedFiles, Staged, Watched};

/// What is not flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Omission {
    /// What a file holds.
    File,
    /// The names of the blobs.
    Blobs,
    /// The name of the index.
    Root,
}

#[derive(Debug)]
pub(crate) struct Careless {
    files: SimulatedFiles,
    omission: Omission,
}

impl Careless {
    pub(crate) fn new(files: SimulatedFiles, omission: Omission) -> Self {
        Self { files, omission }
    }
}

impl Files for Careless {
    fn facts(&self, path: &Path) -> io::Result<Facts> {
        self.files.facts(path)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        self.files.open(path)
    }

    fn watch(&self, path: &Path) -> io::Result<Box<dyn Watched>> {
        self.files.watch(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        self.files.list(folder)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.files.create_folder(path)
    }

    fn stage(&self, folder: &Path) -> io::Result<Box<dyn Staged>> {
        let staged = self.files.stage(folder)?;
        Ok(match self.omission {
            Omission::File => Box::new(Unflushed(staged)),
            Omission::Blobs | Omission::Root => staged,
        })
    }

    fn resume(&self, path: &Path) -> io::Result<Option<Box<dyn Resumed>>> {
        self.files.resume(path)
    }

    fn flush_folder(&self, folder: &Path) -> io::Result<()> {
        let omitted = match self.omission {
            Omission::File => false,
            Omission::Blobs => folder.ends_with("blobs/sha256"),
            Omission::Root => folder.ends_with("models"),
        };
        if omitted {
            return Ok(());
        }
        self.files.flush_folder(folder)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files.remove(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.files.remove_folder(path)
    }

    fn modified(&self, path: &Path) -> io::Result<SystemTime> {
        self.files.modified(path)
    }

    fn set_modified(&self, path: &Path, at: SystemTime) -> io::Result<()> {
        self.files.set_modified(path, at)
    }

    fn reclaim(&self, path: &Path) -> io::Result<bool> {
        self.files.reclaim(path)
    }

    fn link_folder(&self, target: &Path, link: &Path) -> io::Result<()> {
        self.files.link_folder(target, link)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Held>> {
        self.files.lock(path)
    }
}

#[derive(Debug)]
struct Unflushed(Box<dyn Staged>);

impl Write for Unflushed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Staged for Unflushed {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn rename(self: Box<Self>, path: &Path) -> io::Result<()> {
        self.0.rename(path)
    }
}
