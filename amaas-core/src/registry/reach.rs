//! What a store needs: from the list of models down to every blob of every version.
//!
//! Cleaning up, checking, counting and exporting all ask the same question, so it is answered
//! once, here.
//!
//! The trap: what cannot be read hides what it refers to. Whoever removes blobs must stop there;
//! whoever looks for damage must go on.

use std::collections::BTreeSet;
use std::time::SystemTime;

use serde_json::Value;

use super::change;
use super::disk::Disk;
use super::index::Stored;
use super::oci;
use super::top::Top;
use super::unpack::{self, Blobs};
use crate::model::Digest;
use crate::{Error, ErrorKind, Result};

/// What other tools call documents that refer to further blobs.
const DOCUMENTS: [&str; 4] = [
    oci::MANIFEST,
    oci::INDEX,
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

/// A blob that a version needs, and how long it is, where that is known.
pub(super) type Need = (Digest, Option<u64>);

/// Every blob of a version: its manifest, config, layers and signature. Fails where the manifest
/// cannot be read.
pub(super) fn blobs(blobs: &dyn Blobs, stored: &Stored) -> Result<Vec<Need>> {
    let manifest = unpack::manifest(blobs, &stored.digest, Some(stored.size))?;
    Ok(roots(stored).chain(parts(&manifest)).collect())
}

/// What a version's manifest names: its config and its layers.
pub(super) fn parts(manifest: &oci::Manifest) -> impl Iterator<Item = Need> {
    let parts = [&manifest.config].into_iter().chain(&manifest.layers);
    parts.map(|part| (part.digest, Some(part.size)))
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

/// Every blob that the list refers to, at any depth. Fails where a document that may refer to
/// more cannot be read.
pub(super) fn everything(disk: &Disk, top: &Top) -> Result<BTreeSet<Digest>> {
    let mut needed = BTreeSet::new();
    for (name, entry) in top.models() {
        needed.insert(entry.digest);
        for stored in change::load(disk, top, name)?.versions.values() {
            needed.extend(blobs(disk, stored)?.into_iter().map(|(digest, _)| digest));
        }
    }
    let mut documents = Vec::new();
    for entry in top.others() {
        take(&mut needed, &mut documents, entry.digest, &entry.media_type);
    }
    while let Some(digest) = documents.pop() {
        if let Some(document) = foreign(disk, &digest)? {
            walk(&document, &mut |digest, media_type| {
                take(&mut needed, &mut documents, digest, media_type);
            });
        }
    }
    Ok(needed)
}

fn take(
    needed: &mut BTreeSet<Digest>,
    documents: &mut Vec<Digest>,
    digest: Digest,
    media_type: &str,
) {
    if needed.insert(digest) && DOCUMENTS.contains(&media_type) {
        documents.push(digest);
    }
}

/// A document of another tool; `None` where it is not here, which OCI allows.
fn foreign(disk: &Disk, digest: &Digest) -> Result<Option<Value>> {
    if !disk.has_blob(digest) {
        return Ok(None);
    }
    let bytes = disk.blob(digest, None, oci::MAX_DOCUMENT)?;
    oci::read(&bytes, &format!("the document `{digest}`")).map(Some)
}

/// Tells of every descriptor in a document, wherever it stands.
fn walk(document: &Value, tell: &mut impl FnMut(Digest, &str)) {
    match document {
        Value::Array(items) => items.iter().for_each(|item| walk(item, tell)),
        Value::Object(fields) => {
            let digest = fields.get("digest").and_then(Value::as_str);
            if let Some(digest) = digest.and_then(|text| text.parse().ok()) {
                let media_type = fields.get("mediaType").and_then(Value::as_str);
                tell(digest, media_type.unwrap_or_default());
            }
            fields.values().for_each(|field| walk(field, tell));
        }
        _ => {}
    }
}

/// The error of whoever needs to know everything and cannot. What the system refuses says nothing
/// of what is stored.
pub(super) fn unknown(cause: Error) -> Error {
    if cause.kind() == ErrorKind::Io {
        return cause;
    }
    Error::new(
        ErrorKind::Corrupt,
        "what the store needs cannot be told, so nothing was removed",
    )
    .because(cause)
    .advise("run `verify`; publish what is damaged again, or delete it, and clean up then")
}
