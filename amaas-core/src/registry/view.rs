//! For other OCI tools: a small layout per model, in which each version and alias is a tag.
//!
//! `skopeo` and its like select a manifest by `org.opencontainers.image.ref.name` in the topmost
//! index only. Listing every version there would make each publish rewrite the whole list, so the
//! versions of a model have a layout of their own that shares the blobs:
//!
//! ```text
//! skopeo inspect --raw oci:models/models/sentiment:1.2.0
//! skopeo copy oci:models/models/sentiment:champion docker://…
//! ```
//!
//! The trap: this is derived, written after the commit and never read by amaas. A crash may leave
//! it one step behind, which the next change of the model, or publishing again, puts right.

use std::fs;
use std::path::Path;

use super::disk::{Disk, refused};
use super::index::ModelIndex;
use super::oci::{self, Index, Layout};
use super::read::read_regular;
use crate::Result;

/// Writes the layout of `model` where it is not up to date, and removes that of a model without
/// versions. The change itself has been made by
/// then, so a failure is told to the log and not to the caller.
pub(super) fn refresh(disk: &Disk, model: &ModelIndex) {
    let done = match model.versions.is_empty() {
        true => disk.remove_view(model.name.as_str()),
        false => write(disk, model),
    };
    if let Err(error) = done {
        tracing::warn!(model = %model.name, cause = %error.report(), "layout for other tools not written");
    }
}

fn write(disk: &Disk, model: &ModelIndex) -> Result<()> {
    let models = disk.root().join("models");
    let folder = models.join(model.name.as_str());
    make(&models)?;
    make(&folder)?;
    share_blobs(&folder);
    let layout = oci::write(&Layout::default(), oci::MAX_DOCUMENT)?;
    replace(disk, &folder.join("oci-layout"), &layout)?;
    replace(
        disk,
        &folder.join("index.json"),
        &oci::write(&index(model), oci::MAX_TOP)?,
    )
}

fn index(model: &ModelIndex) -> Index {
    let mut index = Index::new(oci::VERSIONS);
    index.manifests = model
        .tags()
        .map(|(tag, stored)| model.descriptor(stored).annotated(oci::REF_NAME, &tag))
        .collect();
    index
}

/// A link in place of a folder would have files written elsewhere, so it is none.
fn make(folder: &Path) -> Result<()> {
    if folder.symlink_metadata().is_ok_and(|facts| facts.is_dir()) {
        return Ok(());
    }
    fs::create_dir(folder).map_err(|cause| refused("create", folder, cause))
}

fn replace(disk: &Disk, path: &Path, bytes: &[u8]) -> Result<()> {
    match read_regular(path, bytes.len() as u64) {
        Ok(present) if present == bytes => Ok(()),
        _ => disk.put(path, bytes),
    }
}

/// Where links need no privilege. Elsewhere the tools are given `--src-shared-blob-dir`.
fn share_blobs(folder: &Path) {
    #[cfg(unix)]
    let _present = std::os::unix::fs::symlink("../../blobs", folder.join("blobs"));
    #[cfg(not(unix))]
    let _unused = folder;
}
