//! A receipt that belongs to no answer.

use crate::arguments::object;
use crate::boundary::{call, free};
use crate::error::amaas_error;
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
