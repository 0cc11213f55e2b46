//! Cleaning up: blobs that nothing needs any more.

use std::ffi::c_char;

use amaas_core::registry::{GcOptions, GcReport};

use crate::arguments::{Place, object};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::gc_options::amaas_gc_options;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, view};

/// What a clean-up removed, or would remove.
///
/// Made by `amaas_service_gc`, owned by its caller, ended with `amaas_gc_report_free`. It never
/// changes: any number of threads may read it. Everything it answers with is valid until it is
/// freed. Blobs are counted from 0.
#[derive(Debug)]
pub struct amaas_gc_report {
    removed: Vec<Text>,
    bytes: u64,
    kept: u64,
    spared: u64,
    temporaries: u64,
}

impl amaas_gc_report {
    fn new(report: &GcReport) -> Self {
        let removed = report.removed.iter();
        Self {
            removed: removed
                .map(|digest| Text::new(digest.to_string()))
                .collect(),
            bytes: report.bytes,
            kept: report.kept,
            spared: report.spared,
            temporaries: report.temporaries,
        }
    }
}

/// Removes from the registry's disk what no version needs, and files of writes that were cut off.
/// Safe beside publishers, readers and routes; blocks meanwhile.
///
/// `options` may be NULL, which is as options with nothing set. The caller owns `out`.
///
/// `AMAAS_STATUS_CORRUPT` when something that may need more blobs cannot be read, and then nothing
/// was removed.
///
/// # Safety
/// `service` is live, `options` is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_gc(
    service: *const amaas_service,
    options: *const amaas_gc_options,
    out: *mut *mut amaas_gc_report,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let clean = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let options = options
            .as_ref()
            .map_or_else(GcOptions::default, |options| options.0);
        out.write(give(amaas_gc_report::new(
            &service.registry()?.gc(&options)?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, clean) }
}

/// How many blobs were removed; 0 for NULL.
///
/// # Safety
/// `report` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_report_removed_count(report: *const amaas_gc_report) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(report, 0, |report| Some(report.removed.len())) }
}

/// The digest of a blob that was removed, as `sha256:…`; NULL where there is none and for NULL.
///
/// # Safety
/// `report` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_report_removed(
    report: *const amaas_gc_report,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(report, |report| report.removed.get(index)) }
}

/// How many bytes that freed, those of temporary files included; 0 for NULL.
///
/// # Safety
/// `report` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_report_bytes(report: *const amaas_gc_report) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(report, 0, |report| Some(report.bytes)) }
}

/// How many blobs are needed; 0 for NULL.
///
/// # Safety
/// `report` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_report_kept(report: *const amaas_gc_report) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(report, 0, |report| Some(report.kept)) }
}

/// How many blobs are not needed, but not for long enough; 0 for NULL.
///
/// # Safety
/// `report` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_report_spared(report: *const amaas_gc_report) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(report, 0, |report| Some(report.spared)) }
}

/// How many files of writes that were cut off were removed; 0 for NULL.
///
/// # Safety
/// `report` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_report_temporaries(report: *const amaas_gc_report) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(report, 0, |report| Some(report.temporaries)) }
}

/// Ends a report, with all it answered with; NULL is allowed.
///
/// # Safety
/// `report` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_gc_report_free(report: *mut amaas_gc_report) {
    // SAFETY: the caller's promise.
    unsafe { free(report) };
}
