//! How much is stored, and what of it is shared.

use std::ffi::c_char;

use amaas_core::registry::{Statistics, VersionStatistics};

use crate::arguments::{Place, object};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, view};

/// How much a registry held when it was asked.
///
/// Made by `amaas_service_statistics`, owned by its caller, ended with `amaas_statistics_free`.
/// It never changes: any number of threads may read it. Everything it answers with is valid until
/// it is freed. Versions of all models are counted from 0, by model and version.
#[derive(Debug)]
pub struct amaas_statistics {
    models: u64,
    blobs: u64,
    bytes: u64,
    shared: u64,
    versions: Vec<Version>,
}

#[derive(Debug)]
struct Version {
    model: Text,
    version: Text,
    unique: u64,
    shared: u64,
}

impl amaas_statistics {
    fn new(statistics: &Statistics) -> Self {
        Self {
            models: statistics.models,
            blobs: statistics.blobs,
            bytes: statistics.bytes,
            shared: statistics.shared,
            versions: statistics.versions.iter().map(Version::new).collect(),
        }
    }
}

impl Version {
    fn new(version: &VersionStatistics) -> Self {
        Self {
            model: Text::new(version.name.as_str()),
            version: Text::new(version.version.to_string()),
            unique: version.unique,
            shared: version.shared,
        }
    }
}

/// Counts the models, versions, blobs and bytes of the registry. The caller owns `out`.
///
/// # Safety
/// `service` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_statistics(
    service: *const amaas_service,
    out: *mut *mut amaas_statistics,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let count = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        out.write(give(amaas_statistics::new(
            &service.registry()?.statistics()?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, count) }
}

/// How many models there are; 0 for NULL.
///
/// # Safety
/// `statistics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_statistics_models(statistics: *const amaas_statistics) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(statistics, 0, |statistics| Some(statistics.models)) }
}

/// How many blobs lie on the disk, needed or not; 0 for NULL.
///
/// # Safety
/// `statistics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_statistics_blobs(statistics: *const amaas_statistics) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(statistics, 0, |statistics| Some(statistics.blobs)) }
}

/// How many bytes these have; 0 for NULL.
///
/// # Safety
/// `statistics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_statistics_bytes(statistics: *const amaas_statistics) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(statistics, 0, |statistics| Some(statistics.bytes)) }
}

/// How many bytes more than one version needs, each counted once; 0 for NULL.
///
/// # Safety
/// `statistics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_statistics_shared(statistics: *const amaas_statistics) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(statistics, 0, |statistics| Some(statistics.shared)) }
}

/// How many versions all models have together; 0 for NULL.
///
/// # Safety
/// `statistics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_statistics_version_count(
    statistics: *const amaas_statistics,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(statistics, 0, |statistics| Some(statistics.versions.len())) }
}

/// The model of a version; NULL where there is none and for NULL.
///
/// # Safety
/// `statistics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_statistics_version_model(
    statistics: *const amaas_statistics,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(statistics, |statistics| {
            Some(&statistics.versions.get(index)?.model)
        })
    }
}

/// A version, as `1.2.0`; NULL where there is none and for NULL.
///
/// # Safety
/// `statistics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_statistics_version(
    statistics: *const amaas_statistics,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(statistics, |statistics| {
            Some(&statistics.versions.get(index)?.version)
        })
    }
}

/// How many bytes no other version needs, which is what deleting this one would free; 0 where there
/// is none and for NULL.
///
/// # Safety
/// `statistics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_statistics_version_unique(
    statistics: *const amaas_statistics,
    index: usize,
) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(statistics, 0, |statistics| {
            Some(statistics.versions.get(index)?.unique)
        })
    }
}

/// How many bytes of a version others need too; 0 where there is none and for NULL.
///
/// # Safety
/// `statistics` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_statistics_version_shared(
    statistics: *const amaas_statistics,
    index: usize,
) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(statistics, 0, |statistics| {
            Some(statistics.versions.get(index)?.shared)
        })
    }
}

/// Ends statistics, with all they answered with; NULL is allowed.
///
/// # Safety
/// `statistics` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_statistics_free(statistics: *mut amaas_statistics) {
    // SAFETY: the caller's promise.
    unsafe { free(statistics) };
}
