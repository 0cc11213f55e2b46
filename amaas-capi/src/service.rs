//! The service: what a host creates first and ends last.

use std::ffi::c_char;

use amaas_core::Service;

use crate::arguments::{Place, name, object};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::fork;
use crate::route::amaas_route;
use crate::service_options::amaas_service_options;
use crate::status::amaas_status;
use crate::text::{Text, amaas_text};

/// Owns the runtime, the registry and the loaded versions.
///
/// Made by `amaas_service_new`, owned by its caller, ended with `amaas_service_free`. Any number
/// of threads may use one service at once; none may use it while or after it is freed.
#[derive(Debug)]
pub struct amaas_service(pub(crate) Service);

/// Starts a service: finds ONNX Runtime and opens the registry.
///
/// `options` may be NULL, which is as options with nothing set; they are borrowed for the call
/// only. The caller owns `out`. Blocks while the runtime is loaded.
///
/// `AMAAS_STATUS_RUNTIME_UNAVAILABLE` says where ONNX Runtime was looked for and what to install.
///
/// # Safety
/// `options` is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_new(
    options: *const amaas_service_options,
    out: *mut *mut amaas_service,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let start = || unsafe {
        let out = Place::new(out, "out")?;
        let builder = options
            .as_ref()
            .map_or_else(Service::builder, amaas_service_options::builder);
        let service = builder.build()?;
        fork::watch();
        out.write(give(amaas_service(service)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, start) }
}

/// Ends a handle to a service; NULL is allowed. Routes that it loaded go on serving until they
/// are freed.
///
/// # Safety
/// `service` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_free(service: *mut amaas_service) {
    // SAFETY: the caller's promise.
    unsafe { free(service) };
}

/// Loads what `reference` says: `name`, `name@` and a selector (a semver range, a version, an
/// alias or a digest), or the path of a package folder or an `.onnx` file.
///
/// Blocks while the version is verified, loaded and checked against its golden examples. Two
/// routes to one version share it. The caller owns `out`.
///
/// `AMAAS_STATUS_NOT_FOUND` lists what is there.
///
/// # Safety
/// `service` is live, `reference` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_load(
    service: *const amaas_service,
    reference: *const c_char,
    out: *mut *mut amaas_route,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let load = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        out.write(give(amaas_route::new(
            service.load(name(reference, "reference")?)?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, load) }
}

/// As `amaas_service_load`, with settings of its own: `options` says where and how the version
/// runs, in place of the options that the service was made with. Its registry, its library of ONNX
/// Runtime, its memory budget and what comes first in an update do not count here. Routes to one version share it where their settings are equal.
///
/// # Safety
/// `service` and `options` are live, `reference` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_load_with(
    service: *const amaas_service,
    reference: *const c_char,
    options: *const amaas_service_options,
    out: *mut *mut amaas_route,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let load = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let settings = object(options, "options")?.settings();
        let route = service.load_with(name(reference, "reference")?, settings)?;
        out.write(give(amaas_route::new(route)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, load) }
}

/// Names the inference engine, as `onnxruntime 1.32.0`. The caller owns `out`.
///
/// # Safety
/// `service` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_runtime(
    service: *const amaas_service,
    out: *mut *mut amaas_text,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let describe = || unsafe {
        let service = &object(service, "service")?.0;
        Place::new(out, "out")?.write(give(amaas_text(Text::new(service.runtime()))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, describe) }
}
