//! How much an archive may hold.

use amaas_core::Result;
use amaas_core::registry::ImportLimits;

use crate::arguments::{Place, object_mut, positive};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Limits of `amaas_service_import_archive`, checked before anything is written.
///
/// Made by `amaas_import_limits_new`, owned by its caller, ended with `amaas_import_limits_free`.
/// While one thread sets it no other may use it; from then on any number of threads may.
#[derive(Debug)]
pub struct amaas_import_limits(pub(crate) ImportLimits);

/// Applies `set` to limits.
///
/// # Safety
/// `limits` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    limits: *mut amaas_import_limits,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut amaas_import_limits) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(object_mut(limits, "limits")?)) }
}

/// Makes limits with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_limits_new(
    out: *mut *mut amaas_import_limits,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_import_limits(ImportLimits::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets how many members it may have; at least 1. 100 000 when it is not set.
///
/// # Safety
/// `limits` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_limits_set_entries(
    limits: *mut amaas_import_limits,
    entries: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(limits, error, |limits| {
            limits.0.entries = positive(entries, "entries")?;
            Ok(())
        })
    }
}

/// Sets how many bytes all members may have together; at least 1. 1 TiB when it is not set.
///
/// # Safety
/// `limits` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_limits_set_bytes(
    limits: *mut amaas_import_limits,
    bytes: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(limits, error, |limits| {
            limits.0.bytes = positive(bytes, "bytes")?;
            Ok(())
        })
    }
}

/// Ends limits; NULL is allowed.
///
/// # Safety
/// `limits` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_import_limits_free(limits: *mut amaas_import_limits) {
    // SAFETY: the caller's promise.
    unsafe { free(limits) };
}
