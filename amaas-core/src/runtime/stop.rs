//! Stopping a call from another thread: because it is not wanted any more, or out of time.
//!
//! Work that begins runs of its own, as loading does when it warms up, is ended through [`Stop::hold`].
//!
//! The trap: an action of [`Stop::on_raise`] that has begun may still be at it when its guard is
//! dropped. An action must do no harm then; it throws a switch of its own run, or none.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::sync::{Mutex, MutexGuard, PoisonError};
use crate::{Error, ErrorKind, Phase, Result};

/// A flag that one thread raises and the runs of a call on other threads obey.
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

type Action = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    raised: Option<Why>,
    made: u64,
    actions: Vec<(u64, Action)>,
}

/// Why a call is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Cancelled,
    Expired,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("raised", &self.raised)
            .finish_non_exhaustive()
    }
}

thread_local! {
    /// The flag that this thread's work obeys.
    static HELD: RefCell<Option<Stop>> = const { RefCell::new(None) };
}

/// Puts back what was held before, also where the work panicked.
struct Restored(Option<Stop>);

impl Drop for Restored {
    fn drop(&mut self) {
        HELD.set(self.0.take());
    }
}

impl Stop {
    /// A flag that is down.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does `work`, in which every call of this thread that has no flag of its own obeys this one:
    /// runs to warm up and golden examples of a version that is loaded, checked or published.
    ///
    /// ```
    /// use amaas_core::runtime::Stop;
    ///
    /// let stop = Stop::new();
    /// let held = stop.hold(|| Stop::held().is_some());
    /// assert!(held && Stop::held().is_none());
    /// ```
    pub fn hold<T>(&self, work: impl FnOnce() -> T) -> T {
        let _restored = Restored(HELD.replace(Some(self.clone())));
        work()
    }

    /// The flag that is held for this thread, if any.
    pub fn held() -> Option<Self> {
        HELD.with_borrow(Option::clone)
    }

    /// Asked between two steps of work that may be held: goes on, or ends it.
    ///
    /// # Errors
    /// `Cancelled` when the flag that is held was raised.
    pub fn proceed() -> Result<()> {
        match Self::held() {
            Some(stop) if stop.is_cancelled() => Err(stop.error(Phase::Run)),
            _ => Ok(()),
        }
    }

    /// Whether it was raised because the call is not wanted any more.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.state().raised == Some(Why::Cancelled)
    }

    /// Cancels the call under way and every later one that is given this flag.
    pub fn raise(&self) {
        self.raise_for(Why::Cancelled);
    }

    /// Ends the call under way because its deadline has passed.
    pub(crate) fn expire(&self) {
        self.raise_for(Why::Expired);
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        self.state().raised.is_some()
    }

    /// What a call ends with that was stopped in this phase: `DeadlineExceeded` when its time was
    /// up, else `Cancelled`.
    pub fn error(&self, phase: Phase) -> Error {
        let expired = self.state().raised == Some(Why::Expired);
        let (kind, message, remedy) = match (expired, phase) {
            (true, Phase::Queue) => (
                ErrorKind::DeadlineExceeded,
                "the deadline passed while the request waited",
                "allow more time, or send less at once",
            ),
            (true, Phase::Run) => (
                ErrorKind::DeadlineExceeded,
                "the deadline passed while the model ran",
                "allow more time, or send less in one call",
            ),
            (false, Phase::Queue) => (
                ErrorKind::Cancelled,
                "the request was cancelled while it waited",
                "send it again if it is still wanted",
            ),
            (false, Phase::Run) => (
                ErrorKind::Cancelled,
                "the run was stopped",
                "send the request again if it is still wanted",
            ),
        };
        Error::new(kind, message).during(phase).advise(remedy)
    }

    /// `action` is called once when the flag is raised, unless the guard is dropped before.
    /// Returns `None`, and calls nothing, when it is up already.
    pub fn on_raise(&self, action: impl FnOnce() + Send + 'static) -> Option<StopGuard> {
        let mut state = self.state();
        if state.raised.is_some() {
            return None;
        }
        state.made += 1;
        let number = state.made;
        state.actions.push((number, Box::new(action)));
        Some(StopGuard {
            stop: self.clone(),
            number,
        })
    }

    /// Raises this flag when `outer` is, until the guard is dropped; at once when it is up.
    pub(crate) fn follow(&self, outer: &Self) -> Option<StopGuard> {
        let inner = self.clone();
        let guard = outer.on_raise(move || inner.raise());
        if guard.is_none() {
            self.raise();
        }
        guard
    }

    fn raise_for(&self, why: Why) {
        let mut state = self.state();
        if state.raised.is_some() {
            return;
        }
        state.raised = Some(why);
        let actions = std::mem::take(&mut state.actions);
        // Not under the lock: an action may ask this flag, or wake one who does.
        drop(state);
        for (_, action) in actions {
            // One that panics must not keep the call of another from ending.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(action)) {
                std::mem::forget(panic); // dropping it could panic again
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the action of [`Stop::on_raise`] when it goes.
#[derive(Debug)]
#[must_use = "an action is forgotten with its guard"]
pub struct StopGuard {
    stop: Stop,
    number: u64,
}

impl Drop for StopGuard {
    fn drop(&mut self) {
        let mut state = self.stop.state();
        let place = state
            .actions
            .iter()
            .position(|(number, _)| *number == self.number);
        let action = place.map(|place| state.actions.swap_remove(place));
        drop(state);
        drop(action); // what it holds may end with it, and that may take locks
    }
}
