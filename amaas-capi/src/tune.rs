//! Tuning: which instances, threads and bounds serve a host's own requests best on this machine.

use std::ffi::{c_char, c_void};

use amaas_core::Result;
use amaas_core::service::{TuneCache, TuneOptions, TuneProgress};

use crate::arguments::{Place, name, object, optional_name};
use crate::boundary::{call, give};
use crate::error::amaas_error;
use crate::route::amaas_route;
use crate::sample::amaas_sample;
use crate::service::amaas_service;
use crate::service_options::amaas_service_options;
use crate::status::amaas_status;
use crate::tune_options::amaas_tune_options;
use crate::tuned::amaas_tuned;

/// How far tuning has come. Later releases may add fields at its end: `size` says how much of it the
/// library knows.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_tune_state {
    /// The `sizeof(amaas_tune_state)` of the library.
    pub size: usize,
    /// The part of the budget that has passed, from 0 to 1.
    pub share: f64,
    /// Arrangements that are still in the race.
    pub candidates: usize,
}

/// Told after each turn how far tuning has come, with the `data` that was given along with it.
///
/// It is called on the thread of the call, before that returns; `state` is valid while it runs. It
/// may call amaas, and must not throw or jump out. To give up, it raises the flag of
/// `amaas_tune_options_set_stop`.
pub type amaas_tune_progress =
    Option<unsafe extern "C" fn(data: *mut c_void, state: *const amaas_tune_state)>;

/// Tries arrangements of what `reference` selects on the requests of `sample`, and says which is
/// best. Blocks meanwhile, for a minute unless `options` say otherwise; nothing else should run on
/// the machine. `options` may be NULL, and so may `progress`. All candidates are loaded at the same
/// time. The caller owns `out`.
///
/// `AMAAS_STATUS_INVALID_ARGUMENT` for an empty sample or one that the model does not take,
/// `AMAAS_STATUS_CANCELLED` when the flag was raised, `AMAAS_STATUS_DEADLINE_EXCEEDED` when not one
/// request was answered in time; else as `amaas_service_load`.
///
/// # Safety
/// `service` and `sample` are live, `reference` ends in NUL, `options` is NULL or live, `progress`
/// is NULL or may be called with `data` until the call returns, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_tune(
    service: *const amaas_service,
    reference: *const c_char,
    sample: *const amaas_sample,
    options: *const amaas_tune_options,
    progress: amaas_tune_progress,
    data: *mut c_void,
    out: *mut *mut amaas_tuned,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let tune = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let (reference, sample) = (name(reference, "reference")?, object(sample, "sample")?);
        let none = TuneOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let progress = &mut told(progress, data);
        let tuned = service.tune(reference, &sample.requests()?, options, progress)?;
        out.write(give(amaas_tuned(tuned)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, tune) }
}

/// Makes options, for `amaas_service_load_with`, of the best arrangement. They say how versions are
/// loaded and nothing else. The caller owns `out`.
///
/// `AMAAS_STATUS_NOT_FOUND` when no arrangement is as good as the objective asks, naming the
/// nearest.
///
/// # Safety
/// `tuned` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tuned_options(
    tuned: *const amaas_tuned,
    out: *mut *mut amaas_service_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let make = || unsafe {
        let (tuned, out) = (&object(tuned, "tuned")?.0, Place::new(out, "out")?);
        out.write(give(amaas_service_options::of(tuned.settings()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Keeps the best arrangement in the file at `path`, for `amaas_service_load_tuned` of later
/// processes on this machine. NULL is the user's own, `$XDG_CACHE_HOME/amaas/tuned.json` or below
/// `~/.cache`.
///
/// `AMAAS_STATUS_NOT_FOUND` as `amaas_tuned_options`, `AMAAS_STATUS_IO` when the file cannot be
/// written, `AMAAS_STATUS_CORRUPT` when it is there and cannot be read.
///
/// # Safety
/// `tuned` is live, `path` is NULL or ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tuned_keep(
    tuned: *const amaas_tuned,
    path: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let keep = || unsafe { cache(path)?.keep(&object(tuned, "tuned")?.0) };
    // SAFETY: as above.
    unsafe { call(error, keep) }
}

/// As `amaas_service_load`, with the settings that the file at `path` holds for the version and this
/// machine; with those of the service where it holds none, or is not there. NULL is the user's own,
/// as for `amaas_tuned_keep`.
///
/// # Safety
/// `service` is live, `reference` ends in NUL, `path` is NULL or ends in NUL, `out` can be written
/// to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_load_tuned(
    service: *const amaas_service,
    reference: *const c_char,
    path: *const c_char,
    out: *mut *mut amaas_route,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let load = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let route = service.load_tuned(name(reference, "reference")?, &cache(path)?)?;
        out.write(give(amaas_route::new(route)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, load) }
}

/// The file of settings at `path`; the user's own for NULL.
///
/// # Safety
/// `path` is NULL or ends in NUL.
unsafe fn cache(path: *const c_char) -> Result<TuneCache> {
    // SAFETY: the caller's promise.
    let path = unsafe { optional_name(path, "path") }?;
    path.map_or_else(TuneCache::of_user, |path| Ok(TuneCache::at(path)))
}

/// What tells C.
///
/// # Safety
/// `progress` is NULL or may be called with `data` for as long as the answer lives.
unsafe fn told(progress: amaas_tune_progress, data: *mut c_void) -> impl FnMut(&TuneProgress) {
    move |found| {
        let state = amaas_tune_state {
            size: size_of::<amaas_tune_state>(),
            share: found.share,
            candidates: found.candidates,
        };
        if let Some(progress) = progress {
            // SAFETY: the caller's promise.
            unsafe { progress(data, &raw const state) };
        }
    }
}
