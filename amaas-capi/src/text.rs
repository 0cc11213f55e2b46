//! Texts that C reads: UTF-8, ending in NUL.

use std::ffi::{CString, c_char};

use crate::boundary::{free, read};

/// A text that ends in NUL, kept beside the object it belongs to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text(CString);

impl Text {
    /// `text` for C. A NUL inside, which C would take for the end, becomes U+FFFD.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let text = if text.contains('\0') {
            text.replace('\0', "\u{FFFD}")
        } else {
            text
        };
        Self(CString::new(text).unwrap_or_default())
    }

    /// Where it begins; valid as long as this lives.
    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr()
    }
}

/// The text that `work` finds in the object at `object`; NULL where it finds none, and for NULL.
///
/// # Safety
/// `object` is NULL or live, and nobody writes to it meanwhile.
pub(crate) unsafe fn view<'a, T: 'a>(
    object: *const T,
    work: impl FnOnce(&'a T) -> Option<&'a Text>,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(object, std::ptr::null(), |object| {
            Some(work(object)?.as_ptr())
        })
    }
}

/// A text that a function answers with. Owned by the caller, ended with `amaas_text_free`.
///
/// It never changes: any number of threads may read it.
#[derive(Debug)]
pub struct amaas_text(pub(crate) Text);

/// The text, in UTF-8, ending in NUL.
///
/// NULL for NULL. Valid until the text is freed.
///
/// # Safety
/// `text` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_text_data(text: *const amaas_text) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { read(text, std::ptr::null(), |text| Some(text.0.as_ptr())) }
}

/// Ends a text; NULL is allowed.
///
/// # Safety
/// `text` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_text_free(text: *mut amaas_text) {
    // SAFETY: the caller's promise.
    unsafe { free(text) };
}
