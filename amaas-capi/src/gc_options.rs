//! What a clean-up may remove.

use std::time::Duration;

use amaas_core::Result;
use amaas_core::registry::GcOptions;

use crate::arguments::{Place, flag, object_mut};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Options of `amaas_service_gc`.
///
/// Made by `amaas_gc_options_new`, owned by its caller, ended with `amaas_gc_options_free`. While
/// one thread sets it no other may use it; from then on any number of threads may.
#[derive(Debug)]
pub struct amaas_gc_options(pub(crate) GcOptions);

/// Applies `set` to options.
///
/// # Safety
/// `options` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    options: *mut amaas_gc_options,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut amaas_gc_options) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(object_mut(options, "options")?)) }
}

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_options_new(
    out: *mut *mut amaas_gc_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_gc_options(GcOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets how many seconds something must have lain unneeded before it is removed; 0 for none. An
/// hour when it is not set. Whoever holds the digest of a version that was deleted since has that
/// long to load it.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_options_set_grace(
    options: *mut amaas_gc_options,
    seconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.0.grace = Duration::from_secs(seconds);
            Ok(())
        })
    }
}

/// Sets whether only to say what would be removed: 0 for no, 1 for yes. No when it
/// is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_options_set_dry_run(
    options: *mut amaas_gc_options,
    dry_run: i32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.0.dry_run = flag(dry_run, "dry_run")?;
            Ok(())
        })
    }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_options_free(options: *mut amaas_gc_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}
