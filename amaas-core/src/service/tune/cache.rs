//! What tuning found, kept for later processes on the same machine: one small JSON file.
//!
//! ```
//! use amaas_core::LoadSettings;
//! use amaas_core::model::Digest;
//! use amaas_core::service::TuneCache;
//! # let home = tempfile::tempdir()?;
//!
//! let cache = TuneCache::at(home.path().join("tuned.json"));
//! assert_eq!(cache.find(&Digest::of(b"a package"), &LoadSettings::default())?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The trap: what is best on one machine is not on another, so it lies in the user's cache and not
//! in the registry, and is found only where the processor and the number of them are the same.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{LoadSettings, TuneRow, Tuned, file};
use crate::model::Digest;
use crate::registry::files::{Files as _, SystemFiles};
use crate::{Error, ErrorKind, Result};

/// A file of settings that tuning found best, by package and machine.
#[derive(Debug, Clone)]
pub struct TuneCache {
    path: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Document {
    tuned: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    digest: Digest,
    machine: Machine,
    devices: String,
    objective: String,
    instances: Option<usize>,
    threads: Option<usize>,
    rows: usize,
    clients: usize,
    requests_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// What settings depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Machine {
    processor: String,
    processors: usize,
}

impl Machine {
    /// This one, as far as it says what it is.
    fn this() -> Self {
        let about = file::read(Path::new("/proc/cpuinfo")).unwrap_or_default();
        let about = String::from_utf8_lossy(&about);
        let model = about.lines().find(|line| line.starts_with("model name"));
        let model = model.and_then(|line| line.split_once(':'));
        let processor = model.map_or(std::env::consts::ARCH, |(_, name)| name.trim());
        Self {
            processor: processor.to_owned(),
            processors: crate::service::threads::budget(),
        }
    }
}

impl TuneCache {
    /// The cache in this file, which is made when something is kept.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The user's own: `$XDG_CACHE_HOME/amaas/tuned.json`, or below `~/.cache`.
    ///
    /// # Errors
    /// `NotFound` where neither is known.
    pub fn of_user() -> Result<Self> {
        let stated = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let folder = stated
            .filter(|folder| folder.is_absolute())
            .or_else(|| Some(std::env::home_dir()?.join(".cache")));
        let folder = folder.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "the user has no folder for caches")
                .advise("set XDG_CACHE_HOME to one")
        })?;
        Ok(Self::at(folder.join("amaas/tuned.json")))
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the best of `tuned`, in place of what is kept for its package, its devices and this
    /// machine.
    ///
    /// # Errors
    /// As [`Tuned::settings`] when there is no best; `Io` when the file cannot be written, `Corrupt`
    /// when it is there and cannot be read.
    pub fn keep(&self, tuned: &Tuned) -> Result<()> {
        let settings = tuned.settings()?;
        let Some(best) = tuned.best() else {
            return Ok(());
        };
        let entry = Entry::of(tuned, &settings, best);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let refused = |cause| self.refused(cause);
        file::make(folder).map_err(refused)?;
        let _lock = SystemFiles
            .lock(&self.path.with_extension("lock"))
            .map_err(refused)?;
        let mut document = self.document()?;
        document.tuned.retain(|other| !other.is_about(&entry));
        document.tuned.push(entry);
        self.write(folder, &document).map_err(refused)
    }

    /// `base` with what is kept for this package, its devices and this machine.
    ///
    /// # Errors
    /// `Io` when the file is there and cannot be read, `Corrupt` when it is none of amaas's.
    pub fn find(&self, digest: &Digest, base: &LoadSettings) -> Result<Option<LoadSettings>> {
        let machine = Machine::this();
        let devices = base.devices.to_string();
        let entries = self.document()?.tuned;
        let found = entries.into_iter().find(|entry| {
            entry.digest == *digest && entry.machine == machine && entry.devices == devices
        });
        Ok(found.map(|entry| {
            let mut settings = base.clone();
            settings.instances = entry.instances;
            settings.threads = entry.threads;
            settings.limits.rows = entry.rows;
            settings
        }))
    }

    fn document(&self) -> Result<Document> {
        let bytes = match file::read(&self.path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Document::default()),
            bytes => bytes.map_err(|cause| self.refused(cause))?,
        };
        serde_json::from_slice(&bytes).map_err(|cause| {
            let message = format!("`{}` cannot be read", self.path.display());
            Error::new(ErrorKind::Corrupt, message)
                .because(cause)
                .advise("remove it and tune again")
        })
    }

    fn write(&self, folder: &Path, document: &Document) -> io::Result<()> {
        file::replace(&self.path, folder, &serde_json::to_vec_pretty(document)?)
    }

    fn refused(&self, cause: io::Error) -> Error {
        let message = format!("`{}` cannot be read or written", self.path.display());
        Error::new(ErrorKind::Io, message)
            .because(cause)
            .advise("check the folder's permissions, or name another file")
    }
}

impl Entry {
    fn of(tuned: &Tuned, settings: &LoadSettings, best: &TuneRow) -> Self {
        Self {
            digest: tuned.digest,
            machine: Machine::this(),
            devices: settings.devices.to_string(),
            objective: tuned.objective.to_string(),
            instances: settings.instances,
            threads: settings.threads,
            rows: settings.limits.rows,
            clients: best.clients,
            requests_per_second: best.requests_per_second,
            p50_ms: best.p50.as_secs_f64() * 1e3,
            p99_ms: best.p99.as_secs_f64() * 1e3,
        }
    }

    fn is_about(&self, other: &Self) -> bool {
        let about = |one: &Self| (one.digest, one.machine.clone(), one.devices.clone());
        about(self) == about(other)
    }
}
