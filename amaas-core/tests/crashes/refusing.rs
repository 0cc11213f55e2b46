//! Files that can be read and not written: read-only, full, or somebody else's.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use amaas_core::ErrorKind;
use amaas_core::registry::files::{Facts, Files, Held, Resumed, SimulatedFiles, Staged, Watched};

use crate::operations::Operation;
use crate::schedule::{ROOT, open};
use crate::state::observe;

/// What the system says to whoever writes, and a word of the remedy.
const REFUSALS: [(io::ErrorKind, &str); 4] = [
    (io::ErrorKind::ReadOnlyFilesystem, "may be written"),
    (io::ErrorKind::PermissionDenied, "may be written"),
    (io::ErrorKind::StorageFull, "free some space"),
    (io::ErrorKind::QuotaExceeded, "free some space"),
];

/// Each operation says so, and everything can still be read.
pub(crate) fn writes() {
    let files = SimulatedFiles::new();
    let registry = open(Arc::new(files.clone())).unwrap();
    for operation in Operation::before() {
        operation.run(&registry).unwrap();
    }
    let before = observe(&registry).unwrap();
    for (kind, word) in REFUSALS {
        let files = files.clone();
        let registry = open(Arc::new(Refusing { files, kind })).unwrap();
        for operation in Operation::all() {
            let error = operation.run(&registry).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Io, "{error}");
            assert!(error.message().contains(ROOT), "{error}");
            assert!(error.remedy().unwrap().contains(word), "{error}");
        }
        assert_eq!(observe(&registry).unwrap(), before);
        for version in registry
            .models()
            .unwrap()
            .iter()
            .flat_map(|model| &model.versions)
        {
            registry.package(&version.digest).unwrap();
        }
    }
}

#[derive(Debug)]
struct Refusing {
    files: SimulatedFiles,
    kind: io::ErrorKind,
}

impl Refusing {
    fn refuse<T>(&self) -> io::Result<T> {
        Err(self.kind.into())
    }
}

impl Files for Refusing {
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

    fn create_folder(&self, _path: &Path) -> io::Result<()> {
        self.refuse()
    }

    /// On a full disk a name still fits where no byte does.
    fn stage(&self, folder: &Path) -> io::Result<Box<dyn Staged>> {
        let kind = self.kind;
        match kind {
            io::ErrorKind::StorageFull => Ok(Box::new(Full(self.files.stage(folder)?))),
            _ => self.refuse(),
        }
    }

    fn resume(&self, _path: &Path) -> io::Result<Option<Box<dyn Resumed>>> {
        self.refuse()
    }

    fn flush_folder(&self, folder: &Path) -> io::Result<()> {
        self.files.flush_folder(folder)
    }

    fn remove(&self, _path: &Path) -> io::Result<()> {
        self.refuse()
    }

    fn remove_folder(&self, _path: &Path) -> io::Result<()> {
        self.refuse()
    }

    fn modified(&self, path: &Path) -> io::Result<SystemTime> {
        self.files.modified(path)
    }

    fn set_modified(&self, _path: &Path, _at: SystemTime) -> io::Result<()> {
        self.refuse()
    }

    fn reclaim(&self, _path: &Path) -> io::Result<bool> {
        self.refuse()
    }

    fn link_folder(&self, _target: &Path, _link: &Path) -> io::Result<()> {
        self.refuse()
    }

    fn lock(&self, _path: &Path) -> io::Result<Box<dyn Held>> {
        self.refuse()
    }
}

/// A file that has a name and no room.
#[derive(Debug)]
struct Full(Box<dyn Staged>);

impl Write for Full {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Staged for Full {
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync()
    }

    fn rename(self: Box<Self>, path: &Path) -> io::Result<()> {
        self.0.rename(path)
    }
}
