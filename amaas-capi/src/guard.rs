//! When a version that is tried beside another one has to go.

use std::time::Duration;

use amaas_core::Result;
use amaas_core::service::Guard;

use crate::arguments::{Place, object_mut, positive, refuse};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// What a version on trial may do worse than the present one, until it is taken back.
///
/// Made by `amaas_guard_new`, owned by its caller, ended with `amaas_guard_free`; a trial that was
/// begun with it does not need it any more. While one thread sets it no other may use it; from then
/// on any number of threads may.
#[derive(Debug)]
pub struct amaas_guard(pub(crate) Guard);

/// Applies `set` to a guard.
///
/// # Safety
/// `guard` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    guard: *mut amaas_guard,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut Guard) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(&mut object_mut(guard, "guard")?.0)) }
}

/// Makes a guard with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_guard_new(
    out: *mut *mut amaas_guard,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_guard(Guard::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets the greatest share of its requests that may fail, errors of the caller not counted; 0 to 1,
/// and infinity for whatever. 0.05 when it is not set.
///
/// # Safety
/// `guard` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_guard_set_max_error_rate(
    guard: *mut amaas_guard,
    rate: f64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(guard, error, |guard| {
            guard.max_error_rate = most(rate, "rate")?;
            Ok(())
        })
    }
}

/// Sets how many times the time of the present version its runs may take for a row, on average;
/// infinity for whatever. 2 when it is not set.
///
/// # Safety
/// `guard` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_guard_set_max_latency_ratio(
    guard: *mut amaas_guard,
    ratio: f64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(guard, error, |guard| {
            guard.max_latency_ratio = most(ratio, "ratio")?;
            Ok(())
        })
    }
}

/// Sets how far the answers to the same request may lie apart on average, where a shadow compares
/// them: for labels the share of texts with another first label, for numbers the greatest
/// difference. Infinity for whatever, as when it is not set.
///
/// # Safety
/// `guard` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_guard_set_max_disagreement(
    guard: *mut amaas_guard,
    distance: f64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(guard, error, |guard| {
            guard.max_disagreement = most(distance, "distance")?;
            Ok(())
        })
    }
}

/// Sets how many requests there must be before any of this is judged. 100 when it is not set.
///
/// # Safety
/// `guard` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_guard_set_min_requests(
    guard: *mut amaas_guard,
    count: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(guard, error, |guard| {
            guard.min_requests = count;
            Ok(())
        })
    }
}

/// Sets after how many milliseconds counting begins anew; at least 1. Ten minutes when it is not
/// set.
///
/// # Safety
/// `guard` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_guard_set_window(
    guard: *mut amaas_guard,
    milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(guard, error, |guard| {
            guard.window = Duration::from_millis(positive(milliseconds, "milliseconds")?);
            Ok(())
        })
    }
}

/// Ends a guard; NULL is allowed.
///
/// # Safety
/// `guard` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_guard_free(guard: *mut amaas_guard) {
    // SAFETY: the caller's promise.
    unsafe { free(guard) };
}

/// A bound; infinity is none.
fn most(bound: f64, parameter: &str) -> Result<Option<f64>> {
    match bound {
        f64::INFINITY => Ok(None),
        bound if bound >= 0.0 => Ok(Some(bound)),
        other => {
            let what = format!("is `{other}`");
            Err(refuse(parameter, &what, "pass 0 or more, or infinity"))
        }
    }
}
