//! How much is stored, and what of it is shared.
//!
//! The trap: the bytes of all versions add up to more than lies on the disk. What deleting a
//! version frees is what is unique to it.

use std::collections::BTreeMap;

use semver::Version;

use super::change;
use super::reach;
use super::store::Registry;
use crate::Result;
use crate::model::{Digest, ModelName};

/// How much a registry holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// How many models are listed.
    pub models: u64,
    /// How many blobs lie on the disk, needed or not.
    pub blobs: u64,
    /// How many bytes these have.
    pub bytes: u64,
    /// How many bytes more than one version needs, each counted once.
    pub shared: u64,
    /// Every version, by model and version.
    pub versions: Vec<VersionStatistics>,
}

/// How much one version needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionStatistics {
    /// The model.
    pub name: ModelName,
    /// The version.
    pub version: Version,
    /// The bytes that no other version needs.
    pub unique: u64,
    /// The bytes that other versions need too.
    pub shared: u64,
}

impl Registry {
    /// Counts models, versions, blobs and bytes.
    ///
    /// # Errors
    /// `Corrupt` when an index or manifest cannot be read, `Io` when the system refuses.
    pub fn statistics(&self) -> Result<Statistics> {
        let (models, needs) = self.read(|top| {
            let mut needs = Vec::new();
            for (name, _) in top.models() {
                for (version, stored) in change::load(&self.disk, top, name)?.versions {
                    let blobs: BTreeMap<_, _> =
                        reach::blobs(&self.disk, &stored)?.into_iter().collect();
                    needs.push((name.clone(), version, blobs));
                }
            }
            Ok((top.models().count() as u64, needs))
        })?;
        let found = self.disk.blobs()?;
        let sizes: BTreeMap<Digest, u64> =
            found.iter().map(|blob| (blob.name, blob.bytes)).collect();
        let mut users: BTreeMap<Digest, u64> = BTreeMap::new();
        for digest in needs.iter().flat_map(|(_, _, blobs)| blobs.keys()) {
            *users.entry(*digest).or_default() += 1;
        }
        let bytes = |digest: &Digest| sizes.get(digest).copied().unwrap_or_default();
        let is_shared = |digest: &Digest| users.get(digest).is_some_and(|users| *users > 1);
        let count = |(name, version, blobs): (_, _, BTreeMap<Digest, _>)| {
            let (shared, unique): (Vec<_>, Vec<_>) = blobs.keys().partition(|one| is_shared(one));
            VersionStatistics {
                name,
                version,
                unique: unique.into_iter().map(bytes).sum(),
                shared: shared.into_iter().map(bytes).sum(),
            }
        };
        Ok(Statistics {
            models,
            blobs: sizes.len() as u64,
            bytes: sizes.values().sum(),
            shared: users.keys().filter(|one| is_shared(one)).map(bytes).sum(),
            versions: needs.into_iter().map(count).collect(),
        })
    }
}
