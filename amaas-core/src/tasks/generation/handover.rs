//! From the thread that writes a text to whoever reads it: pieces as they come, and how it ended.
//!
//! The trap: nobody waits for a slow reader. What is not read gathers here, and is bounded by the
//! most tokens of the text.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::options::Finish;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// Where pieces of one text are handed over.
#[derive(Debug)]
pub(super) struct Handover {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    pieces: VecDeque<String>,
    usage: Usage,
    end: Option<Result<Finish>>,
    /// Whether `end` was taken.
    taken: bool,
    wakers: Vec<Waker>,
    bells: Vec<Bell>,
}

type Bell = Box<dyn FnOnce() + Send>;

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("pieces", &self.pieces.len())
            .field("ended", &self.end.is_some())
            .finish_non_exhaustive()
    }
}

/// What comes next of a text.
#[derive(Debug)]
pub(super) enum Next {
    /// More of it.
    Piece(String),
    /// Its end, once.
    End(Result<Finish>),
}

impl Handover {
    pub(super) fn new(usage: Usage) -> Arc<Self> {
        let state = State {
            pieces: VecDeque::new(),
            usage,
            end: None,
            taken: false,
            wakers: Vec::new(),
            bells: Vec::new(),
        };
        Arc::new(Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        })
    }

    /// Hands a piece over, with what was used so far.
    pub(super) fn give(&self, piece: String, usage: &Usage) {
        let mut state = self.state();
        state.usage.clone_from(usage);
        if !piece.is_empty() && state.end.is_none() {
            state.pieces.push_back(piece);
            self.tell(state);
        }
    }

    /// Ends the text; the first end counts.
    pub(super) fn end(&self, end: Result<Finish>) {
        let mut state = self.state();
        if state.end.is_none() && !state.taken {
            state.end = Some(end);
            self.tell(state);
        }
    }

    /// What was used so far.
    pub(super) fn usage(&self) -> Usage {
        self.state().usage.clone()
    }

    /// Whether anything can be taken without waiting.
    pub(super) fn is_ready(&self) -> bool {
        self.state().is_ready()
    }

    /// Blocks until there is something, and takes it.
    pub(super) fn wait(&self) -> Next {
        let waited = self
            .changed
            .wait_while(self.state(), |state| !state.is_ready());
        waited.unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What there is; else the waker is called when there is something.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<Next> {
        let mut state = self.state();
        if state.is_ready() {
            return Poll::Ready(state.take());
        }
        if !state
            .wakers
            .iter()
            .any(|waker| waker.will_wake(context.waker()))
        {
            state.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }

    /// Calls `bell` once when there is something; now if there is.
    pub(super) fn when_ready(&self, bell: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        if !state.is_ready() {
            state.bells.push(Box::new(bell));
            return;
        }
        drop(state);
        shielded(bell);
    }

    /// Tells all who wait; not under the lock, since they are somebody else's code.
    fn tell(&self, mut state: MutexGuard<'_, State>) {
        let wakers = std::mem::take(&mut state.wakers);
        let bells = std::mem::take(&mut state.bells);
        drop(state);
        self.changed.notify_all();
        wakers
            .into_iter()
            .for_each(|waker| shielded(|| waker.wake()));
        bells.into_iter().for_each(shielded);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_ready(&self) -> bool {
        !self.pieces.is_empty() || self.end.is_some() || self.taken
    }

    fn take(&mut self) -> Next {
        if let Some(piece) = self.pieces.pop_front() {
            return Next::Piece(piece);
        }
        self.taken = true;
        let again = || {
            let message = "the end of this text was taken already";
            Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("keep what the first call gives"))
        };
        Next::End(self.end.take().unwrap_or_else(again))
    }
}

fn shielded(code: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(code)) {
        std::mem::forget(panic); // dropping it could panic again
    }
}
