//! The instances of one loaded version, and the requests that wait for one: what callers see of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use super::budget::Share;
use super::core::{Admission, Core};
use super::growth::{Growth, Stage, Wanted};
use super::instances::Instances;
use super::limits::PoolLimits;
use super::request::{Arrival, Lent, Ran, Request};
use super::turn::{Caller, Turn};
use crate::Result;
use crate::clock::{Alarm, Clock};
use crate::runtime::{Instance, StopGuard};

/// Instances of one version that any number of threads share. Cheap to clone; clones are one pool.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Core>);

impl Pool {
    /// A pool of `instances`, of which there must be at least one.
    pub fn new(instances: Instances, limits: PoolLimits, clock: Arc<dyn Clock>) -> Self {
        Self::sharing(instances, None, None, limits, clock)
    }

    /// A pool of `instances`, of which there must be at least one, that gets others when it first
    /// wants them.
    pub fn growing(
        instances: Instances,
        growth: Growth,
        limits: PoolLimits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self::sharing(instances, Some(growth), None, limits, clock)
    }

    /// A pool of `instances`, of which there must be at least one, that may grow, and whose runs take
    /// their threads out of a budget.
    pub fn sharing(
        instances: Instances,
        growth: Option<Growth>,
        share: Option<Share>,
        limits: PoolLimits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Core::new(instances, growth, share, limits, clock)))
    }

    /// Runs once: at once on the calling thread if an instance is free, else as soon as this
    /// request is the foremost, or together with one that is.
    ///
    /// # Errors
    /// `Overloaded` when too many wait already, `Cancelled` or `DeadlineExceeded` when `stop` is
    /// raised, and whatever the run ends with.
    pub fn run(&self, request: &Request<'_>) -> Result<Ran> {
        self.run_at(request, self.0.clock.now())
    }

    /// As [`Pool::run`], for a request that came at `now`: for whoever has looked at the clock already.
    ///
    /// # Errors
    /// As [`Pool::run`].
    pub fn run_at(&self, request: &Request<'_>, now: Instant) -> Result<Ran> {
        let core = &self.0;
        let arrival = Arrival::at(now);
        let admitted = core.admit(request, &arrival, Caller::Waits)?;
        let at = arrival.at;
        drop(arrival); // the span of its wait ends, or goes on with its turn
        match admitted {
            Admission::Now(slot) => core.run_now(slot, request, at),
            Admission::Later(turn) => core.wait(&turn),
        }
    }

    /// Lends an instance to `work` on the calling thread, as soon as it is its turn: for whoever keeps
    /// tensors between runs and says itself what runs together. Better for the lone than for a crowd:
    /// it takes the wide instance where that is free.
    ///
    /// # Errors
    /// `Overloaded` when too many wait already, and whatever `work` ends with.
    pub fn lend<T>(&self, work: impl FnOnce(&mut dyn Instance) -> Result<T>) -> Result<Lent<T>> {
        self.0.lend(work)
    }

    /// Puts a request into the queue that no thread waits for: threads of the pool's own run it, and
    /// whoever polls what this returns gets its answer. Dropping that cancels the request.
    ///
    /// # Errors
    /// `Overloaded` when too many wait already; `Io` when no thread can be started.
    pub fn submit(&self, request: &Request<'_>) -> Result<Queued> {
        let core = &self.0;
        let turn = core.enqueue(request, &Arrival::at(core.clock.now()))?;
        let guard = core.obey(&turn);
        let alarm = core.linger(&turn)?;
        Ok(Queued {
            core: Arc::clone(core),
            turn,
            _guard: guard,
            _alarm: alarm,
        })
    }

    /// Makes sure that the pool has a thread of its own for [`Pool::drive`].
    ///
    /// # Errors
    /// `Io` when none can be started.
    pub fn ready(&self) -> Result<()> {
        self.0.crew.ensure()
    }

    /// Drives `future` to its end on the threads of the pool, beginning on this one.
    pub fn drive(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.crew.drive(future);
    }

    /// How many requests run at once when it is crowded, once it has grown.
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Whether it has the instances for a crowd, or is making them now: it has seen a crowd, or was
    /// made for one.
    pub fn has_grown(&self) -> bool {
        let growth = self.0.growth.as_ref();
        growth.is_some_and(|growth| growth.wanted == Wanted::Calm)
            || !matches!(self.0.state().stage, Stage::Small(_))
    }

    /// Whether requests have been alone for a while, or there were none yet.
    pub fn is_calm(&self) -> bool {
        self.0.state().stock.calm()
    }

    /// Whether requests that may be joined are: not where that failed each time, and they ran well
    /// apart.
    pub fn joins(&self) -> bool {
        self.0.state().queue.joins()
    }

    /// How many requests wait now.
    pub fn waiting(&self) -> usize {
        self.0.state().queue.len()
    }

    /// How many runs are under way now.
    pub fn running(&self) -> usize {
        self.0.state().stock.running()
    }

    /// The clock that deadlines are measured by.
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }
}

/// A request in the queue that no thread waits for. It is cancelled when this is dropped.
#[derive(Debug)]
#[must_use = "a request is cancelled when nobody waits for its answer"]
pub struct Queued {
    core: Arc<Core>,
    turn: Arc<Turn>,
    _guard: Option<StopGuard>,
    _alarm: Option<Alarm>,
}

impl Future for Queued {
    type Output = Result<Ran>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.turn.poll(context.waker())
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.core.leave(&self.turn);
    }
}
