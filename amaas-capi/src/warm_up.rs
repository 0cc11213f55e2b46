//! How versions are made ready before they serve: more options of a service.

use std::time::Duration;

use crate::arguments::{refuse, slice};
use crate::error::amaas_error;
use crate::service_options::{amaas_service_options, set};
use crate::status::amaas_status;

/// Sets how many milliseconds a version is run over the shapes it will see before it serves; 0 for
/// not at all. When it is not set: 200 where another version serves meanwhile, and a twentieth of what
/// loading took where somebody waits. No run is begun that would end later.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_warm_up_budget(
    options: *mut amaas_service_options,
    milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            let budget = Duration::from_millis(milliseconds);
            options.settings.warm_up.budget = budget;
            options.settings.warm_up.first = Some(budget);
            Ok(())
        })
    }
}

/// Sets how many milliseconds warming up and the golden examples may take together. A minute when it
/// is not set. A version whose golden examples were not all checked then is not loaded:
/// `AMAAS_STATUS_DEADLINE_EXCEEDED`.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_warm_up_deadline(
    options: *mut amaas_service_options,
    milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.settings.warm_up.deadline = Duration::from_millis(milliseconds);
            Ok(())
        })
    }
}

/// Sets the `count` numbers of rows that a version is warmed up with, as far as its task and the
/// queue allow them. 1 and 16 when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread, `rows` points to `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_warm_up_rows(
    options: *mut amaas_service_options,
    rows: *const usize,
    count: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.settings.warm_up.rows = slice(rows, count, "rows")?.to_vec();
            Ok(())
        })
    }
}

/// Sets the `count` lengths of rows that a version is warmed up with, as shares of the longest that
/// its task takes, each from 0 to 1. 1/8, 1/2 and 1 when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread, `shares` points to `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_warm_up_lengths(
    options: *mut amaas_service_options,
    shares: *const f64,
    count: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            let shares = slice(shares, count, "shares")?;
            if let Some(share) = shares.iter().find(|share| !(0.0..=1.0).contains(*share)) {
                let what = format!("holds `{share}`");
                return Err(refuse("shares", &what, "pass numbers from 0 to 1"));
            }
            options.settings.warm_up.lengths = shares.to_vec();
            Ok(())
        })
    }
}
