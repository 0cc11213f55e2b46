//! One waiting caller's place in the queue: where an instance is handed over.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::runtime::{Instance, Stop};
use crate::{Error, ErrorKind, Result};

/// Filled once, by whoever frees an instance, or given up by the caller that waits.
#[derive(Debug, Default)]
pub(super) struct Turn {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    given: Option<Box<dyn Instance>>,
    gone: bool,
}

impl Turn {
    /// Hands `instance` to the waiting caller; gives it back if the caller has left.
    pub(super) fn give(&self, instance: Box<dyn Instance>) -> Option<Box<dyn Instance>> {
        let mut state = self.state();
        if state.gone {
            return Some(instance);
        }
        state.given = Some(instance);
        self.changed.notify_one();
        None
    }

    /// Waits to be given an instance, or for `stop`.
    pub(super) fn wait(self: &Arc<Self>, stop: Option<&Stop>) -> Result<Box<dyn Instance>> {
        let this = Arc::clone(self);
        let guard = stop.map(|stop| stop.on_raise(move || this.leave()));
        if matches!(guard, Some(None)) {
            self.leave();
        }
        let mut state = self.state();
        loop {
            if let Some(instance) = state.given.take() {
                return Ok(instance);
            }
            if state.gone {
                return Err(cancelled());
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives the place up. An instance that was given already stays given.
    fn leave(&self) {
        self.state().gone = true;
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cancelled() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        "the request was cancelled while it waited for an instance",
    )
    .advise("nothing was run; send it again if it is still wanted")
}
