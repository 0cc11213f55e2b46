//! What is on the remote, and which of it a selector picks: the same rules as in a store.
//!
//! The trap: whoever runs the remote may move a tag to any manifest. What a manifest says of
//! itself must agree with the name and the tag it was found under.

use std::collections::BTreeSet;

use semver::Version;

use super::failure::damaged;
use super::repository::{Document, Repository};
use super::tag;
use crate::model::{AliasName, Digest, ModelName, Selector};
use crate::registry::oci::{self, Manifest, corrupt};
use crate::registry::{select, suggest, unpack};
use crate::{Error, ErrorKind, Result};

/// A model on a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteModel {
    /// Its name.
    pub name: ModelName,
    /// Its versions, the lowest first.
    pub versions: Vec<Version>,
    /// Its other tags, by name. Tags that are neither versions nor aliases are left out.
    pub aliases: Vec<AliasName>,
}

impl RemoteModel {
    pub(super) fn of(name: &ModelName, tags: &BTreeSet<String>) -> Self {
        let mut versions: Vec<_> = tags.iter().filter_map(|tag| tag::version(tag)).collect();
        versions.sort();
        Self {
            name: name.clone(),
            versions,
            aliases: tags.iter().filter_map(|tag| tag::alias(tag)).collect(),
        }
    }

    pub(super) fn lacks(&self, selector: &Selector) -> Error {
        let aliases = self.aliases.iter().map(AliasName::as_str);
        let versions = self.versions.iter().map(|version| (version, false));
        suggest::nothing_selected(&self.name, selector, versions, aliases)
    }
}

/// A version that was picked.
pub(super) struct Found {
    pub(super) version: Version,
    pub(super) digest: Digest,
    pub(super) bytes: Vec<u8>,
    pub(super) manifest: Manifest,
}

impl Repository<'_> {
    /// What is there of the model.
    pub(super) fn model(&self, name: &ModelName) -> Result<RemoteModel> {
        let tags = self.tags()?.ok_or_else(|| {
            let message = format!("`{}` has no model `{name}`", self.client.host);
            Error::new(ErrorKind::NotFound, message)
                .with("repository", &self.path)
                .advise("push it first, or check the namespace")
        })?;
        Ok(RemoteModel::of(name, &tags))
    }

    /// The version that a selector picks, with its manifest.
    pub(super) fn find(&self, name: &ModelName, selector: &Selector) -> Result<Found> {
        let (document, tagged) = match self.direct(selector)? {
            Some(found) => found,
            None => self.listed(name, selector)?,
        };
        let manifest = unpack::parse(&document.digest, &document.bytes)
            .map_err(|error| error.with("registry", &self.client.host))?;
        let title = oci::annotation(&manifest.annotations, oci::TITLE)?;
        let version = oci::annotation(&manifest.annotations, oci::VERSION)?;
        let version = Version::parse(version)
            .map_err(|cause| corrupt("a manifest's version is none").because(cause))?;
        let is_other = tagged.is_some_and(|tagged| tagged != version);
        if title != name.as_str() || is_other {
            let what = format!("the package of another model or version as `{name}@{selector}`");
            let error = self.client.nonsense(&what).with("digest", document.digest);
            return Err(error.advise("push it under its own name and version"));
        }
        Ok(Found {
            version,
            digest: document.digest,
            bytes: document.bytes,
            manifest,
        })
    }

    /// By the tag or digest that the selector names, without listing.
    fn direct(&self, selector: &Selector) -> Result<Option<(Document, Option<Version>)>> {
        let (reference, tagged) = match selector {
            Selector::Range(_) => return Ok(None),
            Selector::Exact(version) => (tag::of(version)?, Some(version.clone())),
            Selector::Alias(alias) => (alias.to_string(), None),
            Selector::Digest(digest) => (digest.to_string(), None),
        };
        Ok(self
            .manifest(&reference)?
            .map(|document| (document, tagged)))
    }

    /// By what is listed.
    fn listed(&self, name: &ModelName, selector: &Selector) -> Result<(Document, Option<Version>)> {
        let model = self.model(name)?;
        let version = match selector {
            Selector::Range(range) => select::highest(&model.versions, range),
            Selector::Exact(version) => select::exact(&model.versions, version),
            _ => None,
        };
        let version = version.ok_or_else(|| model.lacks(selector))?;
        let document = self.manifest(&tag::of(version)?)?;
        let document = document.ok_or_else(|| model.lacks(selector))?;
        Ok((document, Some(version.clone())))
    }

    /// Every blob of a package once, manifests aside; one digest has one size.
    pub(super) fn blobs<'m>(&self, found: &'m Manifest) -> Result<Vec<&'m oci::Descriptor>> {
        let mut blobs: Vec<_> = found.layers.iter().chain([&found.config]).collect();
        blobs.sort_by_key(|blob| (blob.digest, blob.size));
        blobs.dedup_by_key(|blob| (blob.digest, blob.size));
        let host = &self.client.host;
        let two = blobs
            .windows(2)
            .find(|pair| pair[0].digest == pair[1].digest);
        if let Some(pair) = two {
            return Err(damaged(host, &pair[0].digest, "two sizes"));
        }
        if found.config.size > oci::MAX_DOCUMENT {
            return Err(damaged(host, &found.config.digest, "a config too large"));
        }
        // The largest first, so that no long one is left for the end.
        blobs.sort_by_key(|blob| std::cmp::Reverse(blob.size));
        Ok(blobs)
    }
}

/// How many bytes all blobs of a package have together, as a store counts them.
pub(super) fn bytes(manifest: &Manifest, own: usize) -> Result<u64> {
    let sizes = manifest.layers.iter().chain([&manifest.config]);
    let sum = sizes
        .map(|blob| blob.size)
        .try_fold(own as u64, u64::checked_add);
    sum.ok_or_else(|| corrupt("a manifest's sizes are out of all reason"))
}
