//! Moving everything to what its references select now, and what came of it.

use std::ffi::c_char;

use amaas_core::service::Updated;

use crate::arguments::{Place, object};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, view};

/// What an update did.
///
/// Made by `amaas_service_update`, owned by its caller, ended with `amaas_updated_free`; one that a
/// watcher tells of belongs to the watcher. It never changes: any number of threads may read it.
/// Everything it answers with is valid until it is freed. What moved, what is kept and what failed
/// are counted from 0 each.
#[derive(Debug)]
pub struct amaas_updated {
    moved: Vec<Moved>,
    kept: Vec<Text>,
    failed: Vec<(Text, amaas_error)>,
}

#[derive(Debug)]
struct Moved {
    reference: Text,
    from: Text,
    to: Text,
}

impl amaas_updated {
    /// An update as C reads it.
    pub(crate) fn new(updated: &Updated) -> Self {
        let moved = updated.moved.iter().map(|moved| Moved {
            reference: Text::new(&moved.reference),
            from: Text::new(moved.from.to_string()),
            to: Text::new(moved.to.to_string()),
        });
        let failed = updated.failed.iter();
        let failed = failed.map(|one| (Text::new(&one.reference), amaas_error::new(&one.error)));
        Self {
            moved: moved.collect(),
            kept: updated
                .kept
                .iter()
                .map(|name| Text::new(name.as_str()))
                .collect(),
            failed: failed.collect(),
        }
    }
}

/// Resolves the reference of every route of the service again, and looks again what is kept, and
/// moves what selects another version now. Blocks while versions are loaded and checked; requests
/// go on meanwhile. The caller owns `out`.
///
/// A route that cannot be moved goes on as it was, and is no error here: `out` tells of it. Updates
/// run one after the other.
///
/// # Safety
/// `service` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_update(
    service: *const amaas_service,
    out: *mut *mut amaas_updated,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let update = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        out.write(give(amaas_updated::new(&service.update())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, update) }
}

/// How many routes answer from another version now; 0 for NULL.
///
/// # Safety
/// `updated` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_updated_moved_count(updated: *const amaas_updated) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(updated, 0, |updated| Some(updated.moved.len())) }
}

/// What the route that moved at `index` follows; NULL where there is none and for NULL.
///
/// # Safety
/// `updated` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_updated_moved_reference(
    updated: *const amaas_updated,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(updated, |updated| {
            Some(&updated.moved.get(index)?.reference)
        })
    }
}

/// The version that the route that moved at `index` left; NULL where there is none and for NULL.
///
/// # Safety
/// `updated` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_updated_moved_from(
    updated: *const amaas_updated,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(updated, |updated| Some(&updated.moved.get(index)?.from)) }
}

/// The version that the route that moved at `index` came to; NULL where there is none and for NULL.
///
/// # Safety
/// `updated` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_updated_moved_to(
    updated: *const amaas_updated,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(updated, |updated| Some(&updated.moved.get(index)?.to)) }
}

/// Of how many models other versions are kept now; 0 for NULL.
///
/// # Safety
/// `updated` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_updated_kept_count(updated: *const amaas_updated) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(updated, 0, |updated| Some(updated.kept.len())) }
}

/// The model at `index` of which other versions are kept now; NULL where there is none and for
/// NULL.
///
/// # Safety
/// `updated` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_updated_kept_model(
    updated: *const amaas_updated,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(updated, |updated| updated.kept.get(index)) }
}

/// How much could not be moved, and goes on as it was; 0 for NULL.
///
/// # Safety
/// `updated` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_updated_failed_count(updated: *const amaas_updated) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(updated, 0, |updated| Some(updated.failed.len())) }
}

/// What the route that failed at `index` follows, or the model that is kept; NULL where there is
/// none and for NULL.
///
/// # Safety
/// `updated` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_updated_failed_reference(
    updated: *const amaas_updated,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(updated, |updated| Some(&updated.failed.get(index)?.0)) }
}

/// Why what failed at `index` did; NULL where there is none and for NULL. It belongs to `updated`:
/// it is not freed.
///
/// # Safety
/// `updated` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_updated_failed_error(
    updated: *const amaas_updated,
    index: usize,
) -> *const amaas_error {
    // SAFETY: the caller's promise.
    unsafe {
        read(updated, std::ptr::null(), |updated| {
            Some(std::ptr::from_ref(&updated.failed.get(index)?.1))
        })
    }
}

/// Ends what an update told; NULL is allowed.
///
/// # Safety
/// `updated` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_updated_free(updated: *mut amaas_updated) {
    // SAFETY: the caller's promise.
    unsafe { free(updated) };
}
