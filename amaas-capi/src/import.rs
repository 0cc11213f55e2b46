//! Models that come into the registry: from an archive, or from another tool's folder.

use std::ffi::c_char;

use amaas_core::Result;
use amaas_core::registry::{ImportLimits, ImportOptions, Imported, import};

use crate::arguments::{Place, name, object};
use crate::boundary::{call, give};
use crate::error::amaas_error;
use crate::import_limits::amaas_import_limits;
use crate::import_options::amaas_import_options;
use crate::imported::amaas_imported;
use crate::service::amaas_service;
use crate::status::amaas_status;

/// Takes over every version of the tar at `path`, which `amaas_service_export_archive` or an OCI
/// tool wrote, and the aliases that are unheard of here. Doing it again changes nothing. Everything
/// in it is checked before the first byte is written; no version is loaded. Blocks meanwhile.
///
/// `limits` may be NULL, which is as limits with nothing set. The caller owns `out`.
///
/// `AMAAS_STATUS_ALREADY_EXISTS` when a version is there with other content,
/// `AMAAS_STATUS_INVALID_PACKAGE` for an archive that holds anything but models,
/// `AMAAS_STATUS_CORRUPT` for a damaged one, `AMAAS_STATUS_UNSUPPORTED` for a compressed one.
///
/// # Safety
/// `service` is live, `path` ends in NUL, `limits` is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_import_archive(
    service: *const amaas_service,
    path: *const c_char,
    limits: *const amaas_import_limits,
    out: *mut *mut amaas_imported,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let path = name(path, "path")?;
        let limits = limits
            .as_ref()
            .map_or_else(ImportLimits::default, |limits| limits.0);
        let imported = service.registry()?.import_within(path.as_ref(), &limits)?;
        out.write(give(amaas_imported::of_archive(&imported)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}

/// Makes packages of the models at `path`, which another tool wrote, and publishes each as
/// `amaas_service_publish` does. Nothing of theirs is executed. Blocks meanwhile.
///
/// `options` may be NULL, which is as options with nothing set. The caller owns `out`, which holds
/// a version for each that lay there, with notes. If one cannot be published those before it stay;
/// doing it again is safe.
///
/// `AMAAS_STATUS_UNSUPPORTED` when there is no ONNX graph in it.
///
/// # Safety
/// `service` is live, `path` ends in NUL, `options` is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_import_model(
    service: *const amaas_service,
    path: *const c_char,
    options: *const amaas_import_options,
    out: *mut *mut amaas_imported,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let path = name(path, "path")?;
        let none = ImportOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        service.registry()?;
        let publish = |one: Imported| {
            let published = service.publish_package(&one.package)?;
            Ok((one, published))
        };
        let found = import(path.as_ref(), options)?.into_iter();
        let published = found.map(publish).collect::<Result<Vec<_>>>()?;
        out.write(give(amaas_imported::of_models(&published)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}
