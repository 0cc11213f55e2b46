//! What is exported into an archive.

use std::ffi::c_char;

use amaas_core::Result;
use amaas_core::registry::{ExportOptions, Pick};

use crate::arguments::{Place, flag, name, object_mut, optional_name};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Options of `amaas_service_export_archive`.
///
/// Made by `amaas_export_options_new`, owned by its caller, ended with
/// `amaas_export_options_free`. While one thread sets it no other may use it; from then on any
/// number of threads may.
#[derive(Debug)]
pub struct amaas_export_options(pub(crate) ExportOptions);

/// Applies `set` to options.
///
/// # Safety
/// `options` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    options: *mut amaas_export_options,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut amaas_export_options) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(object_mut(options, "options")?)) }
}

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_export_options_new(
    out: *mut *mut amaas_export_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_export_options(ExportOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets whether aliases that point at what is exported go along, with their history: 0 for no, any
/// other number for yes. Yes when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_export_options_set_aliases(
    options: *mut amaas_export_options,
    aliases: i32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.0.aliases = flag(aliases, "aliases")?;
            Ok(())
        })
    }
}

/// Adds a model to what is exported: the version that `selector` picks, or all where it is NULL.
/// May be called again, for others. Everything is exported when it is never called.
///
/// # Safety
/// `options` is live and used by no other thread, `model` ends in NUL, `selector` is NULL or
/// ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_export_options_add(
    options: *mut amaas_export_options,
    model: *const c_char,
    selector: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            let selector = optional_name(selector, "selector")?;
            options.0.only.push(Pick {
                name: name(model, "model")?.parse()?,
                selector: selector.map(str::parse).transpose()?,
            });
            Ok(())
        })
    }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_export_options_free(options: *mut amaas_export_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}
