//! Where C ends and Rust begins: no panic passes, every failure becomes a status.
//!
//! Each `extern "C"` function is one of these three calls around its work. The trap: a closure
//! must write its outputs as its last step, so that a failure leaves them as they were.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use amaas_core::{Error, ErrorKind, Result};

use crate::error::amaas_error;
use crate::fork;
use crate::status::{self, AMAAS_STATUS_OK, amaas_status};

/// Runs what can fail. A failure is written to `error`, if there is a place for it.
///
/// # Safety
/// `error` is NULL or may be written to.
pub(crate) unsafe fn call(
    error: *mut *mut amaas_error,
    work: impl FnOnce() -> Result<()>,
) -> amaas_status {
    let guarded = || {
        enter();
        fork::refuse_in_child()?;
        work()
    };
    let ended = catch_unwind(AssertUnwindSafe(guarded)).unwrap_or_else(|panic| Err(bug(panic)));
    let Err(failure) = ended else {
        return AMAAS_STATUS_OK;
    };
    let status = status::of(failure.kind());
    if !error.is_null() {
        // SAFETY: the caller's promise.
        unsafe { error.write(amaas_error::give(&failure)) };
    }
    status
}

/// Reads from an object. `otherwise` is the answer when there is nothing to read.
pub(crate) fn get<T>(otherwise: T, work: impl FnOnce() -> Option<T>) -> T {
    let guarded = || {
        enter();
        work()
    };
    match catch_unwind(AssertUnwindSafe(guarded)) {
        Ok(answer) => answer.unwrap_or(otherwise),
        Err(panic) => {
            std::mem::forget(panic); // as in `bug`
            otherwise
        }
    }
}

/// Reads from the object at `object`. `otherwise` is the answer for NULL, and when there is
/// nothing to read.
///
/// # Safety
/// `object` is NULL or live, and nobody writes to it meanwhile.
pub(crate) unsafe fn read<'a, T: 'a, R>(
    object: *const T,
    otherwise: R,
    work: impl FnOnce(&'a T) -> Option<R>,
) -> R {
    // SAFETY: the caller's promise.
    get(otherwise, || work(unsafe { object.as_ref() }?))
}

/// Ends an object; NULL is none, and in a child of a fork all are left as they are.
///
/// # Safety
/// `object` is NULL or came from [`give`] and was not freed.
pub(crate) unsafe fn free<T>(object: *mut T) {
    if object.is_null() || fork::is_child() {
        return;
    }
    let drop_it = || {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(object) });
        enter();
    };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(drop_it)) {
        std::mem::forget(panic); // as in `bug`
    }
}

/// Where a test plants its panic; nothing in what is shipped.
fn enter() {
    #[cfg(feature = "panic-test")]
    crate::planted::panic_if_asked();
}

/// An object for C to own, until it is [`free`]d.
pub(crate) fn give<T>(object: T) -> *mut T {
    Box::into_raw(Box::new(object))
}

/// A panic, as an error. What was thrown is leaked, for dropping it could throw again.
fn bug(panic: Box<dyn Any + Send>) -> Error {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    std::mem::forget(panic);
    let message = format!(
        "amaas panicked: {}",
        text.as_deref().unwrap_or("without a message")
    );
    Error::new(ErrorKind::Internal, message).advise("please report this")
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;
    use std::ptr;

    use super::*;
    use crate::error::{amaas_error_free, amaas_error_message};
    use crate::status::{AMAAS_STATUS_INTERNAL, AMAAS_STATUS_NOT_FOUND};

    fn status_and_message(work: impl FnOnce() -> Result<()>) -> (amaas_status, String) {
        let mut error = ptr::null_mut();
        // SAFETY: the place is on this stack, and the error lives until it is freed here.
        unsafe {
            let status = call(&raw mut error, work);
            let message = CStr::from_ptr(amaas_error_message(error))
                .to_str()
                .unwrap()
                .to_owned();
            amaas_error_free(error);
            (status, message)
        }
    }

    #[test]
    fn a_panic_comes_back_as_a_status() {
        let (status, message) = status_and_message(|| panic!("lost {}", "count"));
        assert_eq!(status, AMAAS_STATUS_INTERNAL);
        assert_eq!(message, "amaas panicked: lost count");
        let (_, message) = status_and_message(|| std::panic::panic_any(7));
        assert_eq!(message, "amaas panicked: without a message");
    }

    #[test]
    fn a_failure_needs_no_place_for_its_error() {
        let fail = || Err(Error::new(ErrorKind::NotFound, "nothing"));
        // SAFETY: NULL is allowed.
        let status = unsafe { call(ptr::null_mut(), fail) };
        assert_eq!(status, AMAAS_STATUS_NOT_FOUND);
    }

    #[test]
    fn success_leaves_the_place_for_the_error_alone() {
        let mut error = ptr::dangling_mut();
        // SAFETY: the place is on this stack.
        assert_eq!(unsafe { call(&raw mut error, || Ok(())) }, AMAAS_STATUS_OK);
        assert_eq!(error, ptr::dangling_mut());
    }

    #[test]
    fn a_getter_that_panics_answers_with_its_neutral_value() {
        assert_eq!(get(-1, || panic!("no")), -1);
        assert_eq!(get(-1, || Some(3)), 3);
    }

    #[test]
    fn an_object_that_panics_as_it_ends_is_ended() {
        struct Loud;
        impl Drop for Loud {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }
        // SAFETY: given just now, freed once.
        unsafe { free(give(Loud)) };
    }
}
