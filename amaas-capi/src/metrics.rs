//! The sums of a service over all its requests, model by model.

use std::ffi::c_char;

use amaas_core::usage::Totals;

use crate::arguments::{Place, object, refuse};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, amaas_text, view};
use crate::usage::{amaas_totals, write_totals};

/// The sums of a service as they were when it was asked, model by model, in the order of their
/// names. They only ever grow: routes that were freed stay in them.
///
/// Made by `amaas_service_metrics`, owned by its caller, ended with `amaas_metrics_free`. It never
/// changes: any number of threads may read it. Everything it answers with is valid until it is
/// freed. Models are counted from 0.
#[derive(Debug)]
pub struct amaas_metrics(Vec<(Text, Totals)>);

/// Sums up what the routes of a service have answered, for each model by the name that it was loaded
/// under. The caller owns `out`.
///
/// Requests under way on other threads may be in some sums and not yet in others.
///
/// # Safety
/// `service` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_metrics(
    service: *const amaas_service,
    out: *mut *mut amaas_metrics,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let sum = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let sums = service.usage().into_iter();
        let sums = sums.map(|(name, totals)| (Text::new(name.as_str()), totals));
        out.write(give(amaas_metrics(sums.collect())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, sum) }
}

/// Tells what the routes of a service have answered and what is in memory, in the text format of
/// Prometheus. Neither inputs nor tenants are in it. The caller owns `out`.
///
/// # Safety
/// `service` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_metrics_text(
    service: *const amaas_service,
    out: *mut *mut amaas_text,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let tell = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        out.write(give(amaas_text(Text::new(service.metrics_text()))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, tell) }
}

/// How many models there are; 0 for NULL.
///
/// # Safety
/// `metrics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_metrics_count(metrics: *const amaas_metrics) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(metrics, 0, |metrics| Some(metrics.0.len())) }
}

/// The name of the model at `index`; NULL where there is none and for NULL.
///
/// # Safety
/// `metrics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_metrics_model(
    metrics: *const amaas_metrics,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(metrics, |metrics| Some(&metrics.0.get(index)?.0)) }
}

/// Writes the sums of the model at `index` to `totals`, whose `size` must be set.
///
/// `AMAAS_STATUS_INVALID_ARGUMENT` where there is none.
///
/// # Safety
/// `metrics` is live, `totals` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_metrics_totals(
    metrics: *const amaas_metrics,
    index: usize,
    totals: *mut amaas_totals,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let write = || unsafe {
        let sums = &object(metrics, "metrics")?.0;
        let missing = || {
            let what = format!("is `{index}` of `{}`", sums.len());
            refuse("index", &what, "ask `amaas_metrics_count` first")
        };
        write_totals(sums.get(index).ok_or_else(missing)?.1, totals)
    };
    // SAFETY: as above.
    unsafe { call(error, write) }
}

/// Ends what was summed up; NULL is allowed.
///
/// # Safety
/// `metrics` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_metrics_free(metrics: *mut amaas_metrics) {
    // SAFETY: the caller's promise.
    unsafe { free(metrics) };
}
