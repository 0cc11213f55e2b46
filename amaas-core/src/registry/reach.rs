//! What a store needs: from the list of models down to every blob of every version.
//!
//! Cleaning up, checking, counting and exporting all ask the same question, so it is answered
//! once, here.
//!
//! The trap: what cannot be read hides what it refers to. Whoever removes blobs must stop there;
//! whoever looks for damage must go on.

use std::time::SystemTime;

use super::disk::Disk;
use super::index::Stored;
use super::unpack;
use crate::Result;
use crate::model::Digest;

/// A blob that a version needs, and how long it is, where that is known.
pub(super) type Need = (Digest, Option<u64>);

/// Every blob of a version: its manifest, config, layers and signature. Fails where the manifest
/// cannot be read.
pub(super) fn blobs(disk: &Disk, stored: &Stored) -> Result<Vec<Need>> {
    let manifest = unpack::manifest(disk, &stored.digest, Some(stored.size))?;
    let config = [&manifest.config].into_iter();
    let parts = config.chain(&manifest.layers);
    let parts = parts.map(|part| (part.digest, Some(part.size)));
    Ok(roots(stored).chain(parts).collect())
}

/// What the model's index itself names of a version.
pub(super) fn roots(stored: &Stored) -> impl Iterator<Item = Need> {
    let signature = stored.signature.map(|digest| (digest, None));
    [(stored.digest, Some(stored.size))]
        .into_iter()
        .chain(signature)
}

/// Says of every blob of a version that it is needed as of `at`.
pub(super) fn refresh(disk: &Disk, stored: &Stored, at: SystemTime) {
    let needs = blobs(disk, stored).unwrap_or_else(|_| roots(stored).collect());
    needs
        .iter()
        .for_each(|(digest, _)| disk.refresh(digest, at));
}
