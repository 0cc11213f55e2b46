//! From a store to a remote: blobs first, the manifest that makes them a version last.
//!
//! The manifest that is pushed is the store's own, byte for byte, so that a digest names the same
//! package on both sides.
//!
//! The trap: a remote has no lock. Two may push one version at once; both find it missing, and if
//! they push different packages the later one stays. Who pushes must be sure of the number.

use std::cmp::Ordering;

use semver::Version;

use super::Remote;
use super::find::bytes;
use super::repository::Repository;
use super::tag;
use super::transfer::Transfer;
use super::upload::Upload;
use crate::model::{AliasName, Digest, ModelName, Selector};
use crate::registry::entry::Resolved;
use crate::registry::{Registry, oci, unpack};
use crate::{Error, ErrorKind, Result, observe};

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// The model's name.
    pub name: ModelName,
    /// The version that the remote now has.
    pub version: Version,
    /// Its address, there as here.
    pub digest: Digest,
    /// False when the remote had it already.
    pub created: bool,
    /// How many blobs were sent; the others were there.
    pub blobs: usize,
    /// How many bytes of blobs were sent.
    pub bytes: u64,
}

impl Remote {
    /// Sends the version that `selector` picks in `registry`. What the remote has is not sent
    /// again; pushing the same version again changes nothing.
    ///
    /// # Errors
    /// `NotFound` when the registry has no such version, `AlreadyExists` when the remote has
    /// another package under it, `AccessDenied`, `RemoteUnavailable` when it cannot be reached,
    /// `Corrupt` naming a blob that is damaged here, `Cancelled`.
    pub fn push(
        &self,
        registry: &Registry,
        name: &ModelName,
        selector: &Selector,
    ) -> Result<Pushed> {
        let resolved = registry.resolve(name, selector)?;
        let repository = self.repository(name, true)?;
        let created = !self.has(&repository, &resolved)?;
        let mut sum = (0, 0);
        if created {
            sum = self.send(registry, &repository, &resolved)?;
        }
        observe::pushed(
            name.as_str(),
            &resolved.version.to_string(),
            &self.client.host,
            sum.1,
        );
        Ok(Pushed {
            name: resolved.name,
            version: resolved.version,
            digest: resolved.digest,
            created,
            blobs: sum.0,
            bytes: sum.1,
        })
    }

    /// Points an alias on the remote at the version that `selector` picks there, and says which
    /// that is. A remote keeps no history of its aliases.
    ///
    /// # Errors
    /// `NotFound`, with what is there; otherwise as [`Remote::push`].
    pub fn set_alias(
        &self,
        name: &ModelName,
        alias: &AliasName,
        selector: &Selector,
    ) -> Result<Version> {
        if tag::alias(alias.as_str()).is_none() {
            let message = format!("`{alias}` cannot be an alias on a remote");
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("choose one that does not start with `sha256-`"));
        }
        let repository = self.repository(name, true)?;
        let found = repository.find(name, selector)?;
        repository.put_manifest(alias.as_str(), &found.bytes)?;
        Ok(found.version)
    }

    /// Whether the remote has this very package under its version.
    fn has(&self, repository: &Repository<'_>, wanted: &Resolved) -> Result<bool> {
        let (name, version) = (&wanted.name, &wanted.version);
        let (message, present) = match repository.digest_of(&tag::of(version)?)? {
            Some(digest) if digest == wanted.digest => return Ok(true),
            Some(digest) => (
                format!(
                    "`{name}@{version}` exists on `{}` with other content",
                    self.client.host
                ),
                digest.to_string(),
            ),
            None => match equal(repository, version)? {
                None => return Ok(false),
                Some(known) => (
                    format!("`{name}@{version}` differs from `{known}` in build metadata alone"),
                    known.to_string(),
                ),
            },
        };
        Err(Error::new(ErrorKind::AlreadyExists, message)
            .with("present", present)
            .with("given", wanted.digest)
            .advise("published versions never change; publish under a higher version"))
    }

    fn send(
        &self,
        registry: &Registry,
        repository: &Repository<'_>,
        wanted: &Resolved,
    ) -> Result<(usize, u64)> {
        let disk = &registry.disk;
        let document = disk.blob(&wanted.digest, None, oci::MAX_DOCUMENT)?;
        let manifest = unpack::parse(&wanted.digest, &document)?;
        let blobs = repository.blobs(&manifest)?;
        bytes(&manifest, document.len())?;
        let total = blobs.iter().map(|blob| blob.size).sum();
        let transfer = Transfer::new(&self.client, self.listener.as_ref(), total);
        let upload = Upload {
            repository,
            disk,
            transfer: &transfer,
            chunk: self.chunk,
        };
        transfer.each(&blobs, self.parallel, |blob| {
            let elsewhere = self.known_at(&blob.digest);
            upload.send(blob, elsewhere.as_deref())?;
            self.remember(&blob.digest, &repository.path);
            Ok(())
        })?;
        repository.put_manifest(&tag::of(&wanted.version)?, &document)?;
        Ok(transfer.sum())
    }
}

/// Another version that equals this one, build metadata aside.
fn equal(repository: &Repository<'_>, version: &Version) -> Result<Option<Version>> {
    let tags = repository.tags()?.unwrap_or_default();
    let mut versions = tags.iter().filter_map(|tag| tag::version(tag));
    Ok(versions.find(|one| one != version && one.cmp_precedence(version) == Ordering::Equal))
}
