//! What an import brought.

use std::ffi::c_char;

use amaas_core::registry::{Imported, ImportedAlias, ImportedArchive, Published};

use crate::boundary::{free, read};
use crate::identity::Identity;
use crate::import_options::{AMAAS_FORMAT_NONE, amaas_format, format};
use crate::text::{Text, view};

/// The versions and aliases that an import brought.
///
/// Made by `amaas_service_import_archive` and `amaas_service_import_model`, owned by its caller,
/// ended with `amaas_imported_free`. It never changes: any number of threads may read it.
/// Everything it answers with is valid until it is freed. Versions, their notes, and aliases are
/// counted from 0.
#[derive(Debug)]
pub struct amaas_imported {
    versions: Vec<Version>,
    aliases: Vec<Alias>,
}

#[derive(Debug)]
struct Version {
    identity: Identity,
    created: bool,
    format: amaas_format,
    notes: Vec<Text>,
}

#[derive(Debug)]
struct Alias {
    model: Text,
    alias: Text,
    created: bool,
}

impl amaas_imported {
    /// What an archive held.
    pub(crate) fn of_archive(archive: &ImportedArchive) -> Self {
        let version = |one| Version::new(one, AMAAS_FORMAT_NONE, &[]);
        Self {
            versions: archive.versions.iter().map(version).collect(),
            aliases: archive.aliases.iter().map(Alias::new).collect(),
        }
    }

    /// What was made of another tool's models.
    pub(crate) fn of_models(models: &[(Imported, Published)]) -> Self {
        let version = |(one, published): &(Imported, _)| {
            Version::new(published, format(one.format), &one.notes)
        };
        Self {
            versions: models.iter().map(version).collect(),
            aliases: Vec::new(),
        }
    }
}

impl Version {
    fn new(published: &Published, format: amaas_format, notes: &[String]) -> Self {
        Self {
            identity: Identity::new(&published.name, &published.version, &published.digest),
            created: published.created,
            format,
            notes: notes.iter().map(Text::new).collect(),
        }
    }
}

impl Alias {
    fn new(alias: &ImportedAlias) -> Self {
        Self {
            model: Text::new(alias.name.as_str()),
            alias: Text::new(alias.alias.as_str()),
            created: alias.created,
        }
    }
}

/// How many versions came, those that were there already included; 0 for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_version_count(imported: *const amaas_imported) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(imported, 0, |imported| Some(imported.versions.len())) }
}

/// The model of a version; NULL where there is none and for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_version_model(
    imported: *const amaas_imported,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(imported, |imported| {
            Some(&imported.versions.get(index)?.identity.name)
        })
    }
}

/// A version, as `1.2.0`; NULL where there is none and for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_version(
    imported: *const amaas_imported,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(imported, |imported| {
            Some(&imported.versions.get(index)?.identity.version)
        })
    }
}

/// The digest of a version, as `sha256:…`; NULL where there is none and for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_version_digest(
    imported: *const amaas_imported,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(imported, |imported| {
            Some(&imported.versions.get(index)?.identity.digest)
        })
    }
}

/// Whether a version was new; false when the registry had it already, where there is none and for
/// NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_version_created(
    imported: *const amaas_imported,
    index: usize,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        read(imported, false, |imported| {
            Some(imported.versions.get(index)?.created)
        })
    }
}

/// What a version was made of; `AMAAS_FORMAT_NONE` for one of an archive, where there is none and
/// for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_version_format(
    imported: *const amaas_imported,
    index: usize,
) -> amaas_format {
    // SAFETY: the caller's promise.
    unsafe {
        read(imported, AMAAS_FORMAT_NONE, |imported| {
            Some(imported.versions.get(index)?.format)
        })
    }
}

/// How many notes there are on a version; 0 where there is none and for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_version_note_count(
    imported: *const amaas_imported,
    index: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(imported, 0, |imported| {
            Some(imported.versions.get(index)?.notes.len())
        })
    }
}

/// What was carried over, guessed, or could not be carried over: a sentence; NULL where there is
/// none and for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_version_note(
    imported: *const amaas_imported,
    index: usize,
    note: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(imported, |imported| {
            imported.versions.get(index)?.notes.get(note)
        })
    }
}

/// How many aliases an archive had; 0 for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_alias_count(imported: *const amaas_imported) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(imported, 0, |imported| Some(imported.aliases.len())) }
}

/// The model of an alias; NULL where there is none and for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_alias_model(
    imported: *const amaas_imported,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(imported, |imported| {
            Some(&imported.aliases.get(index)?.model)
        })
    }
}

/// An alias; NULL where there is none and for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_alias(
    imported: *const amaas_imported,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(imported, |imported| {
            Some(&imported.aliases.get(index)?.alias)
        })
    }
}

/// Whether an alias was taken over: one that is known here stays as it is; false where there is
/// none and for NULL.
///
/// # Safety
/// `imported` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_alias_created(
    imported: *const amaas_imported,
    index: usize,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        read(imported, false, |imported| {
            Some(imported.aliases.get(index)?.created)
        })
    }
}

/// Ends it, with all it answered with; NULL is allowed.
///
/// # Safety
/// `imported` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_imported_free(imported: *mut amaas_imported) {
    // SAFETY: the caller's promise.
    unsafe { free(imported) };
}
