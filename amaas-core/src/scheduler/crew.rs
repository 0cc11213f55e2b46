//! Threads of a pool's own, for what no caller's thread waits for: runs of tickets and the work
//! around them. They start when first needed, are few, and end with the pool.
//!
//! The trap: a job must not wait for another job, or all threads may wait for one that has none.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError, thread};
use crate::{Error, ErrorKind, Result};

type Job = Box<dyn FnOnce() + Send>;

/// A bounded number of threads and their jobs, first come, first served.
#[derive(Debug)]
pub(super) struct Crew {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    most: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("jobs", &self.jobs.len())
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl Crew {
    /// A crew of up to `most` threads, none of them started.
    pub(super) fn new(most: usize) -> Self {
        let shared = Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            most,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Makes sure that what is pushed after this is done by somebody.
    ///
    /// # Errors
    /// `Io` when not even one thread can be started.
    pub(super) fn ensure(&self) -> Result<()> {
        let mut state = self.shared.state();
        if state.threads > 0 {
            return Ok(());
        }
        self.shared.hire(&mut state).map_err(|cause| {
            Error::new(ErrorKind::Io, "no thread can be started")
                .because(cause)
                .advise("raise the limit of threads, or call without a deadline or a ticket")
        })
    }

    /// Gives a job to the next thread that is free.
    pub(super) fn push(&self, job: impl FnOnce() + Send + 'static) {
        self.shared.push(Box::new(job));
    }

    /// Drives `future` to its end: first on this thread until it waits, then on the crew's.
    pub(super) fn drive(&self, future: impl Future<Output = ()> + Send + 'static) {
        let errand = Arc::new(Errand {
            future: Mutex::new(Some(Box::pin(future))),
            shared: Arc::clone(&self.shared),
        });
        errand.go_on();
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn push(self: &Arc<Self>, job: Job) {
        let mut state = self.state();
        state.jobs.push_back(job);
        if state.idle == 0 && state.threads < self.most {
            // Those that are there do it otherwise.
            drop(self.hire(&mut state));
        }
        self.changed.notify_one();
    }

    fn hire(self: &Arc<Self>, state: &mut State) -> std::io::Result<()> {
        let shared = Arc::clone(self);
        let thread = thread::Builder::new().name(format!("amaas-run-{}", state.threads));
        thread.spawn(move || shared.work())?;
        state.threads += 1;
        Ok(())
    }

    fn work(&self) {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                // A panic has been dealt with by what the job holds; the thread goes on.
                if let Err(panic) = catch_unwind(AssertUnwindSafe(job)) {
                    std::mem::forget(panic); // dropping it could panic again
                }
                state = self.state();
                continue;
            }
            if state.closed {
                return;
            }
            state.idle += 1;
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Errands = Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>;

/// A future on its way; gone once it has ended.
struct Errand {
    future: Errands,
    shared: Arc<Shared>,
}

impl Errand {
    fn go_on(self: Arc<Self>) {
        let waker = Waker::from(Arc::clone(&self));
        let mut place = self.future.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut future) = place.take() else {
            return;
        };
        let mut context = Context::from_waker(&waker);
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context)));
        match polled {
            Ok(Poll::Pending) => *place = Some(future),
            Ok(Poll::Ready(())) => {}
            // It is gone, and answers for that as it goes.
            Err(panic) => std::mem::forget(panic), // dropping it could panic again
        }
    }
}

impl Wake for Errand {
    fn wake(self: Arc<Self>) {
        let shared = Arc::clone(&self.shared);
        shared.push(Box::new(move || self.go_on()));
    }
}
