//! Versions and aliases as several commands tell them.

use std::time::SystemTime;

use amaas_core::model::{AliasName, Digest};
use amaas_core::registry::{AliasChange, AliasEntry, VersionEntry, Yanked};
use semver::Version;
use serde::Serialize;

use crate::output::{rfc3339, time};

/// A published version.
#[derive(Debug, Serialize)]
pub(super) struct Stored {
    pub(super) version: Version,
    pub(super) digest: Digest,
    #[serde(serialize_with = "rfc3339")]
    pub(super) published: SystemTime,
    pub(super) bytes: u64,
    pub(super) yanked: Option<Yanked>,
}

/// An alias and where it points now.
#[derive(Debug, Serialize)]
pub(super) struct Pointer {
    pub(super) alias: AliasName,
    pub(super) version: Version,
    pub(super) digest: Digest,
}

/// One move of an alias.
#[derive(Debug, Serialize)]
pub(super) struct Move {
    /// Where it pointed from then on; nowhere when it was removed.
    version: Option<Version>,
    #[serde(serialize_with = "rfc3339")]
    at: SystemTime,
    reason: Option<String>,
    rollback: bool,
}

/// When a version was withdrawn and why; nothing for one that was not.
pub(super) fn withdrawn(yanked: Option<&Yanked>) -> String {
    let tell = |yanked: &Yanked| match &yanked.reason {
        Some(reason) => format!("yanked {}: {reason}", time(yanked.at)),
        None => format!("yanked {}", time(yanked.at)),
    };
    yanked.map(tell).unwrap_or_default()
}

impl From<VersionEntry> for Stored {
    fn from(entry: VersionEntry) -> Self {
        Self {
            version: entry.version,
            digest: entry.digest,
            published: entry.published,
            bytes: entry.bytes,
            yanked: entry.yanked,
        }
    }
}

impl From<AliasEntry> for Pointer {
    fn from(entry: AliasEntry) -> Self {
        Self {
            alias: entry.alias,
            version: entry.version,
            digest: entry.digest,
        }
    }
}

impl From<AliasChange> for Move {
    fn from(change: AliasChange) -> Self {
        Self {
            version: change.version,
            at: change.at,
            reason: change.reason,
            rollback: change.rollback,
        }
    }
}

impl Move {
    /// When, where to, how and why.
    pub(super) fn row(&self) -> [String; 3] {
        let version = self.version.as_ref();
        let version = version.map_or("nowhere".to_owned(), Version::to_string);
        let back = self.rollback.then_some("rolled back");
        let notes: Vec<_> = back.into_iter().chain(self.reason.as_deref()).collect();
        [time(self.at), version, notes.join(": ")]
    }
}
