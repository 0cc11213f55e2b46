//! Python code that is run from outside of Python: by threads of the engine's, as for callbacks,
//! events and what is awaited.
//!
//! The trap: an interpreter that ends takes no thread back that is within Python code and has let
//! others run; on Linux it unwinds that thread, through Rust, and the process aborts. So before it
//! ends the gate is closed: nobody enters any more, and those inside come out.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::sleep;
use std::time::Duration;

use amaas_core::runtime::{Stop, StopGuard};
use pyo3::prelude::*;

/// How often an ending interpreter looks whether all are out; a lock would not outlive a fork.
const LOOK: Duration = Duration::from_millis(1);
/// How often it looks at most, for callbacks that do not return: ten seconds.
const LOOKS: usize = 10_000;

static IS_CLOSED: AtomicBool = AtomicBool::new(false);
static INSIDE: AtomicUsize = AtomicUsize::new(0);
/// Raised when the interpreter ends, for work of threads that is inside meanwhile.
static ENDED: LazyLock<Stop> = LazyLock::new(Stop::new);

/// A thread that is inside, or found the gate closed.
struct Inside;

impl Inside {
    fn enter() -> Self {
        INSIDE.fetch_add(1, SeqCst);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // A child that was forked inside counts from zero.
        let _before = INSIDE.fetch_update(SeqCst, SeqCst, |inside| inside.checked_sub(1));
    }
}

/// Runs `code` with the interpreter; `None` where that is ending.
pub(crate) fn attached<R>(code: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    let _inside = Inside::enter(); // before it is asked: who closes looks in the other order
    if IS_CLOSED.load(SeqCst) {
        return None;
    }
    Python::try_attach(code)
}

/// Raises `stop` when the interpreter ends, for as long as the guard is held.
pub(crate) fn ends(stop: &Stop) -> Option<StopGuard> {
    let stop = stop.clone();
    ENDED.on_raise(move || stop.raise())
}

/// Called by Python before the interpreter ends.
#[pyfunction(name = "_ending")]
pub(crate) fn ending(py: Python<'_>) {
    IS_CLOSED.store(true, SeqCst);
    py.detach(|| {
        ENDED.raise();
        for _ in 0..LOOKS {
            if INSIDE.load(SeqCst) == 0 {
                return;
            }
            sleep(LOOK);
        }
    });
}

/// Forgets the threads of the parent, in a child that has none of them but the one that forked.
pub(crate) fn forget() {
    INSIDE.store(0, SeqCst);
}
