//! Versions and aliases as several commands tell them.

use std::time::SystemTime;

use amaas_core::model::{AliasName, Digest};
use amaas_core::registry::{AliasChange, AliasEntry, VersionEntry};
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
    version: Version,
    #[serde(serialize_with = "rfc3339")]
    at: SystemTime,
}

impl From<VersionEntry> for Stored {
    fn from(entry: VersionEntry) -> Self {
        Self {
            version: entry.version,
            digest: entry.digest,
            published: entry.published,
            bytes: entry.bytes,
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
        }
    }
}

impl Move {
    pub(super) fn row(&self) -> [String; 2] {
        [time(self.at), self.version.to_string()]
    }
}
