//! What a registry says about what it holds and about what was done to it.

use std::time::SystemTime;

use amaas_core::registry::{self, ModelEntry};
use pyo3::prelude::*;

use crate::record::record;

record! {
    /// When and why a version was withdrawn.
    Yanked {
        /// When, as a ``datetime`` in UTC.
        at: SystemTime,
        /// Why, where somebody said so.
        reason: Option<String>,
    }
}

record! {
    /// A version that lies in a registry.
    VersionEntry {
        /// The model's name.
        name: String,
        /// The version, as ``"1.0.0"``.
        version: String,
        /// The address of its content, as ``"sha256:…"``.
        digest: String,
        /// When it was published here, as a ``datetime`` in UTC.
        published: SystemTime,
        /// How many bytes its blobs have together, shared ones included.
        bytes: u64,
        /// When and why it was withdrawn; ``None`` for one that was not.
        yanked: Option<Yanked>,
    }
}

record! {
    /// The version that a reference picks.
    Resolved {
        /// The model's name.
        name: String,
        /// The version, as ``"1.0.0"``.
        version: String,
        /// The address of its content: a snapshot that later publishes do not change.
        digest: String,
        /// What whoever uses it should know, as that it was yanked; mostly nothing.
        notices: Vec<String>,
    }
}

record! {
    /// One move of an alias.
    AliasChange {
        /// Where it pointed from then on; ``None`` when it was removed.
        version: Option<String>,
        /// When, as a ``datetime`` in UTC.
        at: SystemTime,
        /// Why, where somebody said so.
        reason: Option<String>,
        /// Whether it was moved back to where it was before.
        rollback: bool,
    }
}

record! {
    /// What a clean-up removed, or would remove.
    GcReport {
        /// The digests of the blobs that were removed.
        removed: Vec<String>,
        /// How many bytes that freed, those of temporary files included.
        bytes: u64,
        /// How many blobs are needed.
        kept: u64,
        /// How many blobs are not needed, but not for long enough.
        spared: u64,
        /// How many files of writes that were cut off were removed.
        temporaries: u64,
    }
}

record! {
    /// How much a registry holds.
    Statistics {
        /// How many models are listed.
        models: u64,
        /// How many blobs lie on the disk, needed or not.
        blobs: u64,
        /// How many bytes these have.
        bytes: u64,
        /// How many bytes more than one version needs, each counted once.
        shared: u64,
        /// Every version, by model and version.
        versions: Vec<VersionStatistics>,
    }
}

record! {
    /// How much one version needs.
    VersionStatistics {
        /// The model's name.
        name: String,
        /// The version, as ``"1.0.0"``.
        version: String,
        /// The bytes that no other version needs: what deleting it frees.
        unique: u64,
        /// The bytes that other versions need too.
        shared: u64,
    }
}

/// The versions of a model, the lowest first.
pub(crate) fn versions(entry: ModelEntry) -> Vec<VersionEntry> {
    let name = entry.name.to_string();
    let version = |one: registry::VersionEntry| VersionEntry {
        name: name.clone(),
        version: one.version.to_string(),
        digest: one.digest.to_string(),
        published: one.published,
        bytes: one.bytes,
        yanked: one.yanked.map(Yanked::from),
    };
    entry.versions.into_iter().map(version).collect()
}

impl From<registry::Yanked> for Yanked {
    fn from(yanked: registry::Yanked) -> Self {
        let registry::Yanked { at, reason } = yanked;
        Self { at, reason }
    }
}

impl From<registry::Resolved> for Resolved {
    fn from(resolved: registry::Resolved) -> Self {
        Self {
            name: resolved.name.into(),
            version: resolved.version.to_string(),
            digest: resolved.digest.into(),
            notices: resolved.notices.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<registry::AliasChange> for AliasChange {
    fn from(change: registry::AliasChange) -> Self {
        Self {
            version: change.version.map(|version| version.to_string()),
            at: change.at,
            reason: change.reason,
            rollback: change.rollback,
        }
    }
}

impl From<registry::GcReport> for GcReport {
    fn from(report: registry::GcReport) -> Self {
        Self {
            removed: report.removed.into_iter().map(Into::into).collect(),
            bytes: report.bytes,
            kept: report.kept,
            spared: report.spared,
            temporaries: report.temporaries,
        }
    }
}

impl From<registry::Statistics> for Statistics {
    fn from(found: registry::Statistics) -> Self {
        let version = |one: registry::VersionStatistics| VersionStatistics {
            name: one.name.into(),
            version: one.version.to_string(),
            unique: one.unique,
            shared: one.shared,
        };
        Self {
            models: found.models,
            blobs: found.blobs,
            bytes: found.bytes,
            shared: found.shared,
            versions: found.versions.into_iter().map(version).collect(),
        }
    }
}
