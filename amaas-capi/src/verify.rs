//! Checking the registry: every byte, and whether every version answers as its author says.

use std::ffi::{c_char, c_void};

use amaas_core::registry::Progress;
use amaas_core::runtime::Stop;

use crate::arguments::{Place, name, object};
use crate::boundary::{call, give};
use crate::call::amaas_stop;
use crate::error::amaas_error;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::verification::amaas_verification;

/// How far a check has come. The documents, which are read before, do not count. Where versions are
/// deleted meanwhile it may begin anew. Later releases may add fields at its end: `size` says how
/// much of it the library knows.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_verified {
    /// The `sizeof(amaas_verified)` of the library.
    pub size: usize,
    /// Blobs that were read.
    pub blobs: u64,
    /// Blobs to read.
    pub all_blobs: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Bytes to read.
    pub all_bytes: u64,
}

/// Told after each blob, and before each version is loaded, how far a check has come, with the `data`
/// that was given along with it.
///
/// It is called on the thread of the call, before that returns; `verified` is valid while it runs.
/// It may call amaas, and must not throw or jump out. What it returns is nothing: to cancel the check
/// it raises the `stop` that the call was given.
pub type amaas_verify_progress =
    Option<unsafe extern "C" fn(data: *mut c_void, verified: *const amaas_verified)>;

/// Checks what `reference` says, which is as for `amaas_service_load`: its bytes, whether it loads
/// here, its golden examples. Blocks meanwhile. The caller owns `out`.
///
/// What is wrong with the version is the `amaas_verification_version_error` of index 0; the error
/// here is about finding it.
///
/// # Safety
/// `service` is live, `reference` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_verify(
    service: *const amaas_service,
    reference: *const c_char,
    out: *mut *mut amaas_verification,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let check = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let checked = service.verify(name(reference, "reference")?)?;
        out.write(give(amaas_verification::of_version(&checked)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, check) }
}

/// Reads every blob that some version of the registry needs, and lists those that are missing or
/// damaged. No version is loaded. Blocks meanwhile. `progress` may be NULL, and so may `stop`, whose
/// raising cancels the check. The caller owns `out`.
///
/// `AMAAS_STATUS_CORRUPT` when the list of models cannot be read; other damage is in `out`.
/// `AMAAS_STATUS_CANCELLED` when the flag was raised.
///
/// # Safety
/// `service` is live, `progress` is NULL or may be called with `data` until the call returns, `stop`
/// is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_verify_store(
    service: *const amaas_service,
    progress: amaas_verify_progress,
    data: *mut c_void,
    stop: *const amaas_stop,
    out: *mut *mut amaas_verification,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let check = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let report = service
            .registry()?
            .verify_while(&mut told(progress, data, stop))?;
        out.write(give(amaas_verification::of_store(&report)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, check) }
}

/// As `amaas_service_verify_store`, and then as `amaas_service_verify` for every version, one after
/// the other, which takes the time and memory that loading each takes.
///
/// # Safety
/// `service` is live, `progress` is NULL or may be called with `data` until the call returns, `stop`
/// is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_verify_all(
    service: *const amaas_service,
    progress: amaas_verify_progress,
    data: *mut c_void,
    stop: *const amaas_stop,
    out: *mut *mut amaas_verification,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let check = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let verified = service.verify_all_while(&mut told(progress, data, stop))?;
        out.write(give(amaas_verification::of_all(&verified)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, check) }
}

/// What tells C, and asks whether to go on.
///
/// # Safety
/// `progress` is NULL or may be called with `data`, and `stop` is NULL or live, for as long as the
/// answer lives.
unsafe fn told(
    progress: amaas_verify_progress,
    data: *mut c_void,
    stop: *const amaas_stop,
) -> impl FnMut(&Progress) -> bool {
    // SAFETY: the caller's promise.
    let stop = unsafe { stop.as_ref() }.map(|stop| stop.0.clone());
    move |found| {
        let verified = amaas_verified {
            size: size_of::<amaas_verified>(),
            blobs: found.blobs,
            all_blobs: found.all_blobs,
            bytes: found.bytes,
            all_bytes: found.all_bytes,
        };
        if let Some(progress) = progress {
            // SAFETY: the caller's promise.
            unsafe { progress(data, &raw const verified) };
        }
        !stop.as_ref().is_some_and(Stop::is_raised)
    }
}
