//! Remotes: any OCI registry that versions are pushed to and pulled from.

use std::ffi::c_char;

use amaas_core::registry::remote::Remote;

use crate::arguments::{Place, entry, name, object};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::remote_model::amaas_remote_model;
use crate::remote_options::amaas_remote_options;
use crate::resolved::amaas_resolved;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, amaas_text};
use crate::transferred::amaas_transferred;

/// A namespace of an OCI registry.
///
/// Made by `amaas_remote_open`, owned by its caller, ended with `amaas_remote_free`. Any number of
/// threads may use one remote at once, and share its connections; none may use it while or after
/// it is freed.
#[derive(Debug)]
pub struct amaas_remote(pub(crate) Remote);

/// Makes a remote of the namespace at `oci://host[:port]/namespace`. Credentials and certificates
/// are read; the remote itself is not asked yet.
///
/// `options` may be NULL, which is as options with nothing set; they are borrowed for the call
/// only. The caller owns `out`.
///
/// `AMAAS_STATUS_ACCESS_DENIED` when a credential helper fails.
///
/// # Safety
/// `address` ends in NUL, `options` is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_open(
    address: *const c_char,
    options: *const amaas_remote_options,
    out: *mut *mut amaas_remote,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let open = || unsafe {
        let (address, out) = (name(address, "address")?, Place::new(out, "out")?);
        let builder = options.as_ref().map_or_else(
            || Remote::builder(address),
            |options| options.builder(address),
        );
        out.write(give(amaas_remote(builder.open()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, open) }
}

/// Sends the version that `reference` selects in the registry of `service`, as for
/// `amaas_service_resolve`. What the remote has is not sent again; pushing the same version again
/// changes nothing. Blocks meanwhile; after a cut it goes on where it was. The caller owns `out`.
///
/// `AMAAS_STATUS_NOT_FOUND` when the registry has no such version, `AMAAS_STATUS_ALREADY_EXISTS`
/// when the remote has another package under it, `AMAAS_STATUS_ACCESS_DENIED`,
/// `AMAAS_STATUS_REMOTE_UNAVAILABLE` when it cannot be reached, `AMAAS_STATUS_CORRUPT` naming a
/// blob that is damaged here, `AMAAS_STATUS_CANCELLED` when the flag was raised.
///
/// # Safety
/// `remote` and `service` are live, `reference` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_push(
    remote: *const amaas_remote,
    service: *const amaas_service,
    reference: *const c_char,
    out: *mut *mut amaas_transferred,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let push = || unsafe {
        let (remote, out) = (&object(remote, "remote")?.0, Place::new(out, "out")?);
        let registry = object(service, "service")?.0.registry()?;
        let (model, selector) = entry(name(reference, "reference")?)?;

        let pushed = remote.push(registry, &model, &selector)?;
        out.write(give(amaas_transferred::pushed(&pushed)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, push) }
}

/// Fetches the version that `reference` selects on the remote, as for `amaas_service_resolve`, into
/// the registry of `service`. What is here is not fetched again, unless it is damaged; pulling the
/// same version again changes nothing. What comes is checked; it is not loaded. Blocks meanwhile.
/// The parts of a pull that was cut off are kept for the next. The caller owns `out`.
///
/// `AMAAS_STATUS_NOT_FOUND` with what is there, `AMAAS_STATUS_ALREADY_EXISTS` when the registry has
/// another package under that version, `AMAAS_STATUS_CORRUPT` naming what came damaged,
/// `AMAAS_STATUS_INVALID_PACKAGE` when it is no package; else as `amaas_remote_push`.
///
/// # Safety
/// `remote` and `service` are live, `reference` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_pull(
    remote: *const amaas_remote,
    service: *const amaas_service,
    reference: *const c_char,
    out: *mut *mut amaas_transferred,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let pull = || unsafe {
        let (remote, out) = (&object(remote, "remote")?.0, Place::new(out, "out")?);
        let registry = object(service, "service")?.0.registry()?;
        let (model, selector) = entry(name(reference, "reference")?)?;

        let pulled = remote.pull(registry, &model, &selector)?;
        out.write(give(amaas_transferred::pulled(&pulled)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, pull) }
}

/// Lists the versions and aliases of a model on the remote. Blocks meanwhile. The caller owns
/// `out`.
///
/// `AMAAS_STATUS_NOT_FOUND` when there is no such model; else as `amaas_remote_pull`.
///
/// # Safety
/// `remote` is live, `model` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_list(
    remote: *const amaas_remote,
    model: *const c_char,
    out: *mut *mut amaas_remote_model,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let list = || unsafe {
        let (remote, out) = (&object(remote, "remote")?.0, Place::new(out, "out")?);
        let model = remote.model(&name(model, "model")?.parse()?)?;
        out.write(give(amaas_remote_model::new(&model)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, list) }
}

/// Says which version `reference` selects on the remote now, as for `amaas_service_resolve`;
/// nothing is fetched. Blocks meanwhile. The caller owns `out`. A remote knows of no yanks, so
/// there are no notices.
///
/// # Safety
/// `remote` is live, `reference` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_resolve(
    remote: *const amaas_remote,
    reference: *const c_char,
    out: *mut *mut amaas_resolved,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let resolve = || unsafe {
        let (remote, out) = (&object(remote, "remote")?.0, Place::new(out, "out")?);
        let (model, selector) = entry(name(reference, "reference")?)?;
        out.write(give(amaas_resolved::new(
            &remote.resolve(&model, &selector)?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, resolve) }
}

/// Points an alias on the remote at the version that `selector` picks there: a version, a range,
/// another alias or a digest. A remote keeps no history of its aliases. Blocks meanwhile. `out`
/// gets that version, as `1.2.0`, and belongs to the caller.
///
/// `AMAAS_STATUS_NOT_FOUND` with what is there; else as `amaas_remote_push`.
///
/// # Safety
/// `remote` is live, the texts end in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_set_alias(
    remote: *const amaas_remote,
    model: *const c_char,
    alias: *const c_char,
    selector: *const c_char,
    out: *mut *mut amaas_text,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let set = || unsafe {
        let (remote, out) = (&object(remote, "remote")?.0, Place::new(out, "out")?);
        let (model, alias) = (
            name(model, "model")?.parse()?,
            name(alias, "alias")?.parse()?,
        );
        let selector = name(selector, "selector")?.parse()?;
        let version = remote.set_alias(&model, &alias, &selector)?;
        out.write(give(amaas_text(Text::new(version.to_string()))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Ends a remote; NULL is allowed.
///
/// # Safety
/// `remote` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_remote_free(remote: *mut amaas_remote) {
    // SAFETY: the caller's promise.
    unsafe { free(remote) };
}
