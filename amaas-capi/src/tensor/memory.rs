//! The bytes of tensors that C lends.

use std::ffi::c_void;

use amaas_core::Buffer;

/// What is called when lent memory is used no more.
pub(super) type Release = unsafe extern "C" fn(context: *mut c_void);

/// Bytes that belong to C until `release` is called.
#[derive(Debug)]
pub(super) struct Lent {
    data: *const u8,
    length: usize,
    release: Option<(Release, *mut c_void)>,
}

// SAFETY: the header asks of lent memory that nobody writes to it until it is released, so any
// thread may read it; and of `release` that any thread may call it.
unsafe impl Send for Lent {}
// SAFETY: as above.
unsafe impl Sync for Lent {}

impl Lent {
    /// Memory without anyone to tell when it is used no more.
    ///
    /// # Safety
    /// `bytes` outlives all use of the buffer, and nobody writes to it meanwhile.
    pub(super) unsafe fn new(bytes: &[u8]) -> Self {
        Self {
            data: bytes.as_ptr(),
            length: bytes.len(),
            release: None,
        }
    }

    /// The same, calling `release` with `context` at its end.
    ///
    /// # Safety
    /// Any thread may call `release` with `context`, once.
    pub(super) unsafe fn releasing(self, release: Option<Release>, context: *mut c_void) -> Self {
        Self {
            data: self.data,
            length: self.length,
            release: release.map(|call| (call, context)),
        }
    }
}

impl Buffer for Lent {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the promise made to `new`, where the two were one slice.
        unsafe { std::slice::from_raw_parts(self.data, self.length) }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some((release, context)) = self.release.take() {
            // SAFETY: the promise made to `releasing`; taken, so it is called once.
            unsafe { release(context) };
        }
    }
}
