//! Children of `fork`, in which nothing of amaas may run.
//!
//! A child has the memory of its parent but none of its threads. A session of ONNX Runtime that is
//! used or freed there waits for ever for threads that are not there. So from the first service on
//! a child gets an error instead of a hang, and what it inherited is never freed in it.
//!
//! The trap: `fork` says so to a function that may do next to nothing: it sets one flag.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use amaas_core::{Error, ErrorKind, Result};

static FORKED: AtomicBool = AtomicBool::new(false);

extern "C" fn forked() {
    FORKED.store(true, Relaxed);
}

/// Has children notice from now on; before a service starts there is nothing they must not use.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        #[cfg(unix)]
        // SAFETY: the function sets a flag, which a child of a program with threads may do. The
        // library is never unloaded. What this returns tells of a lack of memory, no more.
        let _ = unsafe { libc::pthread_atfork(None, None, Some(forked)) };
    });
}

/// Whether this process is a child that inherited what its parent started.
pub(crate) fn is_child() -> bool {
    FORKED.load(Relaxed)
}

/// Refuses to work in such a child.
pub(crate) fn refuse_in_child() -> Result<()> {
    if is_child() {
        let message = "this process was forked from one that had started a service";
        return Err(Error::new(ErrorKind::Closed, message)
            .advise("start the service in the child, before any in the parent, or fork and exec"));
    }
    Ok(())
}
