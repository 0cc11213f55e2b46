//! The error object: what happened, what to do about it.

use std::ffi::c_char;
use std::time::Duration;

use amaas_core::{Error, Phase};

use crate::boundary::{free, give, read};
use crate::status::{self, AMAAS_STATUS_OK, amaas_status};
use crate::text::Text;

/// How far a request had come when it was cancelled or its time was up: one of `AMAAS_PHASE_…`.
pub type amaas_phase = i32;
/// The error is of another kind.
pub const AMAAS_PHASE_NONE: amaas_phase = 0;
/// It waited for an instance: the model has not seen it.
pub const AMAAS_PHASE_QUEUE: amaas_phase = 1;
/// The model ran it.
pub const AMAAS_PHASE_RUN: amaas_phase = 2;

/// Why a call failed. Made by the call that failed, owned by its caller, ended with
/// `amaas_error_free`; one that a getter returns belongs to the object that was asked.
///
/// It never changes: any number of threads may read it.
#[derive(Debug)]
pub struct amaas_error {
    status: amaas_status,
    message: Text,
    remedy: Option<Text>,
    report: Text,
    details: Text,
    retryable: bool,
    phase: amaas_phase,
    retry_after: Option<Duration>,
}

impl amaas_error {
    /// An error as C reads it.
    pub(crate) fn new(error: &Error) -> Self {
        Self {
            status: status::of(error.kind()),
            message: Text::new(error.message()),
            remedy: error.remedy().map(Text::new),
            report: Text::new(error.report()),
            details: Text::new(error.details().to_json()),
            retryable: error.is_retryable(),
            phase: phase(error),
            retry_after: error.retry_after(),
        }
    }

    /// An error for C to own.
    pub(crate) fn give(error: &Error) -> *mut Self {
        give(Self::new(error))
    }
}

/// The status that the failed call returned; `AMAAS_STATUS_OK` for NULL.
///
/// # Safety
/// `error` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_error_status(error: *const amaas_error) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { read(error, AMAAS_STATUS_OK, |error| Some(error.status)) }
}

/// What happened, in one line of lower case: for branching use the status.
///
/// NULL for NULL. Valid until the error is freed.
///
/// # Safety
/// `error` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_error_message(error: *const amaas_error) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(error, std::ptr::null(), |error| {
            Some(error.message.as_ptr())
        })
    }
}

/// What to do about it; NULL when the error does not know, and for NULL.
///
/// Valid until the error is freed.
///
/// # Safety
/// `error` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_error_remedy(error: *const amaas_error) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(error, std::ptr::null(), |error| {
            Some(error.remedy.as_ref()?.as_ptr())
        })
    }
}

/// All there is to say: message, facts, remedy and, each on a line of its own, the causes.
///
/// NULL for NULL. Valid until the error is freed.
///
/// # Safety
/// `error` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_error_report(error: *const amaas_error) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { read(error, std::ptr::null(), |error| Some(error.report.as_ptr())) }
}

/// The same for programs to read: one JSON object with `kind`, `message`, `details` (a list of `name`
/// and `value`), `causes`, `remedy` and `retryable`.
///
/// NULL for NULL. Valid until the error is freed.
///
/// # Safety
/// `error` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_error_details(error: *const amaas_error) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(error, std::ptr::null(), |error| {
            Some(error.details.as_ptr())
        })
    }
}

/// Whether the same call may succeed a little later without any change; false for NULL.
///
/// # Safety
/// `error` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_error_retryable(error: *const amaas_error) -> bool {
    // SAFETY: the caller's promise.
    unsafe { read(error, false, |error| Some(error.retryable)) }
}

/// How far the request had come when it was cancelled or its time was up; `AMAAS_PHASE_NONE` for other
/// errors and for NULL.
///
/// # Safety
/// `error` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_error_phase(error: *const amaas_error) -> amaas_phase {
    // SAFETY: the caller's promise.
    unsafe { read(error, AMAAS_PHASE_NONE, |error| Some(error.phase)) }
}

/// After how many microseconds to try again; 0 where that cannot be told, and for NULL.
///
/// An estimate from how long recent runs took and how many wait.
///
/// # Safety
/// `error` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_error_retry_after(error: *const amaas_error) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(error, 0, |error| {
            u64::try_from(error.retry_after?.as_micros()).ok()
        })
    }
}

/// Ends an error; NULL is allowed.
///
/// # Safety
/// `error` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_error_free(error: *mut amaas_error) {
    // SAFETY: the caller's promise.
    unsafe { free(error) };
}

fn phase(error: &Error) -> amaas_phase {
    match error.phase() {
        None => AMAAS_PHASE_NONE,
        Some(Phase::Queue) => AMAAS_PHASE_QUEUE,
        Some(Phase::Run) => AMAAS_PHASE_RUN,
    }
}
