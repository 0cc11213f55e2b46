//! What any call may say: by when, how urgent, who pays, and a flag to cancel it.

use std::ffi::c_char;
use std::time::Duration;

use amaas_core::runtime::Stop;
use amaas_core::{Call, Priority, Result};

use crate::arguments::{Place, name, object, object_mut, refuse};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::fork;
use crate::status::amaas_status;

/// How urgent a call is beside others that wait for the same model: one of `AMAAS_PRIORITY_…`.
pub type amaas_priority = i32;
/// After all others; it is never left behind for good.
pub const AMAAS_PRIORITY_LOW: amaas_priority = 0;
/// What a call has that says nothing.
pub const AMAAS_PRIORITY_NORMAL: amaas_priority = 1;
/// Before all others.
pub const AMAAS_PRIORITY_HIGH: amaas_priority = 2;

/// A flag that one thread raises to cancel the calls of others.
///
/// Made by `amaas_stop_new`, owned by its caller, ended with `amaas_stop_free`; a call that was
/// given it goes on with a share of its own. Any number of threads may use it at once.
#[derive(Debug)]
pub struct amaas_stop(pub(crate) Stop);

/// What any call may say, whatever it asks of the model. What is not set is as the service says.
///
/// Made by `amaas_call_new`, owned by its caller, ended with `amaas_call_free`. While one thread
/// sets it no other may use it; from then on any number of threads may call with it, each for a
/// time of its own.
#[derive(Debug)]
pub struct amaas_call(pub(crate) Call);

/// Makes a flag that is down. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stop_new(
    out: *mut *mut amaas_stop,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_stop(Stop::new())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Cancels every call that was given the flag, and each that is given it later: they end with
/// `AMAAS_STATUS_CANCELLED`. NULL is allowed.
///
/// # Safety
/// `stop` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stop_raise(stop: *const amaas_stop) {
    // SAFETY: the caller's promise.
    unsafe {
        read(stop, (), |stop| (!fork::is_child()).then(|| stop.0.raise()));
    }
}

/// Ends a flag, without raising it; NULL is allowed.
///
/// # Safety
/// `stop` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stop_free(stop: *mut amaas_stop) {
    // SAFETY: the caller's promise.
    unsafe { free(stop) };
}

/// Makes a call with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_call_new(
    out: *mut *mut amaas_call,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_call(Call::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Applies `set` to a call.
///
/// # Safety
/// `object` is NULL or live and used by nobody else; `error` is NULL or can be written to.
unsafe fn set(
    object: *mut amaas_call,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut Call) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { call(error, || set(&mut object_mut(object, "call")?.0)) }
}

/// Sets how long it may take from its start to its answer, waiting included. After that it ends with
/// `AMAAS_STATUS_DEADLINE_EXCEEDED`, in the queue as in its run.
///
/// # Safety
/// `call` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_call_set_timeout(
    call: *mut amaas_call,
    milliseconds: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(call, error, |call| {
            call.deadline = Some(Duration::from_millis(milliseconds));
            Ok(())
        })
    }
}

/// Sets how urgent it is: one of `AMAAS_PRIORITY_…`.
///
/// # Safety
/// `call` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_call_set_priority(
    call: *mut amaas_call,
    priority: amaas_priority,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(call, error, |call| {
            call.priority = parse_priority(priority)?;
            Ok(())
        })
    }
}

/// Sets the flag that cancels it. The call keeps a share of the flag, so that may be freed.
///
/// # Safety
/// `call` is live and used by no other thread, `stop` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_call_set_stop(
    call: *mut amaas_call,
    stop: *const amaas_stop,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(call, error, |call| {
            call.stop = Some(object(stop, "stop")?.0.clone());
            Ok(())
        })
    }
}

/// Sets who pays for it, and whose quota it uses; in the queue tenants take turns.
///
/// # Safety
/// `call` is live and used by no other thread, `tenant` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_call_set_tenant(
    call: *mut amaas_call,
    tenant: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(call, error, |call| {
            call.tenant = Some(name(tenant, "tenant")?.into());
            Ok(())
        })
    }
}

/// Sets who or what it is for: while a canary is under way, calls with one key meet one version.
/// Without a key they are taken in turn.
///
/// # Safety
/// `call` is live and used by no other thread, `key` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_call_set_key(
    call: *mut amaas_call,
    key: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(call, error, |call| {
            call.key = Some(name(key, "key")?.to_owned());
            Ok(())
        })
    }
}

/// Sets what tells it from the tenant's other calls: of all calls with one key one is charged.
///
/// # Safety
/// `call` is live and used by no other thread, `key` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_call_set_idempotency(
    call: *mut amaas_call,
    key: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(call, error, |call| {
            call.idempotency = Some(name(key, "key")?.into());
            Ok(())
        })
    }
}

/// Ends a call; NULL is allowed. What was called with it goes on.
///
/// # Safety
/// `call` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_call_free(call: *mut amaas_call) {
    // SAFETY: the caller's promise.
    unsafe { free(call) };
}

fn parse_priority(priority: amaas_priority) -> Result<Priority> {
    match priority {
        AMAAS_PRIORITY_LOW => Ok(Priority::Low),
        AMAAS_PRIORITY_NORMAL => Ok(Priority::Normal),
        AMAAS_PRIORITY_HIGH => Ok(Priority::High),
        other => Err(refuse(
            "priority",
            &format!("is `{other}`"),
            "use one of `AMAAS_PRIORITY_…`",
        )),
    }
}

/// What a call says; NULL says nothing.
///
/// # Safety
/// `call` is NULL or live.
pub(crate) unsafe fn said(call: *const amaas_call) -> Call {
    // SAFETY: the caller's promise.
    unsafe { call.as_ref() }.map_or_else(Call::default, |call| call.0.clone())
}
