//! A folder that no path leads out of, for reading what somebody downloaded.
//!
//! The trap: a link is followed, so that caches of links can be read, but only while what it leads
//! to lies within the wall: the folder itself, or the cache around it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::refused;
use super::files::SystemFiles;
use super::read::{Refusal, read_regular};
use crate::model::PackagePath;
use crate::{Error, ErrorKind, Result};

/// More names than this are no model's folder.
const MAX_ENTRIES: usize = 100_000;

/// A folder, and the folder that nothing read through it may lie outside of.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
    wall: PathBuf,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let root = canonical(path)?;
        let wall = root.clone();
        Ok(Self { root, wall })
    }

    /// `path` may have links to wherever lies within `wall`.
    pub(super) fn open_within(path: &Path, wall: &Path) -> Result<Self> {
        let (root, wall) = (canonical(path)?, canonical(wall)?);
        if root.starts_with(&wall) {
            return Ok(Self { root, wall });
        }
        Err(leads_out(path, &root))
    }

    pub(super) fn path(&self) -> &Path {
        &self.root
    }

    /// Whether links may lead out of this folder, into the cache around it.
    pub(super) fn is_walled(&self) -> bool {
        self.root != self.wall
    }

    /// The bytes of a regular file, of which there may be `limit` at most.
    ///
    /// # Errors
    /// `InvalidPackage` when it is missing, no regular file, too large, or outside the wall.
    pub(super) fn read(&self, path: &PackagePath, limit: u64) -> Result<Vec<u8>> {
        let file = self.resolve(path)?.ok_or_else(|| {
            let named = self.root.join(path.as_str());
            invalid(format!("the file `{}` is missing", named.display())).advise(
                "add it, or correct what names it: `amaas.toml` or the graph's external data",
            )
        })?;
        read(&file, &self.root.join(path.as_str()), limit)
    }

    /// As [`Folder::read`]; `None` where nothing is.
    pub(super) fn read_if_there(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let path: PackagePath = path.parse()?;
        let found = self.resolve(&path)?;
        found.map(|_| self.read(&path, limit)).transpose()
    }

    /// Whether a file or folder of this name is there.
    pub(super) fn has(&self, path: &str) -> Result<bool> {
        Ok(self.resolve(&path.parse()?)?.is_some())
    }

    /// The folder of this name in here; `None` where there is no folder.
    pub(super) fn folder(&self, path: &str) -> Result<Option<Self>> {
        let found = self.resolve(&path.parse()?)?.filter(|path| path.is_dir());
        let wall = self.wall.clone();
        Ok(found.map(|root| Self { root, wall }))
    }

    /// The names in here that can stand in a package, sorted; names no package can have are left
    /// out.
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let cannot = |cause| refused("read", &self.root, cause);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(cannot)? {
            let name = entry.map_err(cannot)?.file_name();
            names.extend(
                name.into_string()
                    .ok()
                    .filter(|name| name.parse::<PackagePath>().is_ok()),
            );
            if names.len() > MAX_ENTRIES {
                let message = format!("`{}` has too many entries", self.root.display());
                return Err(invalid(message)
                    .with("limit", MAX_ENTRIES)
                    .advise("name the folder of one model"));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Where `path` really lies; `None` where nothing is.
    fn resolve(&self, path: &PackagePath) -> Result<Option<PathBuf>> {
        let named = self.root.join(path.as_str());
        match named.canonicalize() {
            Ok(file) if file.starts_with(&self.wall) => Ok(Some(file)),
            Ok(file) => Err(leads_out(&named, &file)),
            Err(cause) if is_absent(&cause) => match fs::symlink_metadata(&named) {
                Ok(_) => Err(invalid(format!(
                    "the file `{}` is missing: its link leads nowhere",
                    named.display()
                ))
                .because(cause)
                .advise("download it again, whole")),
                Err(_) => Ok(None),
            },
            Err(cause) => Err(refused("read", &named, cause)),
        }
    }
}

fn is_absent(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn canonical(path: &Path) -> Result<PathBuf> {
    path.canonicalize()
        .map_err(|cause| refused("read", path, cause))
}

fn leads_out(named: &Path, to: &Path) -> Error {
    invalid(format!("`{}` leads out of its folder", named.display()))
        .with("to", to.display())
        .advise("copy the file into the folder")
}

/// Reads `file`, which errors call `named`.
pub(super) fn read(file: &Path, named: &Path, limit: u64) -> Result<Vec<u8>> {
    let named = named.display();
    read_regular(&SystemFiles, file, limit).map_err(|refusal| match refusal {
        Refusal::NotRegular => invalid(format!("`{named}` is no regular file"))
            .advise("a package has plain files only; copy the content into one"),
        Refusal::TooLarge(found) | Refusal::Length(found) => {
            invalid(format!("`{named}` has `{found}` bytes"))
                .with("limit", limit)
                .advise("store large weights as external data")
        }
        Refusal::System(cause) => refused("read", file, cause),
    })
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidPackage, message)
}
