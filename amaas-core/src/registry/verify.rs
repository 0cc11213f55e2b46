//! Looking for damage: every byte that some version needs is read and held against its digest.
//!
//! ```
//! use amaas_core::registry::Registry;
//! # let home = tempfile::tempdir()?;
//! let registry = Registry::open(home.path().join("models"))?;
//! let report = registry.verify(&mut |progress| println!("{} of {} bytes", progress.bytes, progress.all_bytes))?;
//! for damage in &report.damaged {
//!     println!("{}: {}", damage.digest, damage.error);
//! }
//! assert!(report.is_good());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The trap: damage to a document hides what it refers to. Nothing below a damaged index or
//! manifest is looked at, so after a repair there may be more to find.

use std::collections::BTreeMap;
use std::fmt;

use semver::Version;

use super::change;
use super::disk::Disk;
use super::entry::Resolved;
use super::index::Stored;
use super::reach::{self, Need};
use super::store::Registry;
use super::top::Top;
use super::{oci, ports, unpack};
use crate::model::{Digest, ModelName};
use crate::{Error, ErrorKind, Result};

/// How far a check has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Blobs that were read.
    pub blobs: u64,
    /// Blobs to read.
    pub all_blobs: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Bytes to read.
    pub all_bytes: u64,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// How many blobs were looked at, the damaged ones included.
    pub blobs: u64,
    /// How many bytes they should have.
    pub bytes: u64,
    /// Every version that could be found, damaged or not.
    pub versions: Vec<Resolved>,
    /// What is missing or damaged, by digest.
    pub damaged: Vec<Damage>,
}

/// A blob that is missing or does not hold what it should.
#[derive(Debug)]
pub struct Damage {
    /// The blob.
    pub digest: Digest,
    /// What is wrong with it.
    pub error: Error,
    /// Who needs it.
    pub needed_by: Vec<Needed>,
}

/// A version, or where its index is what is damaged, a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// The model.
    pub name: ModelName,
    /// The version; `None` for every version of the model.
    pub version: Option<Version>,
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{}@{version}", self.name),
            None => self.name.fmt(f),
        }
    }
}

impl VerifyReport {
    /// Whether nothing is damaged.
    pub fn is_good(&self) -> bool {
        self.damaged.is_empty()
    }
}

/// How often a check begins anew because versions were deleted under it.
const ROUNDS: usize = 3;

impl Registry {
    /// Reads every blob that some version needs and lists all that are missing or damaged. Tells
    /// `progress` after each.
    ///
    /// # Errors
    /// `Corrupt` when the list of models cannot be read. Other damage is in the report.
    pub fn verify(&self, progress: &mut dyn FnMut(&Progress)) -> Result<VerifyReport> {
        self.verify_while(&mut |state| {
            progress(state);
            true
        })
    }

    /// As [`Registry::verify`], for as long as `go_on` answers true.
    ///
    /// # Errors
    /// As [`Registry::verify`], and `Cancelled` once `go_on` has answered false.
    pub fn verify_while(&self, go_on: &mut dyn FnMut(&Progress) -> bool) -> Result<VerifyReport> {
        let mut round = 1;
        loop {
            let before = self.disk.index()?;
            let top = Top::parse(&before)?;
            let report = Check::new(&self.disk).run(&top, go_on)?;
            if report.is_good() || round == ROUNDS || self.disk.index()? == before {
                return Ok(report);
            }
            round += 1;
        }
    }
}

struct Check<'a> {
    disk: &'a Disk,
    needs: BTreeMap<Need, Vec<Needed>>,
    signatures: BTreeMap<Digest, Vec<Needed>>,
    report: VerifyReport,
}

impl<'a> Check<'a> {
    fn new(disk: &'a Disk) -> Self {
        Self {
            disk,
            needs: BTreeMap::new(),
            signatures: BTreeMap::new(),
            report: VerifyReport::default(),
        }
    }

    fn run(mut self, top: &Top, go_on: &mut dyn FnMut(&Progress) -> bool) -> Result<VerifyReport> {
        for (name, entry) in top.models() {
            self.read(entry.size);
            match change::load(self.disk, top, name) {
                Ok(model) => {
                    for (version, stored) in &model.versions {
                        self.report.versions.push(model.picked(version, stored));
                        self.manifest(name, version, stored);
                    }
                }
                Err(error) => {
                    let (name, version) = (name.clone(), None);
                    self.damage(entry.digest, error, vec![Needed { name, version }]);
                }
            }
        }
        self.layers(go_on)?;
        self.report.damaged.sort_by_key(|damage| damage.digest);
        Ok(self.report)
    }

    fn manifest(&mut self, name: &ModelName, version: &Version, stored: &Stored) {
        let needed = Needed {
            name: name.clone(),
            version: Some(version.clone()),
        };
        if let Some(digest) = stored.signature {
            self.signatures
                .entry(digest)
                .or_default()
                .push(needed.clone());
        }
        self.read(stored.size);
        let manifest = unpack::manifest(self.disk, &stored.digest, Some(stored.size));
        match manifest.and_then(|read| unpack::identify(&read, name, version).map(|()| read)) {
            Ok(manifest) => {
                for need in reach::parts(&manifest) {
                    self.needs.entry(need).or_default().push(needed.clone());
                }
            }
            Err(error) => self.damage(stored.digest, error, vec![needed]),
        }
    }

    fn layers(&mut self, go_on: &mut dyn FnMut(&Progress) -> bool) -> Result<()> {
        let (needs, signatures) = (
            std::mem::take(&mut self.needs),
            std::mem::take(&mut self.signatures),
        );
        let mut state = Progress {
            all_blobs: (needs.len() + signatures.len()) as u64,
            all_bytes: needs.keys().filter_map(|(_, size)| *size).sum(),
            ..Progress::default()
        };
        for (digest, needed_by) in signatures {
            self.read(0);
            state.blobs += 1;
            if let Err(error) = ports::signature(self.disk, &digest) {
                self.damage(digest, error, needed_by);
            }
            proceed(go_on(&state))?;
        }
        for ((digest, size), needed_by) in needs {
            self.read(size.unwrap_or_default());
            state.blobs += 1;
            state.bytes += size.unwrap_or_default();
            let limit = size.unwrap_or(oci::MAX_DOCUMENT);
            if let Err(error) = self.disk.blob(&digest, size, limit) {
                self.damage(digest, error, needed_by);
            }
            proceed(go_on(&state))?;
        }
        Ok(())
    }

    fn read(&mut self, bytes: u64) {
        self.report.blobs += 1;
        self.report.bytes += bytes;
    }

    fn damage(&mut self, digest: Digest, error: Error, needed_by: Vec<Needed>) {
        let damage = Damage {
            digest,
            error,
            needed_by,
        };
        self.report.damaged.push(damage);
    }
}

/// An error once whoever waits for a check wants no more of it.
pub(crate) fn proceed(goes_on: bool) -> Result<()> {
    let stopped = || {
        Error::new(ErrorKind::Cancelled, "the check was stopped").advise("check again for the rest")
    };
    goes_on.then_some(()).ok_or_else(stopped)
}
