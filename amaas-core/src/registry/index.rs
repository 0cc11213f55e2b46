//! The index of one model: its versions and its aliases, as one OCI index.
//!
//! Each entry is the descriptor of a version's manifest, annotated with the version, the time of
//! its publish, the bytes of all its blobs, when and why it was yanked and the digest of its
//! signature, so that listing a model reads one blob.
//!
//! The trap: versions that differ in build metadata alone are equal to every selector, so no two
//! of them may stand in one index.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::SystemTime;

use semver::Version;

use super::alias::Aliases;
use super::entry::{AliasEntry, ModelEntry, Notice, Resolved, VersionEntry, Yanked};
use super::oci::{self, Descriptor, Index, corrupt};
use super::{select, suggest, time};
use crate::Result;
use crate::model::{Digest, ModelName, Selector};

/// What a model's index holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ModelIndex {
    pub(super) name: ModelName,
    pub(super) versions: BTreeMap<Version, Stored>,
    pub(super) aliases: Aliases,
}

/// A version's manifest, and what the index says of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) published: SystemTime,
    pub(super) bytes: u64,
    pub(super) yanked: Option<Yanked>,
    /// What it takes and gives, as a blob.
    pub(super) signature: Option<Digest>,
}

impl ModelIndex {
    pub(super) fn new(name: ModelName) -> Self {
        Self {
            name,
            versions: BTreeMap::new(),
            aliases: Aliases::default(),
        }
    }

    /// Reads the index of the model `name`, whose bytes were verified before.
    pub(super) fn parse(name: &ModelName, bytes: &[u8]) -> Result<Self> {
        let what = format!("the index of `{name}`");
        let index: Index = oci::read(bytes, &what)?;
        if !index.is(oci::VERSIONS)
            || oci::annotation(&index.annotations, oci::TITLE)? != name.as_str()
        {
            return Err(corrupt(format!("{what} is something else")));
        }
        let mut model = Self::new(name.clone());
        if let Some(log) = index.annotations.get(oci::ALIASES) {
            model.aliases = oci::read(log.as_bytes(), &format!("the alias log of `{name}`"))?;
        }
        index
            .manifests
            .iter()
            .try_for_each(|entry| model.take(entry))?;
        model.check_aliases()?;
        Ok(model)
    }

    /// The index as it is stored.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut index = Index::new(oci::VERSIONS);
        index
            .annotations
            .insert(oci::TITLE.to_owned(), self.name.to_string());
        if !self.aliases.is_empty() {
            let log = oci::write(&self.aliases, oci::MAX_DOCUMENT)?;
            let log = String::from_utf8_lossy(&log).into_owned();
            index.annotations.insert(oci::ALIASES.to_owned(), log);
        }
        index.manifests = self
            .versions
            .iter()
            .map(|(version, stored)| self.entry(version, stored))
            .collect();
        oci::write(&index, oci::MAX_DOCUMENT)
    }

    /// The version that equals `version`, build metadata aside.
    pub(super) fn find(&self, version: &Version) -> Option<(&Version, &Stored)> {
        let found = select::exact(self.versions.keys(), version)?;
        self.versions.get_key_value(found)
    }

    pub(super) fn resolve(&self, selector: &Selector) -> Result<Resolved> {
        let found = match selector {
            Selector::Range(range) => select::highest(self.offered(), range),
            Selector::Exact(version) => select::exact(self.versions.keys(), version),
            Selector::Alias(alias) => self.aliases.target(alias),
            Selector::Digest(digest) => self.version_with(digest),
        };
        let found = found.and_then(|version| self.versions.get_key_value(version));
        let (version, stored) = found.ok_or_else(|| suggest::no_version(self, selector))?;
        Ok(self.picked(version, stored))
    }

    pub(super) fn picked(&self, version: &Version, stored: &Stored) -> Resolved {
        Resolved {
            name: self.name.clone(),
            version: version.clone(),
            digest: stored.digest,
            notices: notices(version, stored),
        }
    }

    /// The versions that ranges pick from.
    pub(super) fn offered(&self) -> impl Iterator<Item = &Version> {
        let offered = self.versions.iter();
        offered
            .filter(|(_, stored)| stored.yanked.is_none())
            .map(|(version, _)| version)
    }

    pub(super) fn describe(&self) -> ModelEntry {
        let versions = self.versions.iter().map(|(version, stored)| VersionEntry {
            version: version.clone(),
            digest: stored.digest,
            published: stored.published,
            bytes: stored.bytes,
            yanked: stored.yanked.clone(),
        });
        let aliases = self.aliases.targets().filter_map(|(alias, version)| {
            let (version, stored) = self.versions.get_key_value(version)?;
            Some(AliasEntry {
                alias: alias.clone(),
                version: version.clone(),
                digest: stored.digest,
            })
        });
        ModelEntry {
            name: self.name.clone(),
            versions: versions.collect(),
            aliases: aliases.collect(),
        }
    }

    fn version_with(&self, digest: &Digest) -> Option<&Version> {
        let mut all = self.versions.iter();
        all.find(|(_, stored)| stored.digest == *digest)
            .map(|(version, _)| version)
    }

    fn entry(&self, version: &Version, stored: &Stored) -> Descriptor {
        let mut entry = self
            .descriptor(stored)
            .annotated(oci::REF_NAME, &format_args!("{}:{version}", self.name))
            .annotated(oci::VERSION, version)
            .annotated(oci::CREATED, &time::format(stored.published))
            .annotated(oci::BYTES, &stored.bytes);
        if let Some(yanked) = &stored.yanked {
            entry = entry.annotated(oci::YANKED, &serde_json::json!(yanked));
        }
        match &stored.signature {
            Some(digest) => entry.annotated(oci::SIGNATURE, digest),
            None => entry,
        }
    }

    /// A version's manifest, without what only this index says of it.
    pub(super) fn descriptor(&self, stored: &Stored) -> Descriptor {
        Descriptor {
            media_type: oci::MANIFEST.to_owned(),
            digest: stored.digest,
            size: stored.size,
            artifact_type: Some(oci::MODEL.to_owned()),
            annotations: BTreeMap::new(),
            rest: BTreeMap::new(),
        }
    }

    fn take(&mut self, entry: &Descriptor) -> Result<()> {
        let version = Version::parse(entry.annotation(oci::VERSION)?).map_err(|cause| {
            corrupt(format!(
                "the index of `{}` lists what is no version",
                self.name
            ))
            .because(cause)
        })?;
        let stored = Stored::read(entry)?;
        if entry.media_type != oci::MANIFEST || self.is_taken(&version) {
            let message = format!(
                "the index of `{}` lists `{version}` wrongly or twice",
                self.name
            );
            return Err(corrupt(message).with("entry", entry.digest));
        }
        self.versions.insert(version, stored);
        Ok(())
    }

    /// Versions are sorted by precedence first, so an equal one can only be a neighbour.
    fn is_taken(&self, version: &Version) -> bool {
        let before = self.versions.range(..=version).next_back();
        let after = self.versions.range(version..).next();
        before
            .into_iter()
            .chain(after)
            .any(|(one, _)| one.cmp_precedence(version) == Ordering::Equal)
    }

    fn check_aliases(&self) -> Result<()> {
        if self.aliases.is_broken() {
            let message = format!("an alias of `{}` was never set", self.name);
            return Err(corrupt(message));
        }
        let mut targets = self.aliases.targets();
        match targets.find(|(_, target)| !self.versions.contains_key(target)) {
            Some((alias, _)) => Err(corrupt(format!(
                "the alias `{alias}` of `{}` points at a version that is not there",
                self.name
            ))),
            None => Ok(()),
        }
    }
}

impl Stored {
    fn read(entry: &Descriptor) -> Result<Self> {
        let annotations = &entry.annotations;
        let yanked = annotations
            .get(oci::YANKED)
            .map(|text| oci::read(text.as_bytes(), "the note of a yank"))
            .transpose()
            .map_err(|error| error.with("entry", entry.digest))?;
        let signature = annotations.get(oci::SIGNATURE).map(|text| text.parse());
        let signature = signature.transpose().map_err(|cause| {
            let message = "a version's signature has no digest";
            corrupt(message).with("entry", entry.digest).because(cause)
        })?;
        let published = time::parse(entry.annotation(oci::CREATED)?);
        let bytes = entry.annotation(oci::BYTES)?.parse().ok();
        match (published, bytes) {
            (Some(published), Some(bytes)) => Ok(Self {
                digest: entry.digest,
                size: entry.size,
                published,
                bytes,
                yanked,
                signature,
            }),
            _ => {
                Err(corrupt("a version's time or size cannot be read").with("entry", entry.digest))
            }
        }
    }
}

/// What whoever gets this version should know.
fn notices(version: &Version, stored: &Stored) -> Vec<Notice> {
    let yanked = stored.yanked.clone().map(Notice::Yanked);
    let early = (!version.pre.is_empty()).then_some(Notice::PreRelease);
    yanked.into_iter().chain(early).collect()
}
