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
//! it one step behind, which the next change of the model, publishing again or a clean-up puts
//! right.

use std::path::Path;

use super::disk::{Disk, refused};
use super::files::{Facts, Files};
use super::index::ModelIndex;
use super::oci::{self, Index, Layout};
use super::read::read_regular;
use crate::Result;

/// Writes the layout of `model` where it is not up to date, and removes that of a model without
/// versions. The change itself has been made by
/// then, so a failure is told to the log and not to the caller.
pub(super) fn refresh(disk: &Disk, model: &ModelIndex) {
    let done = match model.versions.is_empty() {
        true => disk.remove_view(model.name.as_str().as_ref()),
        false => write(disk, model),
    };
    if let Err(error) = done {
        tracing::warn!(model = %model.name, cause = %error.report(), "layout for other tools not written");
    }
}

fn write(disk: &Disk, model: &ModelIndex) -> Result<()> {
    let models = disk.root().join("models");
    let folder = models.join(model.name.as_str());
    make(disk.files(), &models)?;
    make(disk.files(), &folder)?;
    // Where links need a privilege, the tools are given `--src-shared-blob-dir`.
    let _present = disk
        .files()
        .link_folder(Path::new("../../blobs"), &folder.join("blobs"));
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
fn make(files: &dyn Files, folder: &Path) -> Result<()> {
    if files
        .facts(folder)
        .is_ok_and(|facts| facts == Facts::Folder)
    {
        return Ok(());
    }
    files
        .create_folder(folder)
        .map_err(|cause| refused("create", folder, cause))
}

fn replace(disk: &Disk, path: &Path, bytes: &[u8]) -> Result<()> {
    match read_regular(disk.files(), path, bytes.len() as u64) {
        Ok(present) if present == bytes => Ok(()),
        _ => disk.put(path, bytes),
    }
}
