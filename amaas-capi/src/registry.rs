//! What a service does with its registry: publish, list, move aliases.
//!
//! Without a registry all of these answer `AMAAS_STATUS_NOT_FOUND`.

use std::ffi::c_char;

use crate::arguments::{Place, name, object, optional_name, refuse};
use crate::boundary::{call, give};
use crate::error::amaas_error;
use crate::model_list::amaas_model_list;
use crate::published::amaas_published;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, amaas_text};

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

/// Points an alias of a model at a version.
///
/// `expected` guards against somebody else who moves it at the same time: the version that the
/// alias must point at now, or an empty text when there must be no such alias yet; otherwise
/// `AMAAS_STATUS_CONFLICT` and nothing is changed. NULL for no guard. Routes that follow the
/// alias move with `amaas_route_update`.
///
/// # Safety
/// `service` is live, the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_set_alias(
    service: *const amaas_service,
    model: *const c_char,
    alias: *const c_char,
    version: *const c_char,
    expected: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let set = || unsafe {
        let service = &object(service, "service")?.0;
        let (model, alias) = (
            name(model, "model")?.parse()?,
            name(alias, "alias")?.parse()?,
        );
        let version = parse(name(version, "version")?, "version")?;
        let expected = match optional_name(expected, "expected")? {
            Some("") => Some(None),
            Some(text) => Some(Some(parse(text, "expected")?)),
            None => None,
        };
        let expected = expected.as_ref().map(Option::as_ref);
        service
            .registry()?
            .set_alias(&model, &alias, &version, expected)
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Points an alias back at the version it pointed at before; again, one step further back.
///
/// `AMAAS_STATUS_CONFLICT` when it has not pointed elsewhere before.
///
/// `out` gets that version, as `1.2.0`, and belongs to the caller.
///
/// # Safety
/// `service` is live, the texts end in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_rollback(
    service: *const amaas_service,
    model: *const c_char,
    alias: *const c_char,
    out: *mut *mut amaas_text,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let back = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let (model, alias) = (
            name(model, "model")?.parse()?,
            name(alias, "alias")?.parse()?,
        );
        let version = service.registry()?.rollback(&model, &alias)?;
        out.write(give(amaas_text(Text::new(version.to_string()))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, back) }
}

/// A version.
fn parse<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    version: &str,
    parameter: &str,
) -> amaas_core::Result<T> {
    version.parse().map_err(|cause: T::Err| {
        refuse(parameter, "is not a version", "write it as `1.2.0`").because(cause)
    })
}
