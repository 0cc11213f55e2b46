//! Changing a registry: one change of one model at a time, under the lock.
//!
//! Read what is there, change it in memory, write the new index of the model as a blob, replace
//! `index.json`. Whatever fails before the replacement leaves the store as it was, save for blobs
//! that nothing refers to.
//!
//! The trap: blobs may be large, so they are written before the lock is taken; under the lock they
//! are only asked for again, since somebody may have cleaned up in between.

use semver::Version;

use super::disk::Disk;
use super::entry::Published;
use super::index::{ModelIndex, Stored};
use super::oci;
use super::pack::Packed;
use super::top::Top;
use super::view;
use crate::clock::Clock;
use crate::model::{Digest, ModelName, Package};
use crate::{Error, ErrorKind, Result};

/// Changes the model `name` by `edit`, which may refuse.
pub(super) fn change<T>(
    disk: &Disk,
    name: &ModelName,
    edit: impl FnOnce(&mut ModelIndex) -> Result<T>,
) -> Result<T> {
    let _held = disk.lock()?;
    let mut top = Top::parse(&disk.index()?)?;
    let before = load(disk, &top, name)?;
    let mut after = before.clone();
    let answer = edit(&mut after)?;
    if after != before {
        let bytes = after.to_bytes()?;
        disk.put_blob(&Digest::of(&bytes), &bytes)?;
        top.put(name, &bytes);
        disk.commit(&top.to_bytes()?)?;
    }
    view::refresh(disk, &after);
    Ok(answer)
}

/// The index of the model; an empty one where there is no such model.
pub(super) fn load(disk: &Disk, top: &Top, name: &ModelName) -> Result<ModelIndex> {
    match top.get(name) {
        Some(entry) => {
            let bytes = disk.blob(&entry.digest, Some(entry.size), oci::MAX_DOCUMENT)?;
            ModelIndex::parse(name, &bytes)
        }
        None => Ok(ModelIndex::new(name.clone())),
    }
}

/// A version that is to be listed.
pub(super) struct Candidate<'a> {
    pub(super) name: &'a ModelName,
    pub(super) version: &'a Version,
    pub(super) digest: Digest,
    /// Of its manifest.
    pub(super) size: u64,
    /// Of all its blobs.
    pub(super) bytes: u64,
}

/// Stores a package and lists it.
pub(super) fn publish(
    disk: &Disk,
    clock: &dyn Clock,
    package: &Package,
    packed: &Packed,
) -> Result<Published> {
    let info = &package.manifest.package;
    let candidate = Candidate {
        name: &info.name,
        version: &info.version,
        digest: packed.digest,
        size: packed.manifest.len() as u64,
        bytes: packed.bytes(),
    };
    is_listed(disk, &candidate)?;
    write_blobs(disk, packed)?;
    list(disk, clock, &candidate, || {
        if packed.blobs().all(|(digest, _)| disk.has_blob(digest)) {
            return Ok(());
        }
        write_blobs(disk, packed)
    })
}

/// Whether this very version is listed already; an error when another one has its place.
pub(super) fn is_listed(disk: &Disk, candidate: &Candidate<'_>) -> Result<bool> {
    let present = load(disk, &Top::parse(&disk.index()?)?, candidate.name)?;
    is_there(&present, candidate.version, &candidate.digest)
}

/// Lists a version whose blobs were written; `complete` sees to it, under the lock, that they
/// still are there.
pub(super) fn list(
    disk: &Disk,
    clock: &dyn Clock,
    candidate: &Candidate<'_>,
    complete: impl FnOnce() -> Result<()>,
) -> Result<Published> {
    let created = change(disk, candidate.name, |model| {
        if is_there(model, candidate.version, &candidate.digest)? {
            return Ok(false);
        }
        complete()?;
        let stored = Stored {
            digest: candidate.digest,
            size: candidate.size,
            published: clock.calendar(),
            bytes: candidate.bytes,
        };
        model.versions.insert(candidate.version.clone(), stored);
        Ok(true)
    })?;
    Ok(Published {
        name: candidate.name.clone(),
        version: candidate.version.clone(),
        digest: candidate.digest,
        created,
    })
}

fn write_blobs(disk: &Disk, packed: &Packed) -> Result<()> {
    packed
        .blobs()
        .try_for_each(|(digest, bytes)| disk.put_blob(digest, bytes))
}

/// Whether this very package is listed; an error when another one has its version.
fn is_there(model: &ModelIndex, version: &Version, digest: &Digest) -> Result<bool> {
    let Some((known, stored)) = model.find(version) else {
        return Ok(false);
    };
    if stored.digest == *digest {
        return Ok(true);
    }
    let name = &model.name;
    let message = if known == version {
        format!("`{name}@{version}` exists with other content")
    } else {
        format!("`{name}@{version}` differs from `{known}` in build metadata alone")
    };
    Err(Error::new(ErrorKind::AlreadyExists, message)
        .with("present", stored.digest)
        .with("given", digest)
        .advise("published versions never change; publish under a higher version"))
}
