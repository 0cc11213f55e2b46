//! What a service does with its registry: publish, list, select.
//!
//! Without a registry these, and all others that need one, answer `AMAAS_STATUS_NOT_FOUND`.

use std::ffi::c_char;
use std::ptr;

use crate::arguments::{Place, entry, name, object};
use crate::boundary::{call, give};
use crate::error::amaas_error;
use crate::model_list::amaas_model_list;
use crate::published::amaas_published;
use crate::resolved::amaas_resolved;
use crate::service::amaas_service;
use crate::signature::amaas_signature;
use crate::status::amaas_status;

/// Checks the package at `path` (a folder or an `.onnx` file), runs its golden examples and
/// stores it in the registry. Publishing the same content again changes nothing.
///
/// Blocks meanwhile. The caller owns `out`.
///
/// `AMAAS_STATUS_ALREADY_EXISTS` when the version is there with other content.
///
/// # Safety
/// `service` is live, `path` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_publish(
    service: *const amaas_service,
    path: *const c_char,
    out: *mut *mut amaas_published,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let publish = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        out.write(give(amaas_published::new(
            &service.publish(name(path, "path")?)?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, publish) }
}

/// Lists the models of the registry with their versions and aliases. The caller owns `out`.
///
/// # Safety
/// `service` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_models(
    service: *const amaas_service,
    out: *mut *mut amaas_model_list,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let list = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        out.write(give(amaas_model_list::new(&service.registry()?.models()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, list) }
}

/// Lists one model with its versions and aliases: it is at index 0 of `out`, which the caller owns.
///
/// `AMAAS_STATUS_NOT_FOUND` lists the names that are there, the closest first.
///
/// # Safety
/// `service` is live, `model` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_model(
    service: *const amaas_service,
    model: *const c_char,
    out: *mut *mut amaas_model_list,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let list = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let model = service.registry()?.model(&name(model, "model")?.parse()?)?;
        out.write(give(amaas_model_list::new(&[model])));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, list) }
}

/// Says which version of the registry `reference` selects now, as `name` or `name@` and a selector;
/// a path is refused. Nothing is loaded. The caller owns `out`.
///
/// `AMAAS_STATUS_NOT_FOUND` lists what is there.
///
/// # Safety
/// `service` is live, `reference` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_resolve(
    service: *const amaas_service,
    reference: *const c_char,
    out: *mut *mut amaas_resolved,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let resolve = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let (model, selector) = entry(name(reference, "reference")?)?;
        let resolved = service.registry()?.resolve(&model, &selector)?;
        out.write(give(amaas_resolved::new(&resolved)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, resolve) }
}

/// Says what a version takes and gives, as it was recorded when it was published; nothing is
/// loaded. `reference` is as for `amaas_service_resolve`. The caller owns `out`, which becomes NULL
/// for a version that was stored without, as by a pull.
///
/// # Safety
/// `service` is live, `reference` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_signature(
    service: *const amaas_service,
    reference: *const c_char,
    out: *mut *mut amaas_signature,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let describe = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let (model, selector) = entry(name(reference, "reference")?)?;
        let signature = service.registry()?.signature(&model, &selector)?;
        out.write(signature.map_or(ptr::null_mut(), |signature| {
            give(amaas_signature::new(&signature))
        }));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, describe) }
}
