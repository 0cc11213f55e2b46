//! A ticket: a request under way that nobody has to stand in line for.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::{Call, Service, Tensor};
//!
//! let route = Service::builder().build()?.load("resnet.onnx")?;
//! let image = Tensor::from_vec([1, 3, 224, 224], vec![0.0_f32; 150_528])?;
//! let ticket = route.submit(&[("x", &image)], &[], &Call::default());
//! // … something else; in an async function `ticket.await?`
//! println!("{}", ticket.wait()?[0].shape());
//! # Ok(())
//! # }
//! ```
//!
//! A ticket takes a place in the queue and no thread; a few threads of the model's own run it. It is
//! a `Future` that needs no particular runtime, it can be waited for or asked, and it calls back.
//!
//! The trap: a ticket that is dropped is cancelled. Whoever wants the work done keeps it.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::{Call, LoadedModel};
use crate::runtime::Stop;
use crate::{Error, ErrorKind, Result};

/// A request under way, to be waited for, awaited, asked or cancelled. Dropping it cancels it.
#[derive(Debug)]
#[must_use = "a ticket that is dropped is cancelled"]
pub struct Ticket<T> {
    shared: Arc<Shared<T>>,
    stop: Stop,
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

type Callback = Box<dyn FnOnce() + Send>;

struct State<T> {
    answer: Answer<T>,
    waker: Option<Waker>,
    callbacks: Vec<Callback>,
}

#[derive(Debug)]
enum Answer<T> {
    Pending,
    Ready(Result<T>),
    Taken,
}

impl<T> std::fmt::Debug for State<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("done", &self.is_done())
            .finish_non_exhaustive()
    }
}

impl<T> State<T> {
    fn is_done(&self) -> bool {
        !matches!(self.answer, Answer::Pending)
    }

    /// The answer, once.
    fn take(&mut self) -> Option<Result<T>> {
        match std::mem::replace(&mut self.answer, Answer::Taken) {
            Answer::Pending => {
                self.answer = Answer::Pending;
                None
            }
            Answer::Ready(answer) => Some(answer),
            Answer::Taken => Some(Err(taken())),
        }
    }
}

impl<T: Send + 'static> Ticket<T> {
    /// A ticket for what `work` makes of `model` and a call with the flag of the ticket's own.
    pub(crate) fn start<F: Future<Output = Result<T>> + Send + 'static>(
        model: &Arc<LoadedModel>,
        call: &Call,
        work: impl FnOnce(Arc<LoadedModel>, Call) -> F,
    ) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                answer: Answer::Pending,
                waker: None,
                callbacks: Vec::new(),
            }),
            changed: Condvar::new(),
        });
        let stop = Stop::new();
        let link = call.stop.as_ref().and_then(|outer| stop.follow(outer));
        let own = Call {
            stop: Some(stop.clone()),
            ..call.clone()
        };
        let answering = Answering(Arc::clone(&shared));
        let work = work(Arc::clone(model), own);
        let done = move |answer| {
            answering.0.give(answer);
            drop(link); // the outer flag held until then
        };
        model.drive(work, done);
        Self { shared, stop }
    }
}

impl<T> Ticket<T> {
    /// Whether the answer is there, or the reason why there is none.
    pub fn is_done(&self) -> bool {
        self.shared.state().is_done()
    }

    /// Gives the request up: in the queue or in its run. The ticket is then done with `Cancelled`,
    /// unless it was done before.
    pub fn cancel(&self) {
        self.stop.raise();
    }

    /// Blocks until the answer is there, and takes it.
    ///
    /// # Errors
    /// Whatever the request ends with; `InvalidArgument` when the answer was taken before.
    pub fn wait(&self) -> Result<T> {
        let state = self.shared.state();
        let waited = self
            .shared
            .changed
            .wait_while(state, |state| !state.is_done());
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.take().unwrap_or_else(|| Err(taken()))
    }

    /// Blocks until the ticket is done, for at most `time`; whether it is.
    pub fn wait_timeout(&self, time: Duration) -> bool {
        let state = self.shared.state();
        let pending = |state: &mut State<T>| !state.is_done();
        let waited = self.shared.changed.wait_timeout_while(state, time, pending);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_done()
    }

    /// Calls `callback` once when the ticket is done, on the thread that finishes it; now if it is.
    /// A panic of the callback is its own affair.
    pub fn on_done(&self, callback: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.state();
        if !state.is_done() {
            state.callbacks.push(Box::new(callback));
            return;
        }
        drop(state);
        shielded(callback);
    }
}

impl<T> Future for Ticket<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.shared.state();
        match state.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        if !self.is_done() {
            self.stop.raise();
        }
    }
}

impl<T> Shared<T> {
    /// Makes the ticket done; the first answer counts.
    fn give(&self, answer: Result<T>) {
        let mut state = self.state();
        if state.is_done() {
            return;
        }
        state.answer = Answer::Ready(answer);
        let (waker, callbacks) = (state.waker.take(), std::mem::take(&mut state.callbacks));
        drop(state);
        self.changed.notify_all();
        if let Some(waker) = waker {
            shielded(|| waker.wake());
        }
        callbacks.into_iter().for_each(shielded);
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers for work that ends without an answer of its own, as by a panic.
struct Answering<T>(Arc<Shared<T>>);

impl<T> Drop for Answering<T> {
    fn drop(&mut self) {
        self.0
            .give(Err(Error::new(ErrorKind::Internal, "the request panicked")
                .advise("please report this")));
    }
}

fn taken() -> Error {
    let message = "the answer of this ticket was taken already";
    Error::new(ErrorKind::InvalidArgument, message).advise("keep what the first call gives")
}

/// Calls somebody else's code, whose panic must not reach ours.
fn shielded(code: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(code)) {
        std::mem::forget(panic); // dropping it could panic again
    }
}
