//! From a remote into a store: blobs first, then one change of the index, as in a publish.
//!
//! Whatever fails before that change leaves the store as it was, save for blobs that nothing
//! refers to and the parts of blobs that the next pull goes on with.
//!
//! The trap: somebody may clean up between the last blob and the change. Under the lock the blobs
//! are asked for again, and fetched again where they are gone.

use semver::Version;

use super::Remote;
use super::download::Download;
use super::find::{Found, bytes};
use super::repository::Repository;
use super::transfer::Transfer;
use crate::model::{Digest, ModelName, Selector};
use crate::registry::change::{self, Candidate};
use crate::registry::entry::Published;
use crate::registry::{Registry, unpack};
use crate::{Error, ErrorKind, Result, observe};

/// How often what somebody cleaned up is fetched again.
const ROUNDS: u32 = 3;

/// What came of a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pulled {
    /// The model's name.
    pub name: ModelName,
    /// The version that now is here.
    pub version: Version,
    /// Its address, here as there.
    pub digest: Digest,
    /// False when the store had it already.
    pub created: bool,
    /// How many blobs were fetched; the others were here.
    pub blobs: usize,
    /// How many bytes of blobs were fetched.
    pub bytes: u64,
}

impl Remote {
    /// Fetches the version that `selector` picks on the remote into `registry`. What is here is
    /// not fetched again, unless it is damaged; pulling the same version again changes nothing.
    ///
    /// # Errors
    /// `NotFound`, with the versions that are there; `AlreadyExists` when `registry` has another
    /// package under that version; `Corrupt` naming what came damaged; `InvalidPackage` when it is
    /// no package, or larger than the limit; `AccessDenied`; `RemoteUnavailable` when it cannot be reached; `Cancelled`.
    pub fn pull(
        &self,
        registry: &Registry,
        name: &ModelName,
        selector: &Selector,
    ) -> Result<Pulled> {
        let repository = self.repository(name, false)?;
        let found = repository.find(name, selector)?;
        let size = bytes(&found.manifest, found.bytes.len())?;
        if size > self.limit {
            return Err(self.too_large(size));
        }
        let candidate = Candidate {
            name,
            version: &found.version,
            digest: found.digest,
            size: found.bytes.len() as u64,
            bytes: size,
            signature: None,
        };
        change::begin(&registry.disk, &candidate)?;
        let (mut blobs, mut bytes) = (0, 0);
        for round in 1.. {
            let sum = self.fetch(registry, &repository, &found)?;
            (blobs, bytes) = (blobs + sum.0, bytes + sum.1);
            match self.list(registry, &found, &candidate) {
                Err(error) if error.kind() == ErrorKind::Conflict && round < ROUNDS => {}
                Err(error) => return Err(error),
                Ok(published) => return Ok(self.pulled(published, blobs, bytes)),
            }
        }
        Err(gone(&found.digest))
    }

    fn fetch(
        &self,
        registry: &Registry,
        repository: &Repository<'_>,
        found: &Found,
    ) -> Result<(usize, u64)> {
        let blobs = repository.blobs(&found.manifest)?;
        let total = blobs.iter().map(|blob| blob.size).sum();
        let transfer = Transfer::new(&self.client, self.listener.as_ref(), total);
        let download = Download {
            repository,
            disk: &registry.disk,
            transfer: &transfer,
            now: registry.clock.calendar(),
        };
        transfer.each(&blobs, self.parallel, |blob| {
            download.fetch(blob)?;
            self.remember(&blob.digest, &repository.path);
            Ok(())
        })?;
        Ok(transfer.sum())
    }

    /// What came must be a package before it is listed.
    fn list(
        &self,
        registry: &Registry,
        found: &Found,
        candidate: &Candidate<'_>,
    ) -> Result<Published> {
        let disk = &registry.disk;
        disk.put_blob(&found.digest, &found.bytes)?;
        unpack::check(disk, &found.digest).map_err(|error| match is_gone(&error) {
            true => gone(&found.digest).because(error),
            false => error.with("registry", &self.client.host),
        })?;
        change::adopt(disk, &*registry.clock, candidate, || {
            let blobs = found.manifest.layers.iter().chain([&found.manifest.config]);
            let mut digests = blobs.map(|blob| &blob.digest).chain([&found.digest]);
            match digests.find(|digest| !disk.has_blob(digest)) {
                Some(digest) => Err(gone(digest)),
                None => Ok(()),
            }
        })
    }

    fn too_large(&self, size: u64) -> Error {
        let message = format!("the package has `{size}` bytes");
        Error::new(ErrorKind::InvalidPackage, message)
            .with("registry", &self.client.host)
            .with("limit", self.limit)
            .advise("set a higher limit for this remote if it may be as large; nothing was fetched")
    }

    fn pulled(&self, published: Published, blobs: usize, bytes: u64) -> Pulled {
        observe::pulled(
            published.name.as_str(),
            &published.version.to_string(),
            &self.client.host,
            bytes,
        );
        Pulled {
            name: published.name,
            version: published.version,
            digest: published.digest,
            created: published.created,
            blobs,
            bytes,
        }
    }
}

/// Whether a blob was not there, as opposed to damaged.
fn is_gone(error: &Error) -> bool {
    let source = std::error::Error::source(error);
    let cause = source.and_then(|source| source.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::NotFound)
}

fn gone(digest: &Digest) -> Error {
    let message = format!("somebody removed `{digest}`, or a part of it, while it was pulled");
    Error::new(ErrorKind::Conflict, message).advise("pull again")
}
