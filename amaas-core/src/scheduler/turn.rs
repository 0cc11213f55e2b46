//! One waiting request's place in the queue: where it is told to run a batch, or handed its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, Waker};
use std::time::Instant;

use tracing::Span;

use super::instances::Slot;
use super::queue::Batch;
use super::request::{Ran, Work};
use crate::runtime::Stop;
use crate::sync::{AtomicUsize, Condvar, Mutex, MutexGuard, PoisonError};
use crate::{Error, ErrorKind, Phase, Result};

/// A place in the queue.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) work: Work,
    pub(super) caller: Caller,
    /// Until when it waits for company though an instance is free.
    pub(super) lingers: Option<Instant>,
    state: Mutex<State>,
    changed: Condvar,
}

/// The thread of whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// It waits for an answer; where need be, a batch may run on it.
    Waits,
    /// It waits for an instance: what it does with it no other thread can do.
    Borrows,
    /// It does not wait: the turn is a ticket's.
    Away,
}

#[derive(Debug)]
struct State {
    place: Place,
    /// Who asked for the answer of a ticket.
    waker: Option<Waker>,
    /// Open while it waits.
    queue: Option<Span>,
}

#[derive(Debug)]
enum Place {
    /// In the queue.
    Waiting,
    /// Told to run a batch of which it is one.
    Leading(Grant),
    /// In a batch that somebody runs, with those who may all lose interest in it.
    Following(Option<Arc<Company>>),
    /// Answered.
    Answered(Result<Ran>),
    /// Its caller has gone, or has taken the answer.
    Left(Phase),
}

/// An instance, and whom to run on it.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) slot: Slot,
    pub(super) batch: Batch,
}

/// Members of a batch each of whom may leave; with the last of them the run ends.
#[derive(Debug)]
pub(super) struct Company {
    caring: AtomicUsize,
    pub(super) stop: Stop,
}

impl Company {
    pub(super) fn of(members: usize) -> Arc<Self> {
        Arc::new(Self {
            caring: AtomicUsize::new(members),
            stop: Stop::new(),
        })
    }

    pub(super) fn leave(&self) {
        if self.caring.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.stop.raise();
        }
    }
}

/// How a wait ends.
pub(super) enum Outcome {
    /// It is for this thread to run the batch.
    Lead(Grant),
    /// Somebody else ran it, or it was cancelled.
    Answer(Result<Ran>),
}

impl Turn {
    pub(super) fn new(work: Work, caller: Caller, lingers: Option<Instant>, queue: Span) -> Self {
        let state = State {
            place: Place::Waiting,
            waker: None,
            queue: Some(queue),
        };
        Self {
            work,
            caller,
            lingers,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// Whether its caller may go before the answer is there.
    pub(super) fn may_leave(&self) -> bool {
        self.caller == Caller::Away || self.work.stop.is_some()
    }

    /// Takes the request into a batch; false if the caller has left.
    pub(super) fn follow(&self, company: Option<&Arc<Company>>) -> bool {
        let mut state = self.state();
        let waits = matches!(state.place, Place::Waiting);
        if waits {
            state.place = Place::Following(company.cloned());
        }
        waits
    }

    /// Makes the waiting thread of a member run its batch; gives the grant back if it has left.
    pub(super) fn lead(&self, grant: Grant) -> std::result::Result<(), Box<Grant>> {
        let mut state = self.state();
        if !matches!(state.place, Place::Following(_)) {
            return Err(Box::new(grant));
        }
        state.place = Place::Leading(grant);
        drop(state); // whoever is woken takes it next
        self.changed.notify_one();
        Ok(())
    }

    /// Whether anybody still wants the answer that a batch is to give.
    pub(super) fn follows(&self) -> bool {
        matches!(self.state().place, Place::Following(_))
    }

    /// Its wait is over. Not under the lock, since whoever listens is told.
    pub(super) fn begin(&self) {
        let queue = self.state().queue.take();
        drop(queue);
    }

    /// Hands over what a run found; false if the caller has left or has an answer.
    pub(super) fn answer(&self, answer: Result<Ran>) -> bool {
        let mut state = self.state();
        let follows = matches!(state.place, Place::Following(_));
        if follows {
            state.place = Place::Answered(answer);
            self.notify(state);
        }
        follows
    }

    /// Puts a member whose run was lost back into the queue; false if it needs none.
    pub(super) fn wait_again(&self) -> bool {
        let mut state = self.state();
        let lost = matches!(state.place, Place::Following(_));
        if lost {
            state.place = Place::Waiting;
        }
        lost
    }

    /// Waits to run a batch, for an answer, or until it is left.
    pub(super) fn wait(&self) -> Outcome {
        let mut state = self.state();
        loop {
            match std::mem::replace(&mut state.place, Place::Left(Phase::Queue)) {
                Place::Leading(grant) => {
                    state.place = Place::Following(None);
                    return Outcome::Lead(grant);
                }
                Place::Answered(answer) => return Outcome::Answer(answer),
                Place::Left(phase) => return Outcome::Answer(Err(self.gone(phase))),
                other => state.place = other,
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The answer if it is there; else `waker` is called when it is.
    pub(super) fn poll(&self, waker: &Waker) -> Poll<Result<Ran>> {
        let mut state = self.state();
        match std::mem::replace(&mut state.place, Place::Left(Phase::Run)) {
            Place::Answered(answer) => Poll::Ready(answer),
            Place::Left(phase) => Poll::Ready(Err(self.gone(phase))),
            other => {
                state.place = other;
                state.waker = Some(waker.clone());
                Poll::Pending
            }
        }
    }

    /// Gives the place up, unless it runs a batch or has its answer. Says where it was: from the
    /// queue it must be taken out, before its caller is told.
    pub(super) fn leave(&self) -> Option<Phase> {
        let mut state = self.state();
        let (phase, company) = match &mut state.place {
            Place::Waiting => (Phase::Queue, None),
            Place::Following(company) => (Phase::Run, company.take()),
            _ => return None,
        };
        state.place = Place::Left(phase);
        drop(state);
        if let Some(company) = company {
            company.leave();
        }
        Some(phase)
    }

    /// Tells the caller that it has left.
    pub(super) fn tell(&self) {
        self.notify(self.state());
    }

    /// Tells whoever waits; not under the lock, which a thread that is woken takes next, and since a
    /// waker is somebody else's code.
    fn notify(&self, mut state: MutexGuard<'_, State>) {
        let waker = state.waker.take();
        drop(state);
        self.changed.notify_one();
        if let Some(waker) = waker
            && let Err(panic) = catch_unwind(AssertUnwindSafe(|| waker.wake()))
        {
            std::mem::forget(panic); // dropping it could panic again
        }
    }

    fn gone(&self, phase: Phase) -> Error {
        match &self.work.stop {
            Some(stop) if stop.is_raised() => stop.error(phase),
            _ => Error::new(ErrorKind::Cancelled, "the request was given up").during(phase),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
