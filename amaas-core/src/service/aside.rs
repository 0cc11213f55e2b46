//! Work beside requests that are served: on a thread of its own, before which the system lets all others
//! run.
//!
//! A thread cannot take back that others go first, so it ends with the work. Whoever asked waits for it.
//!
//! The trap: threads that are started on it let others go first for as long as they live. So nothing is
//! done here that leaves some behind: no session of several threads, nothing for an accelerator; and what
//! a service starts when first needed is there before.

use std::panic::resume_unwind;
use std::thread;

use tracing::Span;

use crate::runtime::Stop;
use crate::{Error, ErrorKind, Result};

/// How far it stands back, of 19: by 10 it gets a ninth of what another gets that wants a whole
/// processor, and all that nobody wants.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Does `work` on a thread of its own that lets others go first. What is held for this thread, and its
/// span, hold there too; a panic goes on here.
///
/// # Errors
/// `Io` when no thread can be started, and whatever `work` ends with.
pub(super) fn aside<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let (held, span) = (Stop::held(), Span::current());
    let work = move || {
        stand_back();
        let _entered = span.enter();
        match held {
            Some(stop) => stop.hold(work),
            None => work(),
        }
    };
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("amaas-load".to_owned());
        let thread = builder.spawn_scoped(scope, work).map_err(|cause| {
            Error::new(ErrorKind::Io, "no thread can be started to load on")
                .because(cause)
                .advise("raise the limit of threads")
        })?;
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Where the system knows of no such thing all threads are alike.
fn stand_back() {
    #[cfg(target_os = "linux")]
    let _refused = rustix::process::getpriority_process(None).and_then(|nice| {
        let lower = nice.saturating_add(NICE).min(19);
        rustix::process::setpriority_process(None, lower)
    });
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn others_go_first_for_as_long_as_the_work_lasts() {
        let nice = || Ok(rustix::process::getpriority_process(None).unwrap());
        let before = nice().unwrap();
        assert_eq!(aside(nice).unwrap(), (before + NICE).min(19));
        assert_eq!(nice().unwrap(), before);
    }

    #[test]
    fn what_is_held_here_holds_there() {
        let stop = Stop::new();
        assert!(aside(|| Ok(Stop::held().is_none())).unwrap());
        let ended = stop.hold(|| {
            aside(|| {
                stop.raise();
                Stop::proceed()
            })
        });
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::Cancelled);
    }

    #[test]
    fn a_panic_goes_on_here() {
        let caught = catch_unwind(AssertUnwindSafe(|| aside::<()>(|| panic!("there"))));
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"there"));
    }
}
