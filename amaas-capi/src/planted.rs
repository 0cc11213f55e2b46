//! A panic in every function, for the test that none gets out. Only with the feature `panic-test`.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static PLANTED: AtomicBool = AtomicBool::new(false);

/// Has every function panic from now on, or no longer.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
pub extern "C" fn planted_panic(planted: i32) {
    PLANTED.store(planted != 0, Relaxed);
}

/// Panics, if that was asked for.
pub(crate) fn panic_if_asked() {
    if PLANTED.load(Relaxed) {
        std::panic::panic_any("planted");
    }
}
