//! The versions in a service and where each is in its life.

use std::ffi::c_char;

use amaas_core::service::{State, VersionStatus};

use crate::arguments::{Place, object};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::identity::Identity;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::text::{Text, view};
use crate::time::nanoseconds;

/// Where a version is in its life: one of `AMAAS_STATE_…`.
pub type amaas_state = i32;
/// There is no such version.
pub const AMAAS_STATE_NONE: amaas_state = 0;
/// Its instances are being made.
pub const AMAAS_STATE_LOADING: amaas_state = 1;
/// They are there, and it is seen whether they answer as they should.
pub const AMAAS_STATE_CHECKING: amaas_state = 2;
/// It serves.
pub const AMAAS_STATE_READY: amaas_state = 3;
/// It is to be unloaded, and requests that began on it are still at it.
pub const AMAAS_STATE_DRAINING: amaas_state = 4;
/// Its instances are gone; the next request loads it again.
pub const AMAAS_STATE_UNLOADED: amaas_state = 5;
/// It could not be loaded again; the next request tries once more.
pub const AMAAS_STATE_FAILED: amaas_state = 6;

/// The versions of a service as they were when it was asked, in the order in which they were first
/// loaded.
///
/// Made by `amaas_service_versions`, owned by its caller, ended with `amaas_version_list_free`. It
/// never changes: any number of threads may read it. Everything it answers with is valid until it
/// is freed. Versions and their routes are counted from 0.
#[derive(Debug)]
pub struct amaas_version_list(Vec<Version>);

#[derive(Debug)]
struct Version {
    identity: Identity,
    state: amaas_state,
    routes: Vec<Text>,
    pinned: bool,
    bytes: u64,
    idle_ns: u64,
}

impl Version {
    fn new(status: VersionStatus) -> Self {
        Self {
            identity: Identity::new(&status.name, &status.version, &status.digest),
            state: number(status.state),
            routes: status.routes.into_iter().map(Text::new).collect(),
            pinned: status.pinned,
            bytes: status.bytes,
            idle_ns: nanoseconds(status.idle),
        }
    }
}

fn number(state: State) -> amaas_state {
    match state {
        State::Loading => AMAAS_STATE_LOADING,
        State::Checking => AMAAS_STATE_CHECKING,
        State::Ready => AMAAS_STATE_READY,
        State::Draining => AMAAS_STATE_DRAINING,
        State::Unloaded => AMAAS_STATE_UNLOADED,
        State::Failed => AMAAS_STATE_FAILED,
    }
}

/// Lists every version that is loaded, is being loaded, or is served by a route though its
/// instances have left the memory. One that is served with different settings is listed once for
/// each. The caller owns `out`.
///
/// # Safety
/// `service` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_versions(
    service: *const amaas_service,
    out: *mut *mut amaas_version_list,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let list = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let versions = service.versions().into_iter().map(Version::new);
        out.write(give(amaas_version_list(versions.collect())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, list) }
}

/// How many versions there are; 0 for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_count(list: *const amaas_version_list) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(list, 0, |list| Some(list.0.len())) }
}

/// The model of the version at `index`; NULL where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_name(
    list: *const amaas_version_list,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(list, |list| Some(&list.0.get(index)?.identity.name)) }
}

/// The version at `index`, as `1.2.0`; NULL where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_version(
    list: *const amaas_version_list,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(list, |list| Some(&list.0.get(index)?.identity.version)) }
}

/// The digest of the version at `index`, as `sha256:…`; NULL where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_digest(
    list: *const amaas_version_list,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(list, |list| Some(&list.0.get(index)?.identity.digest)) }
}

/// Where the version at `index` is in its life; `AMAAS_STATE_NONE` where there is none and for
/// NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_state(
    list: *const amaas_version_list,
    index: usize,
) -> amaas_state {
    // SAFETY: the caller's promise.
    unsafe {
        read(list, AMAAS_STATE_NONE, |list| {
            Some(list.0.get(index)?.state)
        })
    }
}

/// How many routes the version at `index` answers, kept ones among them; 0 where there is none and
/// for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_route_count(
    list: *const amaas_version_list,
    index: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(list, 0, |list| Some(list.0.get(index)?.routes.len())) }
}

/// The reference of the route `route` of the version at `index`; NULL where there is none and for
/// NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_route(
    list: *const amaas_version_list,
    index: usize,
    route: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(list, |list| list.0.get(index)?.routes.get(route)) }
}

/// Whether the version at `index` stays in memory: a route to it is pinned, or it cannot be loaded
/// again. False where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_pinned(
    list: *const amaas_version_list,
    index: usize,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe { read(list, false, |list| Some(list.0.get(index)?.pinned)) }
}

/// How many bytes graph and weights of the version at `index` have on disk; 0 where there is none
/// and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_bytes(
    list: *const amaas_version_list,
    index: usize,
) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(list, 0, |list| Some(list.0.get(index)?.bytes)) }
}

/// How many nanoseconds ago the last request of the version at `index` came, or its load where none
/// has; 0 where there is none and for NULL.
///
/// # Safety
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_idle(
    list: *const amaas_version_list,
    index: usize,
) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { read(list, 0, |list| Some(list.0.get(index)?.idle_ns)) }
}

/// Ends a list; NULL is allowed.
///
/// # Safety
/// `list` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_version_list_free(list: *mut amaas_version_list) {
    // SAFETY: the caller's promise.
    unsafe { free(list) };
}
