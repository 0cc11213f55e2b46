//! Whose packages a service runs: the policy, the keys, and the generations it has seen.
//!
//! ```
//! # #[cfg(feature = "sign")] {
//! use amaas_core::Service;
//! use amaas_core::privacy::PublicKey;
//! use amaas_core::service::Trust;
//! # let pem = include_str!("../../tests/privacy/author.pub");
//!
//! let author = PublicKey::from_pem(pem)?;
//! let trust = Trust::require([author]).remember("/var/lib/amaas/generations.json");
//! let builder = Service::builder().registry("models/").trust(trust);
//! # let _ = builder;
//! # }
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! A version that is about to be loaded, tried out or published is held against the policy: every
//! file of it must be one that a trusted key signed. Then its generation must not be below the
//! highest that this service has served of the model. A version that was served once by this service
//! is not asked again, so that two versions can serve side by side.
//!
//! The trap: generations are remembered in this process alone, unless a file is named. That file must
//! not lie in the registry: who can put back an old version there could put back the number too.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use super::tune::file;
use crate::model::{Digest, ModelName, Package};
use crate::privacy::PublicKey;
use crate::registry::files::{Files as _, SystemFiles};
use crate::{Error, ErrorKind, Result, observe};

/// What becomes of a version that no trusted key vouches for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrustPolicy {
    /// It is refused.
    Require,
    /// It runs, and an event says so.
    Warn,
    /// Nobody looks.
    #[default]
    Off,
}

impl FromStr for TrustPolicy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "require" => Ok(Self::Require),
            "warn" => Ok(Self::Warn),
            "off" => Ok(Self::Off),
            _ => {
                let message = format!("`{text}` is not a policy of trust");
                Err(Error::new(ErrorKind::InvalidArgument, message)
                    .advise("use `require`, `warn` or `off`"))
            }
        }
    }
}

/// Whose packages a service runs; anybody's, unless said otherwise.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    policy: TrustPolicy,
    keys: Vec<PublicKey>,
    file: Option<PathBuf>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    highest: Generations,
    served: BTreeSet<Digest>,
}

/// The highest generation of each model; the file holds this as JSON.
type Generations = BTreeMap<ModelName, u64>;

impl Trust {
    /// Refuses what none of these keys signed.
    pub fn require(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self::new(TrustPolicy::Require, keys)
    }

    /// Says of what none of these keys signed that it runs.
    pub fn warn(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self::new(TrustPolicy::Warn, keys)
    }

    /// By this policy, for which these keys count.
    pub fn new(policy: TrustPolicy, keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self {
            policy,
            keys: keys.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Remembers generations in this file, so that they hold for later processes too. Many may use
    /// one file. It is made when something is to be remembered.
    #[must_use]
    pub fn remember(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// The policy.
    pub fn policy(&self) -> TrustPolicy {
        self.policy
    }

    /// Refuses a package by the policy, or tells of it.
    pub(super) fn check(&self, package: &Package) -> Result<()> {
        let examined = match self.policy {
            TrustPolicy::Off => return Ok(()),
            _ => self
                .examine(package)
                .map(drop)
                .map_err(|error| about(error, package)),
        };
        match (self.policy, examined) {
            (TrustPolicy::Warn, Err(error)) => {
                let info = &package.manifest.package;
                observe::untrusted(info.name.as_str(), &info.version.to_string(), &error);
                Ok(())
            }
            (_, examined) => examined,
        }
    }

    /// Remembers that a package which passed now serves.
    pub(super) fn served(&self, package: &Package) -> Result<()> {
        if self.policy == TrustPolicy::Off {
            return Ok(());
        }
        let Ok(generation) = self.examine(package) else {
            return Ok(()); // it was told of
        };
        let name = &package.manifest.package.name;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.served.insert(package.digest);
        raise(&mut seen.highest, name, generation);
        match &self.file {
            Some(path) if generation > 0 => keep(path, name, generation),
            _ => Ok(()),
        }
    }

    /// The generation of a package that a trusted key vouches for.
    fn examine(&self, package: &Package) -> Result<u64> {
        let generation = package.vouched(&self.keys)?.generation;
        let name = &package.manifest.package.name;
        let kept = match &self.file {
            Some(path) => read(path)?.get(name).copied(),
            None => None,
        };
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let highest = kept.max(seen.highest.get(name).copied()).unwrap_or(0);
        if generation >= highest || seen.served.contains(&package.digest) {
            return Ok(generation);
        }
        let message = format!("generation `{generation}` is older than one that was served");
        Err(Error::new(ErrorKind::Untrusted, message)
            .with("highest", highest)
            .advise("load a newer version, or have this one signed again with a higher generation"))
    }
}

fn about(error: Error, package: &Package) -> Error {
    let info = &package.manifest.package;
    error.with("model", format_args!("{}@{}", info.name, info.version))
}

fn raise(generations: &mut Generations, name: &ModelName, generation: u64) {
    let highest = generations.entry(name.clone()).or_default();
    *highest = generation.max(*highest);
}

/// What the file says; nothing where there is none.
fn read(path: &Path) -> Result<Generations> {
    let bytes = match file::read(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Generations::new()),
        bytes => bytes.map_err(|cause| refused(path, cause))?,
    };
    serde_json::from_slice(&bytes).map_err(|cause| {
        let message = format!("`{}` holds no generations", path.display());
        Error::new(ErrorKind::Corrupt, message)
            .because(cause)
            .advise("restore it, or remove it to begin anew: old versions pass until then")
    })
}

fn keep(path: &Path, name: &ModelName, generation: u64) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let refused = |cause| refused(path, cause);
    file::make(folder).map_err(refused)?;
    let _lock = SystemFiles
        .lock(&path.with_extension("lock"))
        .map_err(refused)?;
    let mut generations = read(path)?;
    let before = generations.clone();
    raise(&mut generations, name, generation);
    if generations == before {
        return Ok(());
    }
    let bytes = serde_json::to_vec_pretty(&generations).map_err(|cause| refused(cause.into()))?;
    file::replace(path, folder, &bytes).map_err(refused)
}

fn refused(path: &Path, cause: io::Error) -> Error {
    let message = format!("`{}` cannot be read or written", path.display());
    Error::new(ErrorKind::Io, message)
        .because(cause)
        .advise("check the folder's permissions, or name another file")
}
