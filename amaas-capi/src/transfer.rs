//! What is told of a transfer while it runs.

use std::ffi::{CString, c_char, c_void};

use amaas_core::Result;
use amaas_core::registry::remote::Progress;

use crate::arguments::refuse;

/// How far a transfer is. A blob that is there already counts as done at once. Later releases may
/// add fields at its end: `size` says how much of it the library knows.
#[repr(C)]
#[derive(Debug)]
pub struct amaas_transfer {
    /// The `sizeof(amaas_transfer)` of the library.
    pub size: usize,
    /// The blob that this is about, as `sha256:…`.
    pub digest: *const c_char,
    /// How many of its bytes are there.
    pub done: u64,
    /// How many bytes it has.
    pub total: u64,
    /// How many bytes of all blobs of this transfer are there.
    pub all_done: u64,
    /// How many bytes they have.
    pub all_total: u64,
}

/// Told how far a push or pull is, with the `data` that was given along with it.
///
/// It is called by several threads, also at once, and no more when the push or pull has returned;
/// `transfer` is valid while it runs. The transfer waits for it. It may call amaas, and must not
/// throw or jump out. What it returns is nothing: to cancel the transfer it raises the flag of
/// `amaas_remote_options_set_stop`.
pub type amaas_transfer_progress =
    Option<unsafe extern "C" fn(data: *mut c_void, transfer: *const amaas_transfer)>;

/// Whom to tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    progress: unsafe extern "C" fn(*mut c_void, *const amaas_transfer),
    data: *mut c_void,
}

// SAFETY: the caller of `amaas_remote_options_set_progress` promises that it may be called from any
// thread, also by several at once.
unsafe impl Send for Told {}
// SAFETY: as above.
unsafe impl Sync for Told {}

impl Told {
    /// Refuses NULL for the function.
    pub(crate) fn new(progress: amaas_transfer_progress, data: *mut c_void) -> Result<Self> {
        let missing = || refuse("progress", "is NULL", "pass a function");
        let progress = progress.ok_or_else(missing)?;
        Ok(Self { progress, data })
    }

    /// Tells how far it is.
    pub(crate) fn tell(self, progress: &Progress) {
        // A digest holds no NUL.
        let digest = CString::new(progress.digest.to_string()).unwrap_or_default();
        let transfer = amaas_transfer {
            size: size_of::<amaas_transfer>(),
            digest: digest.as_ptr(),
            done: progress.done,
            total: progress.total,
            all_done: progress.all_done,
            all_total: progress.all_total,
        };
        // SAFETY: as above.
        unsafe { (self.progress)(self.data, &raw const transfer) };
    }
}
