//! Checking versions as if they were to serve: every byte, and every golden example.
//!
//! The trap: this loads each version in turn, so it takes the time and memory that loading takes.

use semver::Version;

use super::Service;
use crate::model::{Digest, ModelName, Package, Reference};
use crate::registry::{self, Progress, Resolved, VerifyReport, read_package};
use crate::runtime::Stop;
use crate::{Error, Result};

/// A version that was loaded and asked its golden examples.
#[derive(Debug)]
pub struct Checked {
    /// The model.
    pub name: ModelName,
    /// The version.
    pub version: Version,
    /// Its address.
    pub digest: Digest,
    /// How many golden examples it has; 0 where that cannot be read.
    pub golden: usize,
    /// Why it must not serve; `None` when all is well.
    pub error: Option<Error>,
}

/// What a check of everything found.
#[derive(Debug)]
pub struct Verified {
    /// The blobs.
    pub store: VerifyReport,
    /// Every version.
    pub versions: Vec<Checked>,
}

impl Verified {
    /// Whether every blob is whole and every version answers as its author says.
    pub fn is_good(&self) -> bool {
        self.store.is_good() && self.versions.iter().all(|one| one.error.is_none())
    }
}

impl Service {
    /// Checks what `reference` selects: its bytes, whether it loads here, its golden examples.
    /// What is wrong with it is in the answer.
    ///
    /// # Errors
    /// What [`Service::load`] ends with before it has found a version.
    pub fn verify(&self, reference: &str) -> Result<Checked> {
        match reference.parse()? {
            Reference::Named { name, selector } => {
                self.check(self.registry()?.resolve(&name, &selector)?)
            }
            Reference::Path(path) => {
                let package = read_package(&path)?;
                let info = &package.manifest.package;
                let found = Resolved {
                    name: info.name.clone(),
                    version: info.version.clone(),
                    digest: package.digest,
                    notices: Vec::new(),
                };
                self.answer(found, Ok(package))
            }
        }
    }

    /// Checks every blob that some version needs, then every version as [`Service::verify`] does,
    /// and stops at nothing. Tells `progress` after each blob and before each version.
    ///
    /// # Errors
    /// `NotFound` without a registry, `Corrupt` when its list of models cannot be read.
    pub fn verify_all(&self, progress: &mut dyn FnMut(&Progress)) -> Result<Verified> {
        self.verify_all_while(&mut |state| {
            progress(state);
            true
        })
    }

    /// As [`Service::verify_all`], for as long as `go_on` answers true; it is asked after each blob
    /// and before each version.
    ///
    /// # Errors
    /// As [`Service::verify_all`], and `Cancelled` once `go_on` has answered false.
    pub fn verify_all_while(&self, go_on: &mut dyn FnMut(&Progress) -> bool) -> Result<Verified> {
        let mut last = Progress::default();
        let store = self.registry()?.verify_while(&mut |state| {
            last = *state;
            go_on(state)
        })?;
        let versions = store.versions.iter().cloned().map(|version| {
            registry::proceed(go_on(&last))?;
            self.check(version)
        });
        Ok(Verified {
            versions: versions.collect::<Result<_>>()?,
            store,
        })
    }

    fn check(&self, found: Resolved) -> Result<Checked> {
        let package = self
            .registry()
            .and_then(|registry| registry.package(&found.digest));
        self.answer(found, package)
    }

    /// A check that was stopped says nothing of the version.
    fn answer(&self, found: Resolved, package: Result<Package>) -> Result<Checked> {
        let golden = package
            .as_ref()
            .map(|package| package.manifest.golden.len());
        let golden = golden.unwrap_or_default();
        let loaded = package.and_then(|package| self.try_out(&package));
        Stop::proceed()?;
        Ok(Checked {
            name: found.name,
            version: found.version,
            digest: found.digest,
            golden,
            error: loaded.err(),
        })
    }
}
