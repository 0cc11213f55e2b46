//! What a registry says about what it holds.

use std::time::SystemTime;

use semver::Version;

use crate::model::{AliasName, Digest, ModelName};

/// What came of a publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The model's name.
    pub name: ModelName,
    /// The version that now is there.
    pub version: Version,
    /// Its address.
    pub digest: Digest,
    /// False when the same content was there already.
    pub created: bool,
}

/// One version, picked by a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The model's name.
    pub name: ModelName,
    /// The version that was picked.
    pub version: Version,
    /// Its address: a snapshot that later publishes do not change.
    pub digest: Digest,
}

/// A model and all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEntry {
    /// Its name.
    pub name: ModelName,
    /// Its versions, the lowest first.
    pub versions: Vec<VersionEntry>,
    /// Its aliases, by name.
    pub aliases: Vec<AliasEntry>,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionEntry {
    /// The version.
    pub version: Version,
    /// Its address.
    pub digest: Digest,
    /// When it was published here.
    pub published: SystemTime,
    /// How many bytes its blobs have together, shared ones included.
    pub bytes: u64,
}

/// An alias and where it points now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasEntry {
    /// Its name.
    pub alias: AliasName,
    /// The version it points at.
    pub version: Version,
    /// That version's address.
    pub digest: Digest,
}

/// One move of an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasChange {
    /// Where it pointed from then on.
    pub version: Version,
    /// When it was moved.
    pub at: SystemTime,
}
