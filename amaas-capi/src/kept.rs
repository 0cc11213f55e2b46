//! Versions that stay loaded, so that a move to one of them takes no time.

use std::ffi::c_char;

use amaas_core::Result;
use amaas_core::registry::Policy;
use amaas_core::service::Kept;

use crate::arguments::{At, Place, name, names, object, positive, version};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::route::amaas_route;
use crate::service::amaas_service;
use crate::status::amaas_status;

/// Keeps versions of one model loaded for as long as it lives. Routes to them share their
/// instances.
///
/// Made by `amaas_service_keep_…`, owned by its caller, ended with `amaas_kept_free`. Any number of
/// threads may use one at once; none may use it while or after it is freed. It keeps its service
/// alive.
#[derive(Debug)]
pub struct amaas_kept(Kept);

/// Routes to the versions that were kept when it was asked, the highest first.
///
/// Made by `amaas_kept_routes`, owned by its caller, ended with `amaas_route_list_free`. It never
/// changes: any number of threads may read it. Its versions stay loaded until it is freed, also those
/// that are not kept any more. Routes are counted from 0.
#[derive(Debug)]
pub struct amaas_route_list(Vec<amaas_route>);

/// Loads the highest `count` versions of a model and keeps them loaded; at least 1. Pre-releases
/// and what was yanked do not count. Blocks meanwhile. The caller owns `out`.
///
/// `AMAAS_STATUS_NOT_FOUND` when there is no such model; else as `amaas_service_load`.
///
/// # Safety
/// `service` is live, `model` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_keep_latest(
    service: *const amaas_service,
    model: *const c_char,
    count: usize,
    out: *mut *mut amaas_kept,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let keep = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let model = name(model, "model")?;
        let policy = Policy::Latest(positive(count, "count")?);
        out.write(give(amaas_kept(service.keep(model, policy)?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, keep) }
}

/// Loads every version of a model and keeps them loaded, save pre-releases and what was yanked;
/// else as `amaas_service_keep_latest`.
///
/// # Safety
/// `service` is live, `model` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_keep_all(
    service: *const amaas_service,
    model: *const c_char,
    out: *mut *mut amaas_kept,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let keep = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let model = name(model, "model")?;
        let policy = Policy::All;
        out.write(give(amaas_kept(service.keep(model, policy)?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, keep) }
}

/// Loads `count` versions of a model, each as `1.2.0`, and keeps them loaded, yanked or not; else
/// as `amaas_service_keep_latest`.
///
/// # Safety
/// `service` is live, `versions` points to `count` texts, these and `model` end in NUL, `out` can
/// be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_keep_versions(
    service: *const amaas_service,
    model: *const c_char,
    versions: *const *const c_char,
    count: usize,
    out: *mut *mut amaas_kept,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let keep = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let model = name(model, "model")?;
        let named = names(versions, count, "versions")?.into_iter().enumerate();
        let named = named.map(|(index, text)| version(text, At("versions", index)));
        let policy = Policy::Specific(named.collect::<Result<_>>()?);
        out.write(give(amaas_kept(service.keep(model, policy)?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, keep) }
}

/// Looks again which versions are to be kept: loads what is new, then lets go of the rest. If one
/// cannot be loaded everything stays as it was. Blocks meanwhile, and takes the memory of both.
/// `changed` says whether that changed anything; NULL is allowed.
///
/// # Safety
/// `kept` is live, `changed` is NULL or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_kept_update(
    kept: *const amaas_kept,
    changed: *mut bool,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let update = || unsafe {
        let moved = object(kept, "kept")?.0.update()?;
        // NULL is allowed here: there is nothing to refuse.
        let _ = Place::new(changed, "changed").map(|place| place.write(moved));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, update) }
}

/// Lists a route to each version that is kept now; each is pinned to its version. The caller owns
/// `out`.
///
/// # Safety
/// `kept` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_kept_routes(
    kept: *const amaas_kept,
    out: *mut *mut amaas_route_list,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let list = || unsafe {
        let (kept, out) = (&object(kept, "kept")?.0, Place::new(out, "out")?);
        let routes = kept.routes().into_iter().map(amaas_route::new);
        out.write(give(amaas_route_list(routes.collect())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, list) }
}

/// Ends it: its versions are unloaded once no route serves them; NULL is allowed.
///
/// # Safety
/// `kept` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_kept_free(kept: *mut amaas_kept) {
    // SAFETY: the caller's promise.
    unsafe { free(kept) };
}

/// How many routes there are; 0 for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_list_count(list: *const amaas_route_list) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(list, 0, |list| Some(list.0.len())) }
}

/// The route at `index`; NULL where there is none and for NULL. It belongs to the list: it is not
/// freed, and `amaas_route_clone` makes a handle of it that outlives the list.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_list_route(
    list: *const amaas_route_list,
    index: usize,
) -> *const amaas_route {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, std::ptr::null(), |list| {
            Some(std::ptr::from_ref(list.0.get(index)?))
        })
    }
}

/// Ends a list with its handles to routes; NULL is allowed.
///
/// # Safety
/// `list` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_list_free(list: *mut amaas_route_list) {
    // SAFETY: the caller's promise.
    unsafe { free(list) };
}
