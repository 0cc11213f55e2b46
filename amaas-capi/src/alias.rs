//! Aliases of the registry: movable names for versions, with their history.

use std::ffi::c_char;

use amaas_core::Result;
use amaas_core::registry::{Guard, MoveOptions};
use semver::Version;

use crate::alias_history::amaas_alias_history;
use crate::arguments::{Place, name, object, optional_name, version};
use crate::boundary::{call, give};
use crate::error::amaas_error;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, amaas_text};

/// Points an alias of a model at a version.
///
/// `expected` guards against somebody else who moves it at the same time: the version that the
/// alias must point at now, or an empty text when there must be no such alias yet; otherwise
/// `AMAAS_STATUS_ALIAS_CONFLICT` and nothing is changed. NULL for `expected` is no guard. `reason` is kept in
/// the alias's history; NULL for `reason` is none. Routes that follow the alias move with `amaas_route_update`.
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
        let version = self::version(name(version, "version")?, "version")?;
        let expected = optional_name(expected, "expected")?;
        let believed = believed(expected)?;
        let guard = guard(expected, believed.as_ref());
        let reason = optional_name(reason, "reason")?;
        service
            .registry()?
            .set_alias(&model, &alias, &version, &MoveOptions { guard, reason })
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Takes an alias away. Its history stays, and `amaas_service_rollback` brings it back.
///
/// As for `amaas_service_set_alias`, `expected` and `reason` may be NULL.
///
/// `AMAAS_STATUS_NOT_FOUND` when there is no such alias.
///
/// # Safety
/// `service` is live, the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_remove_alias(
    service: *const amaas_service,
    model: *const c_char,
    alias: *const c_char,
    expected: *const c_char,
    reason: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let remove = || unsafe {
        let service = &object(service, "service")?.0;
        let (model, alias) = (
            name(model, "model")?.parse()?,
            name(alias, "alias")?.parse()?,
        );
        let expected = optional_name(expected, "expected")?;
        let believed = believed(expected)?;
        let guard = guard(expected, believed.as_ref());
        let reason = optional_name(reason, "reason")?;
        service
            .registry()?
            .remove_alias(&model, &alias, &MoveOptions { guard, reason })
    };
    // SAFETY: as above.
    unsafe { call(error, remove) }
}

/// Points an alias back at the version it pointed at before; again, one step further back.
///
/// `AMAAS_STATUS_CONFLICT` when it has not pointed elsewhere before.
///
/// `reason` is kept in the alias's history; NULL for `reason` is none. `out` gets that version, as `1.2.0`,
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

/// Lists the moves of an alias, also of one that was removed. The caller owns `out`.
///
/// `AMAAS_STATUS_NOT_FOUND` lists the aliases that are there.
///
/// # Safety
/// `service` is live, the texts end in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_alias_history(
    service: *const amaas_service,
    model: *const c_char,
    alias: *const c_char,
    out: *mut *mut amaas_alias_history,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let list = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let (model, alias) = (
            name(model, "model")?.parse()?,
            name(alias, "alias")?.parse()?,
        );
        let moves = service.registry()?.alias_history(&model, &alias)?;
        out.write(give(amaas_alias_history::new(&moves)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, list) }
}

/// The version that the caller believes the alias to point at; an empty text names none.
fn believed(expected: Option<&str>) -> Result<Option<Version>> {
    let named = expected.filter(|text| !text.is_empty());
    named.map(|text| version(text, "expected")).transpose()
}

/// What the alias must point at for it to be moved.
fn guard<'a>(expected: Option<&str>, believed: Option<&'a Version>) -> Guard<'a> {
    match (expected, believed) {
        (None, _) => Guard::Anywhere,
        (Some(_), None) => Guard::New,
        (Some(_), Some(version)) => Guard::At(version),
    }
}
