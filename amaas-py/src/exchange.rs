//! What went out of a registry as one file or folder, and what came in.

use std::path::PathBuf;

use amaas_core::registry;
use pyo3::prelude::*;

use crate::record::record;
use crate::records::Published;

record! {
    /// What ``export`` wrote.
    ExportedArchive {
        /// How many versions.
        versions: u64,
        /// How many blobs, documents included.
        blobs: u64,
        /// How many bytes these have.
        bytes: u64,
    }
}

record! {
    /// What ``import_archive`` brought.
    ImportedArchive {
        /// Every version of the archive, those that were there already included.
        versions: Vec<Published>,
        /// Every alias of the archive.
        aliases: Vec<ImportedAlias>,
    }
}

record! {
    /// What became of an alias of an archive.
    ImportedAlias {
        /// The model's name.
        name: String,
        /// The alias.
        alias: String,
        /// Whether it was taken over. An alias that is known here stays as it is.
        created: bool,
    }
}

record! {
    /// A version as a Triton server finds it.
    Exported {
        /// The model's folder in the repository, a ``Path``.
        folder: PathBuf,
        /// The number of the version there: the major version, at least 1.
        number: u64,
        /// What was carried over, and what could not be.
        notes: Vec<String>,
    }
}

record! {
    /// A package that was made of another tool's model.
    Imported {
        /// The model's name.
        name: String,
        /// The version, as ``"1.0.0"``.
        version: String,
        /// The address of its content, as ``"sha256:…"``.
        digest: String,
        /// What it was made of, as ``"hugging-face"``.
        format: &'static str,
        /// Whether it is new to the registry; ``None`` when nothing was published.
        created: Option<bool>,
        /// What was carried over, guessed or left: a sentence each.
        notes: Vec<String>,
    }
}

impl Imported {
    /// A package that was published, or was not.
    pub(crate) fn of(imported: registry::Imported, created: Option<bool>) -> Self {
        let info = imported.package.manifest.package;
        Self {
            name: info.name.into(),
            version: info.version.to_string(),
            digest: imported.package.digest.into(),
            format: imported.format.name(),
            created,
            notes: imported.notes,
        }
    }
}

impl From<registry::Exported> for Exported {
    fn from(exported: registry::Exported) -> Self {
        Self {
            folder: exported.folder,
            number: exported.version,
            notes: exported.notes,
        }
    }
}

impl From<registry::ExportedArchive> for ExportedArchive {
    fn from(exported: registry::ExportedArchive) -> Self {
        let registry::ExportedArchive {
            versions,
            blobs,
            bytes,
        } = exported;
        Self {
            versions,
            blobs,
            bytes,
        }
    }
}

impl From<registry::ImportedArchive> for ImportedArchive {
    fn from(imported: registry::ImportedArchive) -> Self {
        let alias = |one: registry::ImportedAlias| ImportedAlias {
            name: one.name.into(),
            alias: one.alias.into(),
            created: one.created,
        };
        let versions = imported.versions.into_iter();
        Self {
            versions: versions.map(Published::from).collect(),
            aliases: imported.aliases.into_iter().map(alias).collect(),
        }
    }
}
