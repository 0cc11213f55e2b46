//! What a clean-up asks of the files of a store: what lies there, since when, and its removal.
//!
//! The trap: a listing is old as soon as it is made. A file in it may have been renamed to its place
//! or removed since, and neither is an error.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::disk::{BLOBS, Disk, INDEX, LAYOUT, TEMPORARY, refused};
use super::files::Facts;
use crate::Result;
use crate::model::Digest;

const VIEWS: &str = "models";

/// A file that was found, by its name.
#[derive(Debug)]
pub(super) struct Found<N = Digest> {
    pub(super) name: N,
    pub(super) bytes: u64,
    pub(super) modified: SystemTime,
}

impl Disk {
    /// Every blob there is. Files of other names are not ours and left out.
    pub(super) fn blobs(&self) -> Result<Vec<Found>> {
        let named = |name: &OsStr| format!("sha256:{}", name.to_str()?).parse().ok();
        self.found(&self.root().join(BLOBS), named)
    }

    pub(super) fn remove_blob(&self, digest: &Digest) -> Result<()> {
        self.remove(&self.blob_path(digest))
    }

    /// What lies in `temporary/`: files on their way, and what a crash left.
    pub(super) fn temporaries(&self) -> Result<Vec<Found<OsString>>> {
        self.found(&self.root().join(TEMPORARY), |name| Some(name.to_owned()))
    }

    /// Removes a file from `temporary/`, unless somebody is writing it; says whether it did.
    pub(super) fn remove_temporary(&self, name: &OsStr) -> Result<bool> {
        let path = self.root().join(TEMPORARY).join(name);
        match self.files().reclaim(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
            reclaimed => reclaimed.map_err(|cause| refused("remove", &path, cause)),
        }
    }

    /// The models for which a layout for other tools lies here.
    pub(super) fn views(&self) -> Result<Vec<OsString>> {
        self.list(&self.root().join(VIEWS))
    }

    /// Removes the layout that other tools have of one model, where nothing else lies in it.
    pub(super) fn remove_view(&self, model: &OsStr) -> Result<()> {
        let folder = self.root().join(VIEWS).join(model);
        if !matches!(self.files().facts(&folder), Ok(Facts::Folder)) {
            return Ok(());
        }
        for name in [INDEX, LAYOUT, "blobs"] {
            self.remove(&folder.join(name))?;
        }
        let removed = self.files().remove_folder(&folder);
        removed.map_err(|cause| refused("remove", &folder, cause))
    }

    /// Says that the blob is needed as of `at`, so that a clean-up with a grace period leaves it.
    /// Where the system does not let us, that is no fault: what is needed is looked at again
    /// under the lock.
    pub(super) fn refresh(&self, digest: &Digest, at: SystemTime) {
        let path = self.blob_path(digest);
        if matches!(self.files().facts(&path), Ok(Facts::File(_))) {
            let _refreshed = self.files().touch(&path, at);
        }
    }

    /// The regular files of a folder whose names mean something; none where there is no folder.
    fn found<N>(
        &self,
        folder: &Path,
        named: impl Fn(&OsStr) -> Option<N>,
    ) -> Result<Vec<Found<N>>> {
        let names = self.list(folder)?.into_iter();
        let found = names.filter_map(|name| {
            let path = folder.join(&name);
            let Ok(Facts::File(bytes)) = self.files().facts(&path) else {
                return None;
            };
            Some(Found {
                name: named(&name)?,
                bytes,
                modified: self.files().modified(&path).ok()?,
            })
        });
        Ok(found.collect())
    }

    /// Removes a file or link that may be gone already.
    fn remove(&self, path: &Path) -> Result<()> {
        match self.files().remove(path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(refused("remove", path, cause))
            }
            _ => Ok(()),
        }
    }
}
