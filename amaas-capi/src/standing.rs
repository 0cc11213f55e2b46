//! What a tenant used so far.

use std::ffi::c_char;

use amaas_core::usage::{Standing, Unit};

use crate::arguments::{Place, object, optional_name, refuse};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, view};

/// What a tenant used so far today and this month, in UTC. Made by `amaas_service_standing`, owned by
/// its caller, ended with `amaas_standing_free`. It never changes: any number of threads may read it.
#[derive(Debug)]
pub struct amaas_standing {
    standing: Standing,
    spent_today: Text,
    spent_this_month: Text,
    rates: Vec<Text>,
}

/// What is charged for: one of `AMAAS_UNIT_…`.
pub type amaas_unit = i32;
/// Answered requests.
pub const AMAAS_UNIT_REQUEST: amaas_unit = 0;
/// Rows.
pub const AMAAS_UNIT_ROW: amaas_unit = 1;
/// Tokens read.
pub const AMAAS_UNIT_TOKENS_IN: amaas_unit = 2;
/// Tokens written.
pub const AMAAS_UNIT_TOKENS_OUT: amaas_unit = 3;
/// Nanoseconds of compute.
pub const AMAAS_UNIT_COMPUTE: amaas_unit = 4;
/// Nanoseconds of being kept loaded.
pub const AMAAS_UNIT_LOADED: amaas_unit = 5;

/// What `tenant` used so far today and this month, by the ledger and the price table; NULL for `tenant`
/// asks for all calls that name none. The caller owns `out`.
///
/// # Safety
/// `service` is live, `tenant` is NULL or ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_standing(
    service: *const amaas_service,
    tenant: *const c_char,
    out: *mut *mut amaas_standing,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let standing = service.standing(optional_name(tenant, "tenant")?)?;
        out.write(give(amaas_standing {
            spent_today: Text::new(standing.spent_today.to_string()),
            spent_this_month: Text::new(standing.spent_this_month.to_string()),
            rates: standing
                .used
                .keys()
                .map(|rate| Text::new(&**rate))
                .collect(),
            standing,
        }));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// Rows of answered requests today; 0 for NULL.
///
/// # Safety
/// `standing` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_standing_rows_today(standing: *const amaas_standing) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(standing, 0, |it| Some(it.standing.rows_today)) }
}

/// Money spent today, as decimal digits; NULL for NULL. Valid until the standing is freed.
///
/// # Safety
/// `standing` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_standing_spent_today(
    standing: *const amaas_standing,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(standing, |it| Some(&it.spent_today)) }
}

/// Money spent this month, as decimal digits; NULL for NULL. Valid until the standing is freed.
///
/// # Safety
/// `standing` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_standing_spent_this_month(
    standing: *const amaas_standing,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(standing, |it| Some(&it.spent_this_month)) }
}

/// How many rates something was used of this month; 0 for NULL.
///
/// # Safety
/// `standing` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_standing_rate_count(standing: *const amaas_standing) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(standing, 0, |it| Some(it.rates.len())) }
}

/// The name of the rate at `index`; NULL where there is none and for NULL. Valid until the standing is
/// freed.
///
/// # Safety
/// `standing` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_standing_rate(
    standing: *const amaas_standing,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(standing, |it| it.rates.get(index)) }
}

/// Writes to `out` how much of `unit`, one of `AMAAS_UNIT_…`, was used this month by the rate at
/// `index`.
///
/// `AMAAS_STATUS_INVALID_ARGUMENT` where there is no such rate.
///
/// # Safety
/// `standing` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_standing_used(
    standing: *const amaas_standing,
    index: usize,
    unit: amaas_unit,
    out: *mut u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let used = &object(standing, "standing")?.standing.used;
        let (unit, out) = (parse(unit)?, Place::new(out, "out")?);
        let missing = || {
            let what = format!("is `{index}` of `{}`", used.len());
            refuse("index", &what, "ask `amaas_standing_rate_count` first")
        };
        out.write(used.values().nth(index).ok_or_else(missing)?.get(unit));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// Ends a standing; NULL is allowed.
///
/// # Safety
/// `standing` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_standing_free(standing: *mut amaas_standing) {
    // SAFETY: the caller's promise.
    unsafe { free(standing) };
}

fn parse(unit: amaas_unit) -> amaas_core::Result<Unit> {
    let place = usize::try_from(unit).ok();
    let known = place.and_then(|place| Unit::ALL.get(place));
    known.copied().ok_or_else(|| {
        let what = format!("is `{unit}`");
        refuse("unit", &what, "use one of `AMAAS_UNIT_…`")
    })
}
