//! Following the registry: a thread that updates the service when something was published.

use std::ffi::c_void;
use std::ptr;
use std::time::Duration;

use amaas_core::Result;
use amaas_core::service::{WatchEvent, WatchOptions, Watcher};

use crate::arguments::{Place, flag, object, object_mut, positive};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::fork;
use crate::remote::amaas_remote;
use crate::service::amaas_service;
use crate::status::amaas_status;
use crate::updated::amaas_updated;

/// Options of `amaas_service_watch`.
///
/// Made by `amaas_watch_options_new`, owned by its caller, ended with `amaas_watch_options_free`; a
/// watcher that was started with it does not need it any more. Used by one thread at a time.
#[derive(Debug)]
pub struct amaas_watch_options(WatchOptions);

/// Updates a service whenever its registry may have changed, until it is freed.
///
/// Made by `amaas_service_watch`, owned by its caller, ended with `amaas_watcher_free`. Any number
/// of threads may use one at once; none may use it while or after it is freed. It does not keep
/// its service alive.
#[derive(Debug)]
pub struct amaas_watcher(Watcher);

/// Told, with the `data` that was given along with it, what came of a look at the registry: of
/// `updated` and `error` one is NULL. `updated` says what moved, and what failed to. `error` says
/// why changes of the folder cannot be heard, or the time cannot be kept; the watcher goes on with
/// what is left.
///
/// It is called on the thread of the watcher, never by two at once; both are valid while it runs.
/// It may call amaas, and must not throw or jump out.
pub type amaas_watch_told = Option<
    unsafe extern "C" fn(
        data: *mut c_void,
        updated: *const amaas_updated,
        error: *const amaas_error,
    ),
>;

/// Applies `set` to options.
///
/// # Safety
/// `options` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    options: *mut amaas_watch_options,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut WatchOptions) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(&mut object_mut(options, "options")?.0)) }
}

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_watch_options_new(
    out: *mut *mut amaas_watch_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_watch_options(WatchOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets how many milliseconds pass between looks where nothing tells of a change; at least 1. 30
/// seconds when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_watch_options_set_interval(
    options: *mut amaas_watch_options,
    milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.interval = Duration::from_millis(positive(milliseconds, "milliseconds")?);
            Ok(())
        })
    }
}

/// Sets the longest rest, in milliseconds, after failures in a row, each of which doubles the rest;
/// at least 1. Ten minutes when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_watch_options_set_longest(
    options: *mut amaas_watch_options,
    milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.longest = Duration::from_millis(positive(milliseconds, "milliseconds")?);
            Ok(())
        })
    }
}

/// Sets whether to listen for changes of the registry's folder: 0 for no, 1 for yes,
/// as when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_watch_options_set_notifications(
    options: *mut amaas_watch_options,
    notifications: i32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.notifications = flag(notifications, "notifications")?;
            Ok(())
        })
    }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_watch_options_free(options: *mut amaas_watch_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}

/// Starts a thread that updates the service at once, whenever the folder of its registry tells of a
/// change, and after each interval, until the watcher is freed or the service is gone. `options` may
/// be NULL for what they say when nothing is set. `told` may be NULL; looks that changed nothing are
/// not told. The caller owns `out`.
///
/// `AMAAS_STATUS_NOT_FOUND` for a service without a registry.
///
/// # Safety
/// `service` is live, `options` is NULL or live, `told` is NULL or may be called with `data` from
/// another thread until `amaas_watcher_free` has returned, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_watch(
    service: *const amaas_service,
    options: *const amaas_watch_options,
    told: amaas_watch_told,
    data: *mut c_void,
    out: *mut *mut amaas_watcher,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let watch = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let options = options
            .as_ref()
            .map(|options| options.0)
            .unwrap_or_default();
        let told = Told { told, data };
        let watcher = service.watch(options, move |event| told.tell(&event))?;
        out.write(give(amaas_watcher(watcher)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, watch) }
}

/// As `amaas_service_watch`, and pulls from `remote` before each look what the references of the
/// service select there; its aliases move here as they moved there. The remote is not needed any more
/// once this returns.
///
/// # Safety
/// As of `amaas_service_watch`; `remote` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_watch_remote(
    service: *const amaas_service,
    remote: *const amaas_remote,
    options: *const amaas_watch_options,
    told: amaas_watch_told,
    data: *mut c_void,
    out: *mut *mut amaas_watcher,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let watch = || unsafe {
        let (service, out) = (&object(service, "service")?.0, Place::new(out, "out")?);
        let remote = object(remote, "remote")?.0.clone();
        let options = options
            .as_ref()
            .map_or_else(WatchOptions::default, |options| options.0);
        let told = Told { told, data };
        let watcher = service.watch_remote(remote, options, move |event| told.tell(&event))?;
        out.write(give(amaas_watcher(watcher)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, watch) }
}

/// Has the watcher look now, whatever the time; it does not wait for that. NULL is allowed.
///
/// # Safety
/// `watcher` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_watcher_look(watcher: *const amaas_watcher) {
    // SAFETY: the caller's promise.
    unsafe {
        read(watcher, (), |watcher| {
            (!fork::is_child()).then(|| watcher.0.look())
        });
    }
}

/// Ends a watcher and waits for a look that is under way, which may be loading a model; NULL is
/// allowed. It may be called from `told`, which it does not wait for then.
///
/// # Safety
/// `watcher` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_watcher_free(watcher: *mut amaas_watcher) {
    // SAFETY: the caller's promise.
    unsafe { free(watcher) };
}

/// Whom to tell.
struct Told {
    told: amaas_watch_told,
    data: *mut c_void,
}

// SAFETY: the caller of `amaas_service_watch` promises that it may be called from another thread.
unsafe impl Send for Told {}

impl Told {
    fn tell(&self, event: &WatchEvent) {
        let Some(told) = self.told else { return };
        match event {
            WatchEvent::Updated(updated) => {
                let updated = amaas_updated::new(updated);
                // SAFETY: as above.
                unsafe { told(self.data, &raw const updated, ptr::null()) };
            }
            WatchEvent::Deaf(error) => {
                let error = amaas_error::new(error);
                // SAFETY: as above.
                unsafe { told(self.data, ptr::null(), &raw const error) };
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use amaas_core::{Error, ErrorKind};

    use super::*;
    use crate::error::amaas_error_status;
    use crate::status::AMAAS_STATUS_IO;

    unsafe extern "C" fn note(
        data: *mut c_void,
        updated: *const amaas_updated,
        error: *const amaas_error,
    ) {
        assert!(updated.is_null());
        // SAFETY: the place is on the stack of the test; the error lives during the call.
        unsafe { data.cast::<amaas_status>().write(amaas_error_status(error)) };
    }

    #[test]
    fn a_watcher_that_is_deaf_says_why() {
        let mut status: amaas_status = 0;
        let data = (&raw mut status).cast();
        let told = Told {
            told: Some(note),
            data,
        };
        told.tell(&WatchEvent::Deaf(Error::new(ErrorKind::Io, "no more")));
        assert_eq!(status, AMAAS_STATUS_IO);
    }
}
