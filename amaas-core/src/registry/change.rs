//! Changing a registry: one change of one model at a time, under the lock.
//!
//! Read what is there, change it in memory, write the new index of the model as a blob, replace
//! `index.json`. Whatever fails before the replacement leaves the store as it was, save for blobs
//! that nothing refers to.
//!
//! What is there may have been left by somebody who was cut off between the replacement and its
//! flush. So it is settled before blobs are laid beside it, and before a caller is told that there
//! is nothing to change.
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
use crate::{Error, ErrorKind, Result, work};

/// Reads from one state of the list, without the lock. What fails because the list moved on
/// meanwhile, and what it listed before was cleaned up, is read from the newer state instead.
pub(super) fn read<T>(disk: &Disk, read: impl Fn(&Top) -> Result<T>) -> Result<T> {
    let mut list = disk.list_of_models()?;
    loop {
        let answer = read(&list.top);
        if answer.is_ok() || disk.is_current(&list) {
            return answer;
        }
        let now = disk.list_of_models()?;
        if now.is_as(&list) {
            return answer;
        }
        list = now;
    }
}

/// Changes the model `name` by `edit`, which may refuse. A model that is left without versions is
/// taken off the list.
pub(super) fn change<T>(
    disk: &Disk,
    clock: &dyn Clock,
    name: &ModelName,
    edit: impl FnOnce(&mut ModelIndex) -> Result<T>,
) -> Result<T> {
    let _held = disk.lock()?;
    let mut top = Top::parse(&disk.index()?)?;
    let before = load(disk, &top, name)?;
    let mut after = before.clone();
    let answer = edit(&mut after)?;
    if after == before {
        disk.settle()?;
    } else {
        if let Some(entry) = top.get(name) {
            disk.refresh(&entry.digest, clock.calendar());
        }
        list(disk, &mut top, &after)?;
        disk.commit(&top.to_bytes()?)?;
    }
    view::refresh(disk, &after);
    Ok(answer)
}

/// Puts the model's index among the blobs and on the list.
pub(super) fn list(disk: &Disk, top: &mut Top, model: &ModelIndex) -> Result<()> {
    if model.versions.is_empty() {
        top.remove(&model.name);
        return Ok(());
    }
    let bytes = model.to_bytes()?;
    disk.put_blob(&Digest::of(&bytes), &bytes)?;
    top.put(&model.name, &bytes);
    Ok(())
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
    /// Of its signature, where that is known.
    pub(super) signature: Option<Digest>,
}

/// Stores a package and lists it.
pub(super) fn publish(
    disk: &Disk,
    clock: &dyn Clock,
    package: &Package,
    packed: &Packed,
    signature: Option<&[u8]>,
) -> Result<Published> {
    let signature = signature.map(|bytes| (Digest::of(bytes), bytes));
    let blobs: Vec<_> = packed
        .blobs()
        .chain(signature.iter().map(|(digest, bytes)| (digest, *bytes)))
        .collect();
    let candidate = Candidate {
        name: &package.manifest.package.name,
        version: &package.manifest.package.version,
        digest: packed.digest,
        size: packed.manifest.len() as u64,
        bytes: packed.bytes(),
        signature: signature.map(|(digest, _)| digest),
    };
    begin(disk, &candidate)?;
    write_blobs(disk, clock, &blobs)?;
    adopt(disk, clock, &candidate, || {
        if blobs.iter().all(|(digest, _)| disk.has_blob(digest)) {
            return Ok(());
        }
        write_blobs(disk, clock, &blobs)
    })
}

/// Refuses a version whose place another one has, before anything is written.
pub(super) fn begin(disk: &Disk, candidate: &Candidate<'_>) -> Result<()> {
    read(disk, |top| {
        let present = disk.model(top, candidate.name)?;
        is_there(&present.index, candidate.version, &candidate.digest)
    })?;
    disk.settle()
}

/// Lists a version whose blobs were written; `complete` sees to it, under the lock, that they
/// still are there.
pub(super) fn adopt(
    disk: &Disk,
    clock: &dyn Clock,
    candidate: &Candidate<'_>,
    complete: impl FnOnce() -> Result<()>,
) -> Result<Published> {
    let created = change(disk, clock, candidate.name, |model| {
        complete()?;
        if is_there(model, candidate.version, &candidate.digest)? {
            describe(model, candidate.version, candidate.signature);
            return Ok(false);
        }
        let stored = Stored {
            digest: candidate.digest,
            size: candidate.size,
            published: clock.calendar(),
            bytes: candidate.bytes,
            yanked: None,
            signature: candidate.signature,
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

/// Those that are there already are refreshed first, so that they are not cleaned up meanwhile.
fn write_blobs(disk: &Disk, clock: &dyn Clock, blobs: &[(&Digest, &[u8])]) -> Result<()> {
    let sizes = blobs.iter().map(|(_, bytes)| bytes.len() as u64);
    let (mut done, all) = (0, sizes.sum());
    for (digest, bytes) in blobs {
        work::proceed(done, all)?;
        disk.refresh(digest, clock.calendar());
        disk.put_blob(digest, bytes)?;
        done += bytes.len() as u64;
    }
    work::proceed(done, all)
}

/// Gives a version that was stored without a signature the one that is known by now.
fn describe(model: &mut ModelIndex, version: &Version, signature: Option<Digest>) {
    let known = model.find(version).map(|(known, _)| known.clone());
    if let Some(stored) = known.and_then(|known| model.versions.get_mut(&known)) {
        stored.signature = stored.signature.or(signature);
    }
}

/// Whether this very package is listed; an error when another one has its version.
pub(super) fn is_there(model: &ModelIndex, version: &Version, digest: &Digest) -> Result<bool> {
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
