//! What tuning looks for, and for how long.

use std::ffi::c_char;
use std::time::Duration;

use amaas_core::Result;
use amaas_core::service::TuneOptions;

use crate::arguments::{Place, name, object, object_mut, positive, refuse, slice};
use crate::boundary::{call, free, give};
use crate::call::amaas_stop;
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Options of `amaas_service_tune`.
///
/// Made by `amaas_tune_options_new`, owned by its caller, ended with `amaas_tune_options_free`.
/// While one thread sets it no other may use it; from then on any number of threads may.
#[derive(Debug)]
pub struct amaas_tune_options(pub(crate) TuneOptions);

/// Applies `set` to options.
///
/// # Safety
/// `options` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    options: *mut amaas_tune_options,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut TuneOptions) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(&mut object_mut(options, "options")?.0)) }
}

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tune_options_new(
    out: *mut *mut amaas_tune_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_tune_options(TuneOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets what "best" means: `throughput`, `latency` or, in milliseconds, `p99<20`. The throughput
/// when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread, `objective` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tune_options_set_objective(
    options: *mut amaas_tune_options,
    objective: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.objective = name(objective, "objective")?.parse()?;
            Ok(())
        })
    }
}

/// Sets how many milliseconds it may take, loading included; at least 1. A minute when it is not
/// set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tune_options_set_budget(
    options: *mut amaas_tune_options,
    milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.budget = Duration::from_millis(positive(milliseconds, "milliseconds")?);
            Ok(())
        })
    }
}

/// Sets the `count` numbers of requests that are sent at once, each in turn, 1 to 4096. A few that
/// fit the objective when it is not set, or when `count` is 0.
///
/// # Safety
/// `options` is live and used by no other thread, `clients` points to `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tune_options_set_clients(
    options: *mut amaas_tune_options,
    clients: *const usize,
    count: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            let clients = slice(clients, count, "clients")?;
            if let Some(number) = clients.iter().find(|number| !(1..=4096).contains(*number)) {
                let what = format!("holds `{number}`");
                return Err(refuse("clients", &what, "pass numbers from 1 to 4096"));
            }
            options.clients = clients.to_vec();
            Ok(())
        })
    }
}

/// Sets the flag that gives up. The options keep a share of the flag, so that may be freed.
///
/// # Safety
/// `options` is live and used by no other thread, `stop` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tune_options_set_stop(
    options: *mut amaas_tune_options,
    stop: *const amaas_stop,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.stop = Some(object(stop, "stop")?.0.clone());
            Ok(())
        })
    }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tune_options_free(options: *mut amaas_tune_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}
