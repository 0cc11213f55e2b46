//! What a service does with its registry: publish, list, move aliases.
//!
//! Without a registry all of these answer `AMAAS_STATUS_NOT_FOUND`.

use std::ffi::c_char;

use amaas_core::registry::{Guard, MoveOptions};

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
/// `AMAAS_STATUS_CONFLICT` and nothing is changed. NULL for no guard. `reason` is kept in the
/// alias's history; NULL for none. Routes that follow the alias move with `amaas_route_update`.
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
    reason: *const c_char,
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
        let expected = optional_name(expected, "expected")?;
        let believed = expected.filter(|text| !text.is_empty());
        let believed = believed.map(|text| parse(text, "expected")).transpose()?;
        let guard = match (expected, &believed) {
            (None, _) => Guard::Anywhere,
            (Some(_), None) => Guard::New,
            (Some(_), Some(version)) => Guard::At(version),
        };
        let reason = optional_name(reason, "reason")?;
        service
            .registry()?
            .set_alias(&model, &alias, &version, &MoveOptions { guard, reason })
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Points an alias back at the version it pointed at before; again, one step further back.
///
/// `AMAAS_STATUS_CONFLICT` when it has not pointed elsewhere before.
///
/// `reason` is kept in the alias's history; NULL for none. `out` gets that version, as `1.2.0`,
/// and belongs to the caller.
///
/// # Safety
/// `service` is live, the texts end in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_rollback(
    service: *const amaas_service,
    model: *const c_char,
    alias: *const c_char,
    reason: *const c_char,
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
        let reason = optional_name(reason, "reason")?;
        let version = service.registry()?.rollback(&model, &alias, reason)?;
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
