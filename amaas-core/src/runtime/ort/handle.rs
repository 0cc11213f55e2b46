//! One object of ONNX Runtime's, released when it goes.

use std::ptr::NonNull;

/// How ONNX Runtime releases a `T`.
pub(super) type Release<T> = unsafe extern "system" fn(*mut T);

/// Sole owner of an object that ONNX Runtime made.
#[derive(Debug)]
pub(super) struct Handle<T> {
    object: NonNull<T>,
    release: Release<T>,
}

impl<T> Handle<T> {
    /// Takes over `object`; `None` when it is null.
    ///
    /// # Safety
    /// `object` is null, or live and owned by nobody else, and `release` is its release function
    /// in a library that stays loaded.
    pub(super) unsafe fn own(object: *mut T, release: Release<T>) -> Option<Self> {
        NonNull::new(object).map(|object| Self { object, release })
    }

    /// The object, for calls; it lives as long as the handle.
    pub(super) fn get(&self) -> *mut T {
        self.object.as_ptr()
    }
}

impl<T> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: `own` demanded a live object of ours and its own release function.
        unsafe { (self.release)(self.object.as_ptr()) };
    }
}
