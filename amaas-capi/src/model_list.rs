//! What is in the registry.

use std::ffi::c_char;

use amaas_core::registry::{AliasEntry, ModelEntry, VersionEntry, Yanked};

use crate::boundary::{free, read};
use crate::text::{Text, view};
use crate::time::seconds;

/// The models of a registry with their versions and aliases, as they were when it was asked.
///
/// Made by `amaas_service_models` and `amaas_service_model`, owned by its caller, ended with
/// `amaas_model_list_free`. It never changes: any number of threads may read it. Everything it
/// answers with is valid until
/// it is freed. Models, versions and aliases are counted from 0.
#[derive(Debug)]
pub struct amaas_model_list(Vec<Model>);

#[derive(Debug)]
struct Model {
    name: Text,
    versions: Vec<Version>,
    aliases: Vec<Alias>,
}

#[derive(Debug)]
struct Version {
    version: Text,
    digest: Text,
    bytes: u64,
    published: i64,
    yanked: Option<(i64, Option<Text>)>,
}

#[derive(Debug)]
struct Alias {
    alias: Text,
    version: Text,
}

impl amaas_model_list {
    /// A listing as C reads it.
    pub(crate) fn new(models: &[ModelEntry]) -> Self {
        let model = |model: &ModelEntry| Model {
            name: Text::new(model.name.as_str()),
            versions: model.versions.iter().map(Version::new).collect(),
            aliases: model.aliases.iter().map(Alias::new).collect(),
        };
        Self(models.iter().map(model).collect())
    }

    fn model(&self, model: usize) -> Option<&Model> {
        self.0.get(model)
    }

    fn version(&self, model: usize, version: usize) -> Option<&Version> {
        self.model(model)?.versions.get(version)
    }
}

impl Version {
    fn new(entry: &VersionEntry) -> Self {
        let yanked = |yanked: &Yanked| (seconds(yanked.at), yanked.reason.clone().map(Text::new));
        Self {
            version: Text::new(entry.version.to_string()),
            digest: Text::new(entry.digest.to_string()),
            bytes: entry.bytes,
            published: seconds(entry.published),
            yanked: entry.yanked.as_ref().map(yanked),
        }
    }
}

impl Alias {
    fn new(entry: &AliasEntry) -> Self {
        Self {
            alias: Text::new(entry.alias.as_str()),
            version: Text::new(entry.version.to_string()),
        }
    }
}

/// How many models there are; 0 for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_count(list: *const amaas_model_list) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(list, 0, |list| Some(list.0.len())) }
}

/// The name of a model; NULL where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_name(
    list: *const amaas_model_list,
    model: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, std::ptr::null(), |list| {
            Some(list.model(model)?.name.as_ptr())
        })
    }
}

/// How many versions a model has; 0 where there is no such model and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_version_count(
    list: *const amaas_model_list,
    model: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(list, 0, |list| Some(list.model(model)?.versions.len())) }
}

/// A version of a model, as `1.2.0`; NULL where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_version(
    list: *const amaas_model_list,
    model: usize,
    version: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, std::ptr::null(), |list| {
            Some(list.model(model)?.versions.get(version)?.version.as_ptr())
        })
    }
}

/// The digest of a version, as `sha256:…`; NULL where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_version_digest(
    list: *const amaas_model_list,
    model: usize,
    version: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, std::ptr::null(), |list| {
            Some(list.model(model)?.versions.get(version)?.digest.as_ptr())
        })
    }
}

/// How many bytes a version takes; 0 where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_version_bytes(
    list: *const amaas_model_list,
    model: usize,
    version: usize,
) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, 0, |list| {
            Some(list.model(model)?.versions.get(version)?.bytes)
        })
    }
}

/// When a version was published, in seconds since 1970-01-01 UTC; 0 where there is none and for
/// NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_version_published(
    list: *const amaas_model_list,
    model: usize,
    version: usize,
) -> i64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, 0, |list| {
            Some(list.model(model)?.versions.get(version)?.published)
        })
    }
}

/// Whether a version was withdrawn, so that no range picks it; false where there is none and for
/// NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_version_is_yanked(
    list: *const amaas_model_list,
    model: usize,
    version: usize,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, false, |list| {
            Some(list.version(model, version)?.yanked.is_some())
        })
    }
}

/// When a version was withdrawn, in seconds since 1970-01-01 UTC; 0 for one that was not, where
/// there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_version_yanked(
    list: *const amaas_model_list,
    model: usize,
    version: usize,
) -> i64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, 0, |list| {
            Some(list.version(model, version)?.yanked.as_ref()?.0)
        })
    }
}

/// Why a version was withdrawn; NULL where nobody said so, for one that was not, where there is
/// none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_version_yank_reason(
    list: *const amaas_model_list,
    model: usize,
    version: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(list, |list| {
            list.version(model, version)?.yanked.as_ref()?.1.as_ref()
        })
    }
}

/// How many aliases a model has; 0 where there is no such model and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_alias_count(
    list: *const amaas_model_list,
    model: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(list, 0, |list| Some(list.model(model)?.aliases.len())) }
}

/// An alias of a model; NULL where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_alias(
    list: *const amaas_model_list,
    model: usize,
    alias: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, std::ptr::null(), |list| {
            Some(list.model(model)?.aliases.get(alias)?.alias.as_ptr())
        })
    }
}

/// The version that an alias points at; NULL where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_alias_version(
    list: *const amaas_model_list,
    model: usize,
    alias: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, std::ptr::null(), |list| {
            Some(list.model(model)?.aliases.get(alias)?.version.as_ptr())
        })
    }
}

/// Ends a listing, with all it answered with; NULL is allowed.
///
/// # Safety
/// `list` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_model_list_free(list: *mut amaas_model_list) {
    // SAFETY: the caller's promise.
    unsafe { free(list) };
}
