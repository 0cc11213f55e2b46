//! Which receipts of a ledger are meant.

use std::ffi::c_char;

use amaas_core::clock::Day;
use amaas_core::usage::Filter;
use amaas_core::{Error, Result};

use crate::arguments::{Place, name, object_mut, refuse};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Which receipts are meant; all of them, where nothing is set.
///
/// Made by `amaas_ledger_filter_new`, owned by its caller, ended with `amaas_ledger_filter_free`. Used
/// by one thread at a time.
#[derive(Debug, Default)]
pub struct amaas_ledger_filter(Filter);

/// Makes a filter with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_filter_new(
    out: *mut *mut amaas_ledger_filter,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_ledger_filter::default()));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Applies `set` to a filter.
///
/// # Safety
/// `filter` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    filter: *mut amaas_ledger_filter,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut Filter) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(&mut object_mut(filter, "filter")?.0)) }
}

/// Means receipts of this tenant; an empty name those that name none.
///
/// # Safety
/// `filter` is live and used by no other thread, `tenant` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_filter_set_tenant(
    filter: *mut amaas_ledger_filter,
    tenant: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(filter, error, |filter| {
            filter.tenant = Some(name(tenant, "tenant")?.to_owned());
            Ok(())
        })
    }
}

/// Means receipts of this model.
///
/// # Safety
/// `filter` is live and used by no other thread, `model` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_filter_set_model(
    filter: *mut amaas_ledger_filter,
    model: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(filter, error, |filter| {
            filter.model = Some(name(model, "model")?.to_owned());
            Ok(())
        })
    }
}

/// Means receipts from this day on, in UTC, as `2026-01-31`.
///
/// # Safety
/// `filter` is live and used by no other thread, `from` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_filter_set_from(
    filter: *mut amaas_ledger_filter,
    from: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(filter, error, |filter| {
            filter.from = Some(day(name(from, "from")?, "from")?);
            Ok(())
        })
    }
}

/// Means receipts before this day, in UTC, as `2026-01-31`.
///
/// # Safety
/// `filter` is live and used by no other thread, `until` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_filter_set_until(
    filter: *mut amaas_ledger_filter,
    until: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(filter, error, |filter| {
            filter.until = Some(day(name(until, "until")?, "until")?);
            Ok(())
        })
    }
}

/// Ends a filter; NULL is allowed.
///
/// # Safety
/// `filter` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_filter_free(filter: *mut amaas_ledger_filter) {
    // SAFETY: the caller's promise.
    unsafe { free(filter) };
}

/// What a filter means; NULL means everything.
///
/// # Safety
/// `filter` is NULL or live.
pub(crate) unsafe fn meant(filter: *const amaas_ledger_filter) -> Filter {
    // SAFETY: the caller's promise.
    unsafe { filter.as_ref() }.map_or_else(Filter::default, |filter| filter.0.clone())
}

/// A day in UTC.
pub(crate) fn day(text: &str, parameter: &str) -> Result<Day> {
    let refused = |cause: &'static str| -> Error {
        refuse(parameter, "is no day", "write it as `2026-01-31`").because(cause)
    };
    text.parse().map_err(refused)
}
