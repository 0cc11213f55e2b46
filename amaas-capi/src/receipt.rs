//! A receipt that belongs to no answer, and the callback that is told of each receipt.

use std::ffi::c_void;

use amaas_core::usage::Usage;

use crate::arguments::{object, refuse};
use crate::boundary::{call, free};
use crate::error::amaas_error;
use crate::service_options::{amaas_service_options, set};
use crate::status::amaas_status;
use crate::usage::{Receipt, amaas_usage};

/// A receipt that belongs to no answer. Made by `amaas_tenancy_settle`, owned by its caller, ended with
/// `amaas_receipt_free`. It never changes: any number of threads may read it.
#[derive(Debug)]
pub struct amaas_receipt(pub(crate) Receipt);

/// Writes the receipt to `usage`, whose `size` must be set. Its texts are valid until the receipt is
/// freed.
///
/// # Safety
/// `receipt` is live, `usage` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_receipt_usage(
    receipt: *const amaas_receipt,
    usage: *mut amaas_usage,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe { call(error, || object(receipt, "receipt")?.0.write(usage)) }
}

/// Ends a receipt; NULL is allowed.
///
/// # Safety
/// `receipt` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_receipt_free(receipt: *mut amaas_receipt) {
    // SAFETY: the caller's promise.
    unsafe { free(receipt) };
}

/// Told of a receipt, with the `context` that was given along with it; `usage` and its texts are valid
/// while it runs, and its `size` is that of the library.
///
/// It is called on whatever thread settles, by several at once, and the answer waits for it. It must not
/// throw or jump out.
pub type amaas_receipts_callback =
    Option<unsafe extern "C" fn(context: *mut c_void, usage: *const amaas_usage)>;

/// Has `callback` called with `context` for each receipt once it is settled: of every answer, of a text
/// that ended early, and of time that a version was kept loaded; in place of what was set before.
///
/// # Safety
/// `options` is live and used by no other thread. `callback` may be called with `context` from any
/// thread, also by several at once, until the options and the last service made with them are gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_service_options_set_receipts(
    options: *mut amaas_service_options,
    callback: amaas_receipts_callback,
    context: *mut c_void,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            let missing = || refuse("callback", "is NULL", "pass a function that takes receipts");
            let callback = callback.ok_or_else(missing)?;
            options.receipts = Some(Host { callback, context });
            Ok(())
        })
    }
}

/// Whom to tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Host {
    callback: unsafe extern "C" fn(*mut c_void, *const amaas_usage),
    context: *mut c_void,
}

// SAFETY: the caller of `amaas_service_options_set_receipts` promises that it may be called from any
// thread, also by several at once.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    pub(crate) fn tell(&self, usage: &Usage) {
        let receipt = Receipt::new(usage.clone());
        let usage = receipt.view();
        // SAFETY: as above; the receipt lives until it returns.
        unsafe { (self.callback)(self.context, &raw const usage) };
    }
}
