//! The ledger: what was kept of receipts, as sums, exports and invoices.

use std::ffi::c_char;

use amaas_core::Result;
use amaas_core::usage::{By, Commit, Ledger, LedgerOptions};

use crate::arguments::{Place, flag, name, names, object};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::invoice::amaas_invoice;
use crate::ledger_filter::{amaas_ledger_filter, day, meant};
use crate::service_options::{amaas_service_options, set};
use crate::status::amaas_status;
use crate::sum_list::amaas_sum_list;

/// Receipts on disk.
///
/// Made by `amaas_ledger_open` or `amaas_ledger_read`, owned by its caller, ended with
/// `amaas_ledger_free`. Any number of threads may use one ledger at once, and any number of processes
/// one file.
#[derive(Debug)]
pub struct amaas_ledger(pub(crate) Ledger);

/// Opens the ledger at `path`, which is made when it is not there; with `strict`, `1`, each receipt is
/// settled before its answer, else together with others, `0`. The caller owns `out`.
///
/// # Safety
/// `path` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_open(
    path: *const c_char,
    strict: i32,
    out: *mut *mut amaas_ledger,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let open = || unsafe {
        let (path, out) = (name(path, "path")?, Place::new(out, "out")?);
        out.write(give(amaas_ledger(opened(path, strict)?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, open) }
}

/// Opens a ledger that is there, to be read and not written. The caller owns `out`.
///
/// # Safety
/// `path` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_read(
    path: *const c_char,
    out: *mut *mut amaas_ledger,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let open = || unsafe {
        let (path, out) = (name(path, "path")?, Place::new(out, "out")?);
        out.write(give(amaas_ledger(Ledger::read(path)?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, open) }
}

/// Ends a handle to a ledger, with the last of which everything is settled; NULL is allowed.
///
/// # Safety
/// `ledger` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_free(ledger: *mut amaas_ledger) {
    // SAFETY: the caller's promise.
    unsafe { free(ledger) };
}

/// Has every receipt kept in `ledger`, of which the options keep a share.
///
/// # Safety
/// `options` is live and used by no other thread, `ledger` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_use_ledger(
    options: *mut amaas_service_options,
    ledger: *const amaas_ledger,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.ledger = Some(object(ledger, "ledger")?.0.clone());
            Ok(())
        })
    }
}

/// Settles all receipts that came so far.
///
/// # Safety
/// `ledger` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_flush(
    ledger: *const amaas_ledger,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || object(ledger, "ledger")?.0.flush()) }
}

/// Sums the receipts that `filter` means; NULL for `filter` means all. They are told apart by currency
/// and by `count` of `tenant`, `model`, `day` and `rate`. The caller owns `out`.
///
/// # Safety
/// `ledger` is live, `filter` is NULL or live, `by` points to `count` texts that end in NUL, `out` can
/// be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_sums(
    ledger: *const amaas_ledger,
    filter: *const amaas_ledger_filter,
    by: *const *const c_char,
    count: usize,
    out: *mut *mut amaas_sum_list,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (ledger, out) = (&object(ledger, "ledger")?.0, Place::new(out, "out")?);
        let by = names(by, count, "by")?.into_iter().map(str::parse);
        let by = by.collect::<Result<Vec<By>>>()?;
        let sums = ledger.sums(&meant(filter), &by)?;
        out.write(give(amaas_sum_list::new(sums)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// Writes the receipts that `filter` means to `path`, as its ending says: `.csv`, `.json` or
/// `.parquet`; NULL for `filter` means all. How many there were is written to `out`.
///
/// # Safety
/// `ledger` is live, `filter` is NULL or live, `path` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_export(
    ledger: *const amaas_ledger,
    filter: *const amaas_ledger_filter,
    path: *const c_char,
    out: *mut u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let export = || unsafe {
        let (ledger, out) = (&object(ledger, "ledger")?.0, Place::new(out, "out")?);
        out.write(ledger.export(&meant(filter), name(path, "path")?)?);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, export) }
}

/// What `tenant` owes for the days from `from` up to and without `until`, in UTC, as `2026-01-31`. The
/// caller owns `out`.
///
/// # Safety
/// `ledger` is live, `tenant`, `from` and `until` end in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ledger_invoice(
    ledger: *const amaas_ledger,
    tenant: *const c_char,
    from: *const c_char,
    until: *const c_char,
    out: *mut *mut amaas_invoice,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (ledger, out) = (&object(ledger, "ledger")?.0, Place::new(out, "out")?);
        let (tenant, from) = (name(tenant, "tenant")?, name(from, "from")?);
        let until = name(until, "until")?;
        let invoice = ledger.invoice(tenant, day(from, "from")?, day(until, "until")?)?;
        out.write(give(amaas_invoice::new(invoice)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

/// The ledger at `path`, to be written.
pub(crate) fn opened(path: &str, strict: i32) -> Result<Ledger> {
    let commit = match flag(strict, "strict")? {
        true => Commit::Strict,
        false => Commit::Grouped,
    };
    let how = LedgerOptions {
        commit,
        ..LedgerOptions::default()
    };
    Ledger::open_with(path, how)
}
