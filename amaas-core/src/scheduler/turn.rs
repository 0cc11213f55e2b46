//! One waiting request's place in the queue: where it is told to lead a batch, or handed its answer.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::pool::Slot;
use super::request::{Ran, Work};
use crate::runtime::Stop;
use crate::{Error, ErrorKind, Result};

/// A place in the queue.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) work: Work,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
enum State {
    /// In the queue.
    Waiting,
    /// Told to run a batch: its own request and those that follow.
    Leading(Grant),
    /// In a batch that another caller runs.
    Following,
    /// Answered by the leader of its batch.
    Answered(Result<Ran>),
    /// Its caller has gone.
    Left,
}

/// An instance, and whom to run on it besides oneself.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) slot: Slot,
    pub(super) followers: Vec<Arc<Turn>>,
}

/// How a wait ends.
pub(super) enum Outcome {
    /// It is this caller's turn to run.
    Lead(Grant),
    /// Another caller ran it, or it was cancelled.
    Answer(Result<Ran>),
}

impl Turn {
    pub(super) fn new(work: Work) -> Self {
        Self {
            work,
            state: Mutex::new(State::Waiting),
            changed: Condvar::new(),
        }
    }

    /// Makes the waiting caller the leader; gives the grant back if the caller has left.
    pub(super) fn lead(&self, grant: Grant) -> std::result::Result<(), Grant> {
        let mut state = self.state();
        if !matches!(*state, State::Waiting) {
            return Err(grant);
        }
        *state = State::Leading(grant);
        self.changed.notify_one();
        Ok(())
    }

    /// Takes the request into a batch; false if the caller has left.
    pub(super) fn follow(&self) -> bool {
        let mut state = self.state();
        let waits = matches!(*state, State::Waiting);
        if waits {
            *state = State::Following;
        }
        waits
    }

    /// Hands over what the leader found. A caller that has left gets nothing.
    pub(super) fn answer(&self, answer: Result<Ran>) {
        let mut state = self.state();
        if matches!(*state, State::Following) {
            *state = State::Answered(answer);
            self.changed.notify_one();
        }
    }

    /// Puts a follower whose leader was lost back into the queue; false if it needs none.
    pub(super) fn wait_again(&self) -> bool {
        let mut state = self.state();
        let lost = matches!(*state, State::Following);
        if lost {
            *state = State::Waiting;
        }
        lost
    }

    /// Waits for its turn, for an answer, or for `stop`.
    pub(super) fn wait(self: &Arc<Self>, stop: Option<&Stop>) -> Outcome {
        let this = Arc::clone(self);
        let guard = stop.map(|stop| stop.on_raise(move || this.leave()));
        if matches!(guard, Some(None)) {
            self.leave();
        }
        let mut state = self.state();
        loop {
            match std::mem::replace(&mut *state, State::Left) {
                State::Leading(grant) => return Outcome::Lead(grant),
                State::Answered(answer) => return Outcome::Answer(answer),
                State::Left => return Outcome::Answer(Err(cancelled())),
                other => *state = other,
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives the place up. A caller that was told to lead has to; an answer stays an answer.
    fn leave(&self) {
        let mut state = self.state();
        if matches!(*state, State::Waiting | State::Following) {
            *state = State::Left;
            self.changed.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cancelled() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        "the request was cancelled while it waited",
    )
    .advise("send it again if it is still wanted")
}
