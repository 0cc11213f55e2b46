//! Versions that are taken back: yanked, which leaves them to those who have them, or deleted.

use std::ffi::c_char;

use crate::arguments::{name, object, optional_name, version};
use crate::boundary::call;
use crate::error::amaas_error;
use crate::service::amaas_service;
use crate::status::amaas_status;

/// Withdraws a version: no range picks it any more. Whoever names it exactly, by digest or through
/// an alias gets it, with a notice; routes that serve it go on. Yanking again puts another reason
/// in place.
///
/// `reason` is one line that is kept with it; NULL for `reason` is none. `AMAAS_STATUS_NOT_FOUND` when there is
/// no such version.
///
/// # Safety
/// `service` is live, the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_yank(
    service: *const amaas_service,
    model: *const c_char,
    version: *const c_char,
    reason: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let yank = || unsafe {
        let service = &object(service, "service")?.0;
        let model = name(model, "model")?.parse()?;
        let version = self::version(name(version, "version")?, "version")?;

        let reason = optional_name(reason, "reason")?;
        service.registry()?.yank(&model, &version, reason)
    };
    // SAFETY: as above.
    unsafe { call(error, yank) }
}

/// Takes a yank back; nothing happens to a version that is not yanked.
///
/// `AMAAS_STATUS_NOT_FOUND` when there is no such version.
///
/// # Safety
/// `service` is live, the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_unyank(
    service: *const amaas_service,
    model: *const c_char,
    version: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let unyank = || unsafe {
        let service = &object(service, "service")?.0;
        let model = name(model, "model")?.parse()?;
        let version = self::version(name(version, "version")?, "version")?;

        service.registry()?.unyank(&model, &version)
    };
    // SAFETY: as above.
    unsafe { call(error, unyank) }
}

/// Takes a version off the list, and with the last one its model and that model's history. Routes
/// that serve it go on. Its bytes stay until `amaas_service_gc` finds that nothing needs them.
///
/// `AMAAS_STATUS_CONFLICT` names the aliases that point at it; `AMAAS_STATUS_NOT_FOUND` when there
/// is no such version.
///
/// # Safety
/// `service` is live, the texts end in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_delete(
    service: *const amaas_service,
    model: *const c_char,
    version: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let delete = || unsafe {
        let service = &object(service, "service")?.0;
        let model = name(model, "model")?.parse()?;
        let version = self::version(name(version, "version")?, "version")?;

        service.registry()?.delete(&model, &version)
    };
    // SAFETY: as above.
    unsafe { call(error, delete) }
}
