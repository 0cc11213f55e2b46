//! Stopping a run from another thread.

use std::sync::{Arc, Mutex, PoisonError};

/// A flag that one thread raises and a run on another thread obeys.
///
/// ```
/// use amaas_core::runtime::Stop;
///
/// let stop = Stop::new();
/// let seen = stop.clone();
/// stop.raise();
/// assert!(seen.is_raised());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    raised: bool,
    terminate: Option<Box<dyn Fn() + Send>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("raised", &self.raised)
            .finish_non_exhaustive()
    }
}

impl Stop {
    /// A flag that is down.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the run under way and every later one that is given this flag.
    pub fn raise(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.raised = true;
        if let Some(terminate) = &state.terminate {
            terminate();
        }
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).raised
    }

    /// For instances: `terminate` is called when the flag is raised, until the guard is dropped.
    /// Returns `None` when it is up already.
    pub fn on_raise(&self, terminate: impl Fn() + Send + 'static) -> Option<StopGuard<'_>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.raised {
            return None;
        }
        state.terminate = Some(Box::new(terminate));
        Some(StopGuard(self))
    }
}

/// Forgets the action of [`Stop::on_raise`] when it goes.
#[derive(Debug)]
pub struct StopGuard<'a>(&'a Stop);

impl Drop for StopGuard<'_> {
    fn drop(&mut self) {
        self.0
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .terminate = None;
    }
}
