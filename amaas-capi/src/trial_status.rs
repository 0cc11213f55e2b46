//! What is told of a trial.

use std::ffi::c_char;

use amaas_core::service::{Outcome, TrialKind, TrialStatus};

use crate::arguments::object;
use crate::boundary::{call, free, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::text::{Text, view};
use crate::trial::{amaas_tally, write_tally};
use crate::usage::{amaas_totals, write_totals};

/// How a version is tried: one of `AMAAS_TRIAL_…`.
pub type amaas_trial_kind = i32;
/// There is no trial.
pub const AMAAS_TRIAL_NONE: amaas_trial_kind = 0;
/// It answers its share of the requests.
pub const AMAAS_TRIAL_CANARY: amaas_trial_kind = 1;
/// It runs copies of its share of the requests.
pub const AMAAS_TRIAL_SHADOW: amaas_trial_kind = 2;

/// How a trial ended: one of `AMAAS_OUTCOME_…`.
pub type amaas_outcome = i32;
/// It goes on, or there is none.
pub const AMAAS_OUTCOME_NONE: amaas_outcome = 0;
/// The guard took the version back.
pub const AMAAS_OUTCOME_REVERTED: amaas_outcome = 1;
/// The route answers from the version now.
pub const AMAAS_OUTCOME_PROMOTED: amaas_outcome = 2;
/// Somebody ended it, or began another.
pub const AMAAS_OUTCOME_ABORTED: amaas_outcome = 3;

/// The trial of a route as it was when it was asked.
///
/// Made by `amaas_route_trial_status`, owned by its caller, ended with `amaas_trial_status_free`. It
/// never changes: any number of threads may read it. Everything it answers with is valid until it
/// is freed.
#[derive(Debug)]
pub struct amaas_trial_status {
    reference: Text,
    version: Text,
    reason: Option<Text>,
    status: TrialStatus,
}

impl amaas_trial_status {
    /// A trial as C reads it.
    pub(crate) fn new(status: TrialStatus) -> Self {
        let reason = match status.outcome {
            Some(Outcome::Reverted(reason)) => Some(Text::new(reason.to_string())),
            _ => None,
        };
        Self {
            reference: Text::new(&status.reference),
            version: Text::new(status.version.to_string()),
            reason,
            status,
        }
    }
}

/// How the version is tried; `AMAAS_TRIAL_NONE` for NULL.
///
/// # Safety
/// `status` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_kind(
    status: *const amaas_trial_status,
) -> amaas_trial_kind {
    let number = |status: &amaas_trial_status| match status.status.kind {
        TrialKind::Canary => AMAAS_TRIAL_CANARY,
        TrialKind::Shadow => AMAAS_TRIAL_SHADOW,
    };
    // SAFETY: the caller's promise.
    unsafe { read(status, AMAAS_TRIAL_NONE, |status| Some(number(status))) }
}

/// What selected the version on trial; NULL for NULL.
///
/// # Safety
/// `status` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_reference(
    status: *const amaas_trial_status,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(status, |status| Some(&status.reference)) }
}

/// The version on trial, as `1.2.0`; NULL for NULL.
///
/// # Safety
/// `status` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_version(
    status: *const amaas_trial_status,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(status, |status| Some(&status.version)) }
}

/// Its share of the requests, from 0 to 1; 0 for NULL.
///
/// # Safety
/// `status` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_share(status: *const amaas_trial_status) -> f64 {
    // SAFETY: the caller's promise.
    unsafe { read(status, 0.0, |status| Some(status.status.share)) }
}

/// How it ended; `AMAAS_OUTCOME_NONE` while it goes on and for NULL.
///
/// # Safety
/// `status` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_outcome(
    status: *const amaas_trial_status,
) -> amaas_outcome {
    let number = |outcome| match outcome {
        Outcome::Reverted(_) => AMAAS_OUTCOME_REVERTED,
        Outcome::Promoted => AMAAS_OUTCOME_PROMOTED,
        Outcome::Aborted => AMAAS_OUTCOME_ABORTED,
    };
    // SAFETY: the caller's promise.
    unsafe {
        read(status, AMAAS_OUTCOME_NONE, |status| {
            status.status.outcome.map(number)
        })
    }
}

/// Why the guard took the version back; NULL where it did not, and for NULL.
///
/// # Safety
/// `status` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_reason(
    status: *const amaas_trial_status,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(status, |status| status.reason.as_ref()) }
}

/// How many copies were not run because the shadow was busy; 0 for NULL.
///
/// # Safety
/// `status` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_dropped(status: *const amaas_trial_status) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(status, 0, |status| Some(status.status.dropped)) }
}

/// Writes what was counted in the present window to `tally`, whose `size` must be set.
///
/// # Safety
/// `status` is live, `tally` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_tally(
    status: *const amaas_trial_status,
    tally: *mut amaas_tally,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let write = || unsafe { write_tally(&object(status, "status")?.status.tally, tally) };
    // SAFETY: as above.
    unsafe { call(error, write) }
}

/// Writes the sums, since the trial began, of the version that the route answers from to `totals`,
/// whose `size` must be set.
///
/// # Safety
/// `status` is live, `totals` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_current(
    status: *const amaas_trial_status,
    totals: *mut amaas_totals,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let write = || unsafe { write_totals(object(status, "status")?.status.current, totals) };
    // SAFETY: as above.
    unsafe { call(error, write) }
}

/// Writes the sums, since the trial began, of the version on trial to `totals`, whose `size` must be
/// set.
///
/// # Safety
/// `status` is live, `totals` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_tried(
    status: *const amaas_trial_status,
    totals: *mut amaas_totals,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let write = || unsafe { write_totals(object(status, "status")?.status.tried, totals) };
    // SAFETY: as above.
    unsafe { call(error, write) }
}

/// Ends what was told of a trial; NULL is allowed.
///
/// # Safety
/// `status` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_trial_status_free(status: *mut amaas_trial_status) {
    // SAFETY: the caller's promise.
    unsafe { free(status) };
}
