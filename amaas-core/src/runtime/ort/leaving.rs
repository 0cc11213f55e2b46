//! The end of the process: no session is in the making when ONNX Runtime takes itself down.
//!
//! `exit` runs ONNX Runtime's destructors while other threads go on. A run under way does not mind, but a
//! session that is being made reads tables that are gone, and the process would end in a crash. So
//! whoever makes one is waited for, and nobody begins another.
//!
//! What is registered last runs first, and ONNX Runtime registers the end of a table when it first uses it:
//! with the first sessions. So the wait is registered anew after each of these, to come before all of them.
//!
//! The trap: a forked child has the count of its parent and none of its threads; it waits for nobody.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::{Error, ErrorKind, Result};

static MAKING: AtomicUsize = AtomicUsize::new(0);
static LEAVING: AtomicBool = AtomicBool::new(false);

/// Held while a session is made.
#[derive(Debug)]
pub(super) struct Making(());

impl Making {
    /// Begins to make a session.
    ///
    /// # Errors
    /// `Closed` when the process is ending.
    pub(super) fn begin() -> Result<Self> {
        MAKING.fetch_add(1, Ordering::SeqCst);
        let making = Self(());
        match LEAVING.load(Ordering::SeqCst) {
            false => Ok(making),
            true => Err(Error::new(ErrorKind::Closed, "the process is ending")
                .advise("load no model while it does")),
        }
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        #[cfg(unix)]
        again();
        MAKING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Sees to it that the end of the process waits. To be called once ONNX Runtime is loaded: what is
/// registered last runs first.
pub(super) fn prepare() {
    static PREPARED: Once = Once::new();
    #[cfg(unix)]
    PREPARED.call_once(|| {
        OWNER.store(std::process::id(), Ordering::SeqCst);
        // SAFETY: `leave` is a function for as long as the process lives. Where the list is full
        // nothing is registered, and the process ends as it would without.
        unsafe { libc::atexit(leave) };
    });
    #[cfg(not(unix))]
    PREPARED.call_once(|| ());
}

/// Sees to it again, as often as a session may still use a table for the first time.
#[cfg(unix)]
fn again() {
    const OFTEN: usize = 32;
    static TIMES: AtomicUsize = AtomicUsize::new(0);
    if !LEAVING.load(Ordering::SeqCst) && TIMES.fetch_add(1, Ordering::SeqCst) < OFTEN {
        // SAFETY: as in `prepare`; to wait twice is to find nobody the second time.
        unsafe { libc::atexit(leave) };
    }
}

#[cfg(unix)]
static OWNER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

#[cfg(unix)]
extern "C" fn leave() {
    LEAVING.store(true, Ordering::SeqCst);
    let is_child = OWNER.load(Ordering::SeqCst) != std::process::id();
    while !is_child && MAKING.load(Ordering::SeqCst) > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
}
