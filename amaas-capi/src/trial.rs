//! Trying another version on a route: canaries, shadows, and how they end.

use std::ffi::c_char;

use amaas_core::Result;
use amaas_core::service::{Arm, Guard, Tally};

use crate::arguments::{Place, name, object};
use crate::boundary::{call, give};
use crate::error::amaas_error;
use crate::guard::amaas_guard;
use crate::route::amaas_route;
use crate::status::amaas_status;
use crate::text::{Text, amaas_text};
use crate::time::nanoseconds;
use crate::trial_status::amaas_trial_status;
use crate::usage::room;

/// What was counted in the present window of a trial, or in the one it ended in.
///
/// Set `size` to `sizeof(amaas_tally)` before it is passed, as with `amaas_usage`. Requests that
/// the caller got wrong or gave up do not count.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_tally {
    /// `sizeof(amaas_tally)` as the host was compiled.
    pub size: usize,
    /// Requests that ended on the version that the route answers from.
    pub current_requests: u64,
    /// Those among them that failed.
    pub current_errors: u64,
    /// Rows of the others.
    pub current_rows: u64,
    /// Nanoseconds that they ran.
    pub current_computed_ns: u64,
    /// Requests that ended on the version on trial.
    pub tried_requests: u64,
    /// Those among them that failed.
    pub tried_errors: u64,
    /// Rows of the others.
    pub tried_rows: u64,
    /// Nanoseconds that they ran.
    pub tried_computed_ns: u64,
    /// Requests that both answered and a shadow compared.
    pub compared: u64,
    /// The sum over those of how far the answers lie apart.
    pub apart: f64,
    /// The greatest of it.
    pub furthest: f64,
}

/// Writes what was counted to `place`.
///
/// # Safety
/// `place` is NULL or a struct whose `size` is set.
pub(crate) unsafe fn write_tally(tally: &Tally, place: *mut amaas_tally) -> Result<()> {
    // SAFETY: the caller's promise.
    let size = unsafe { room(place, "tally") }?;
    let Tally {
        current,
        tried,
        compared,
        apart,
        furthest,
    } = *tally;
    let [
        (current_rows, current_computed_ns),
        (tried_rows, tried_computed_ns),
    ] = [current, tried].map(|arm: Arm| (arm.rows, nanoseconds(arm.computed)));
    let written = amaas_tally {
        size,
        current_requests: current.requests,
        current_errors: current.errors,
        current_rows,
        current_computed_ns,
        tried_requests: tried.requests,
        tried_errors: tried.errors,
        tried_rows,
        tried_computed_ns,
        compared,
        apart,
        furthest,
    };
    // SAFETY: the caller's promise, and the place is large enough.
    unsafe { place.write(written) };
    Ok(())
}

/// What is asked of a version on trial; NULL asks what is usual.
///
/// # Safety
/// `guard` is NULL or live.
unsafe fn asked(guard: *const amaas_guard) -> Guard {
    // SAFETY: the caller's promise.
    unsafe { guard.as_ref() }.map_or_else(Guard::default, |guard| guard.0)
}

/// Lets the version that `reference` selects now answer a share of the requests of `route`, from 0
/// to 1, until it is promoted, aborted, or taken back by `guard`, which may be NULL for a guard with
/// nothing set. Calls with one key (`amaas_call_set_key`) always meet the same version; those
/// without one are taken in turn. Ends a trial that is under way. Blocks while the version is
/// loaded and checked.
///
/// `AMAAS_STATUS_INVALID_ARGUMENT` for a share that is none, or for a version that takes or gives
/// other things; else as `amaas_service_load`.
///
/// # Safety
/// `route` is live, `reference` ends in NUL, `guard` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_canary(
    route: *const amaas_route,
    reference: *const c_char,
    share: f64,
    guard: *const amaas_guard,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let begin = || unsafe {
        let route = &object(route, "route")?.route;
        route.canary(name(reference, "reference")?, share, asked(guard))
    };
    // SAFETY: as above.
    unsafe { call(error, begin) }
}

/// Runs copies of a share of the answered requests on the version that `reference` selects now, on a
/// thread of its own, and counts how far the answers lie apart. Callers wait for none of it; while
/// that thread is busy with 16 of them, copies are dropped and counted. Else as
/// `amaas_route_canary`.
///
/// # Safety
/// `route` is live, `reference` ends in NUL, `guard` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_shadow(
    route: *const amaas_route,
    reference: *const c_char,
    share: f64,
    guard: *const amaas_guard,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let begin = || unsafe {
        let route = &object(route, "route")?.route;
        route.shadow(name(reference, "reference")?, share, asked(guard))
    };
    // SAFETY: as above.
    unsafe { call(error, begin) }
}

/// Ends the trial, answers every request from the version that was tried, and follows its reference
/// from now on. `amaas_route_reference` of handles that were made before keeps what it said. `out`
/// is the version, as `1.2.0`, and belongs to the caller.
///
/// `AMAAS_STATUS_NOT_FOUND` when no trial is under way.
///
/// # Safety
/// `route` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_promote(
    route: *const amaas_route,
    out: *mut *mut amaas_text,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let promote = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        out.write(give(amaas_text(Text::new(route.promote()?.to_string()))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, promote) }
}

/// Ends the trial: the route answers every request from its own version. `ended` says whether one
/// was under way; NULL is allowed.
///
/// # Safety
/// `route` is live, `ended` is NULL or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_abort(
    route: *const amaas_route,
    ended: *mut bool,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let abort = || unsafe {
        let was_under_way = object(route, "route")?.route.abort();
        // NULL is allowed here: there is nothing to refuse.
        let _ = Place::new(ended, "ended").map(|place| place.write(was_under_way));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, abort) }
}

/// Tells of the trial that is under way, or of the last one; `out` is NULL where there was none. The
/// caller owns `out`.
///
/// # Safety
/// `route` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_trial_status(
    route: *const amaas_route,
    out: *mut *mut amaas_trial_status,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let tell = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let status = route.trial_status().map(amaas_trial_status::new);
        out.write(status.map_or(std::ptr::null_mut(), give));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, tell) }
}
