//! What a registry says about what it holds.

use std::fmt;
use std::time::SystemTime;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::time;
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
    /// What whoever uses it should know; mostly nothing.
    pub notices: Vec<Notice>,
}

/// Something about a version that does not keep it from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// It was withdrawn. No range picks it; its version, an alias and its digest do.
    Yanked(Yanked),
    /// It is a pre-release. No range picks it, unless that names a pre-release of its number.
    PreRelease,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yanked(yanked) => yanked.fmt(f),
            Self::PreRelease => f.write_str("a pre-release"),
        }
    }
}

/// When a version was withdrawn, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Yanked {
    /// When.
    #[serde(with = "time")]
    pub at: SystemTime,
    /// Why, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl fmt::Display for Yanked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "yanked at {}", time::format(self.at))?;
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
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
    /// When and why it was withdrawn, if it was.
    pub yanked: Option<Yanked>,
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
    /// Where it pointed from then on; `None` when it was removed.
    pub version: Option<Version>,
    /// When it was moved.
    pub at: SystemTime,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// Whether it was moved back to where it was before.
    pub rollback: bool,
}
