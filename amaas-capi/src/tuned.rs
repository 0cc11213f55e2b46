//! What tuning found.

use amaas_core::Result;
use amaas_core::service::{TuneRow, Tuned};

use crate::arguments::{object, refuse};
use crate::boundary::{call, free, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::time::nanoseconds;
use crate::usage::room;

/// What tuning found.
///
/// Made by `amaas_service_tune`, owned by its caller, ended with `amaas_tuned_free`. It never
/// changes: any number of threads may read it. Arrangements are counted from 0, the best first.
#[derive(Debug)]
pub struct amaas_tuned(pub(crate) Tuned);

/// One arrangement, and what was measured of it: medians over its turns.
///
/// Set `size` to `sizeof(amaas_tune_row)` before it is passed, as with `amaas_usage`.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_tune_row {
    /// `sizeof(amaas_tune_row)` as the host was compiled.
    pub size: usize,
    /// Instances; 0 for those of two widths that options with nothing set give.
    pub instances: usize,
    /// Threads of each instance; 0 as above.
    pub threads: usize,
    /// The most rows that run together.
    pub rows: usize,
    /// Requests sent at once.
    pub clients: usize,
    /// Requests answered.
    pub requests: usize,
    /// Requests answered in a second.
    pub requests_per_second: f64,
    /// Half of the requests took no longer than so many nanoseconds.
    pub p50_ns: u64,
    /// 99 of 100 requests took no longer than so many nanoseconds.
    pub p99_ns: u64,
}

/// How many arrangements were measured; 0 for NULL.
///
/// # Safety
/// `tuned` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tuned_count(tuned: *const amaas_tuned) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(tuned, 0, |tuned| Some(tuned.0.table.len())) }
}

/// How many arrangements there was no time for; 0 for NULL.
///
/// # Safety
/// `tuned` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tuned_untried(tuned: *const amaas_tuned) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(tuned, 0, |tuned| Some(tuned.0.untried)) }
}

/// Whether the first arrangement is as good as the objective asks; false for NULL.
///
/// # Safety
/// `tuned` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tuned_is_reached(tuned: *const amaas_tuned) -> bool {
    // SAFETY: the caller's promise.
    unsafe { read(tuned, false, |tuned| Some(tuned.0.best().is_some())) }
}

/// Writes the arrangement at `index` to `row`, whose `size` must be set.
///
/// `AMAAS_STATUS_INVALID_ARGUMENT` where there is none.
///
/// # Safety
/// `tuned` is live, `row` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tuned_row(
    tuned: *const amaas_tuned,
    index: usize,
    row: *mut amaas_tune_row,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let write = || unsafe {
        let table = &object(tuned, "tuned")?.0.table;
        let missing = || {
            let what = format!("is `{index}` of `{}`", table.len());
            refuse("index", &what, "ask `amaas_tuned_count` first")
        };
        write_row(table.get(index).ok_or_else(missing)?, row)
    };
    // SAFETY: as above.
    unsafe { call(error, write) }
}

/// Ends what tuning found; NULL is allowed.
///
/// # Safety
/// `tuned` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tuned_free(tuned: *mut amaas_tuned) {
    // SAFETY: the caller's promise.
    unsafe { free(tuned) };
}

/// Writes an arrangement to `place`.
///
/// # Safety
/// `place` is NULL or a struct whose `size` is set.
unsafe fn write_row(row: &TuneRow, place: *mut amaas_tune_row) -> Result<()> {
    // SAFETY: the caller's promise.
    let size = unsafe { room(place, "row") }?;
    let row = amaas_tune_row {
        size,
        instances: row.instances.unwrap_or(0),
        threads: row.threads.unwrap_or(0),
        rows: row.rows,
        clients: row.clients,
        requests: row.requests,
        requests_per_second: row.requests_per_second,
        p50_ns: nanoseconds(row.p50),
        p99_ns: nanoseconds(row.p99),
    };
    // SAFETY: the caller's promise, and the place is large enough.
    unsafe { place.write(row) };
    Ok(())
}
