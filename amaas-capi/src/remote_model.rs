//! What a remote has of a model.

use std::ffi::c_char;

use amaas_core::registry::remote::RemoteModel;

use crate::boundary::{free, read};
use crate::text::{Text, view};

/// The versions and aliases of a model on a remote, as they were when it was asked.
///
/// Made by `amaas_remote_list`, owned by its caller, ended with `amaas_remote_model_free`. It
/// never changes: any number of threads may read it. Everything it answers with is valid until it
/// is freed. Versions and aliases are counted from 0.
#[derive(Debug)]
pub struct amaas_remote_model {
    versions: Vec<Text>,
    aliases: Vec<Text>,
}

impl amaas_remote_model {
    /// A listing as C reads it.
    pub(crate) fn new(model: &RemoteModel) -> Self {
        let versions = model.versions.iter().map(ToString::to_string);
        let aliases = model.aliases.iter().map(ToString::to_string);
        Self {
            versions: versions.map(Text::new).collect(),
            aliases: aliases.map(Text::new).collect(),
        }
    }
}

/// How many versions there are; 0 for NULL.
///
/// # Safety
/// `model` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_model_version_count(
    model: *const amaas_remote_model,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(model, 0, |model| Some(model.versions.len())) }
}

/// A version, as `1.2.0`, the lowest first; NULL where there is none and for NULL.
///
/// # Safety
/// `model` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_model_version(
    model: *const amaas_remote_model,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(model, |model| model.versions.get(index)) }
}

/// How many aliases there are; 0 for NULL.
///
/// # Safety
/// `model` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_model_alias_count(model: *const amaas_remote_model) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(model, 0, |model| Some(model.aliases.len())) }
}

/// An alias, by name; NULL where there is none and for NULL. Where it points says
/// `amaas_remote_resolve`.
///
/// # Safety
/// `model` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_model_alias(
    model: *const amaas_remote_model,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(model, |model| model.aliases.get(index)) }
}

/// Ends a listing, with all it answered with; NULL is allowed.
///
/// # Safety
/// `model` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_model_free(model: *mut amaas_remote_model) {
    // SAFETY: the caller's promise.
    unsafe { free(model) };
}
