//! What the clones of a pool share, and how a request comes in, waits and goes.
//!
//! One lock guards the instances and the queue; no run, no answer and no code of a caller's is
//! under it. Each waiting request has a lock of its own, taken after that one or alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::batch::Joined;
use super::budget::Share;
use super::courtesy::Courtesy;
use super::crew::Crew;
use super::growth::{Growth, Stage};
use super::instances::{Instances, Slot, Stock};
use super::lease::{Lease, Took};
use super::limits::PoolLimits;
use super::pace::Pace;
use super::queue::{Places, Queue};
use super::request::{Arrival, Lent, Ran, Request, Work};
use super::turn::{Caller, Outcome, Turn};
use crate::clock::{Alarm, Clock};
use crate::observe::spans;
use crate::runtime::{Instance, StopGuard};
use crate::sync::{Mutex, MutexGuard, PoisonError};
use crate::{Error, ErrorKind, Phase, Result};

#[derive(Debug)]
pub(super) struct Core {
    state: Mutex<State>,
    pub(super) growth: Option<Arc<Growth>>,
    /// What it takes of the threads of its service, if there are others.
    pub(super) share: Option<Share>,
    limits: PoolLimits,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) crew: Crew,
    pub(super) courtesy: Courtesy,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) stock: Stock,
    pub(super) queue: Queue,
    pub(super) stage: Stage,
    pace: Pace,
}

/// Whether a request runs now or waits.
pub(super) enum Admission {
    Now(Slot),
    Later(Arc<Turn>),
}

impl Core {
    pub(super) fn new(
        instances: Instances,
        growth: Option<Growth>,
        share: Option<Share>,
        limits: PoolLimits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let stock = Stock::of(instances);
        let capacity = stock.capacity();
        let growth = growth.map(Arc::new);
        let grown = growth.as_ref().map_or(0, |growth| growth.count);
        let state = State {
            queue: Queue::new(limits.clone()),
            stage: Stage::of(growth.as_ref()),
            stock,
            pace: Pace::default(),
        };
        Self {
            state: Mutex::new(state),
            growth,
            share,
            limits,
            clock,
            // One for each run that can be under way, and one for what lies between runs.
            crew: Crew::new(capacity.max(grown) + 1),
            courtesy: Courtesy::default(),
        }
    }

    /// How many run at once when it is crowded, once it has grown.
    pub(super) fn capacity(&self) -> usize {
        let grown = self.growth.as_ref().map_or(0, |growth| growth.count);
        self.state().stock.capacity().max(grown)
    }

    pub(super) fn admit(
        self: &Arc<Self>,
        request: &Request<'_>,
        arrival: &Arrival,
        caller: Caller,
    ) -> Result<Admission> {
        if let Some(stop) = request.stop.filter(|stop| stop.is_raised()) {
            return Err(stop.error(Phase::Queue));
        }
        let mut state = self.state();
        let alone = self.notice(&mut state, request);
        if state.runs_at_once()
            && self.lingers(request, arrival.at).is_none()
            && let Some(slot) = self.take(&mut state, alone)
        {
            return Ok(Admission::Now(slot));
        }
        let turn = self.push(&mut state, request, arrival, caller)?;
        self.start(&mut state, alone);
        Ok(Admission::Later(turn))
    }

    pub(super) fn enqueue(
        self: &Arc<Self>,
        request: &Request<'_>,
        arrival: &Arrival,
    ) -> Result<Arc<Turn>> {
        let mut state = self.state();
        let alone = self.notice(&mut state, request);
        let turn = self.push(&mut state, request, arrival, Caller::Away)?;
        self.start(&mut state, alone);
        Ok(turn)
    }

    /// An instance for the next run, with the threads it takes, where there are both.
    pub(super) fn take(self: &Arc<Self>, state: &mut State, alone: bool) -> Option<Slot> {
        let first = state.stock.running() == 0;
        let slot = state.stock.take(alone)?;
        match &self.share {
            Some(share) if !share.take(&slot, first, self) => {
                state.stock.put(slot);
                None
            }
            _ => Some(slot),
        }
    }

    /// Takes an instance back, and gives its threads back; see [`Core::feed`].
    pub(super) fn put(&self, state: &mut State, slot: Slot) {
        if let Some(share) = &self.share {
            share.give(&slot);
        }
        state.stock.put(slot);
    }

    /// Starts what waits for threads in other pools, after some were given back. Not under a lock.
    pub(super) fn feed(&self) {
        for other in self.share.iter().flat_map(Share::hungry) {
            other.start(&mut other.state(), false);
        }
    }

    /// Takes in that a request came; whether it is alone, and requests have been for a while.
    fn notice(self: &Arc<Self>, state: &mut State, request: &Request<'_>) -> bool {
        let found_nobody =
            state.is_idle() && !request.part && self.share.as_ref().is_none_or(Share::rests);
        let alone = state.stock.is_calm(found_nobody);
        self.grow(state, found_nobody, alone);
        alone
    }

    fn push(
        &self,
        state: &mut State,
        request: &Request<'_>,
        arrival: &Arrival,
        caller: Caller,
    ) -> Result<Arc<Turn>> {
        if state.queue.is_full() && !state.runs_at_once() {
            return Err(self.overloaded(state));
        }
        if state.queue.is_full_for(request.tenant) && !state.runs_at_once() {
            return Err(self
                .overloaded(state)
                .with("bound", "the tenant's share of the queue"));
        }
        if caller == Caller::Away || (request.stop.is_some() && request.join.is_some()) {
            self.crew.ensure()?; // it may run there
        }
        let lingers = self.lingers(request, arrival.at);
        let (work, queue) = (Work::of(request, arrival), arrival.queue.clone());
        let turn = Arc::new(Turn::new(work, caller, lingers, queue));
        state.queue.push(Arc::clone(&turn));
        Ok(turn)
    }

    /// Until when a request waits for company.
    fn lingers(&self, request: &Request<'_>, arrived: Instant) -> Option<Instant> {
        request.join?;
        Some(arrived + self.limits.window?)
    }

    pub(super) fn run_now(
        self: &Arc<Self>,
        slot: Slot,
        request: &Request<'_>,
        arrived: Instant,
    ) -> Result<Ran> {
        let mut lease = Lease::of(self, slot, Vec::new(), true);
        let batch = spans::batch(std::iter::once(&spans::current()), 1);
        let _entered = batch.enter();
        let instance = lease.instance()?;
        let run = || instance.run(request.inputs, request.outputs, request.stop);
        let outputs = spans::run().in_scope(run)?;
        let computed = self.clock.since(arrived);
        lease.took(Took {
            time: computed,
            requests: 1,
            tokens: None,
            joined: Joined::Unknown,
        });
        Ok(Ran {
            outputs,
            queued: Duration::ZERO, // it found an instance at once
            computed,
            together: 1,
        })
    }

    /// Lends an instance to `work` on the caller's thread.
    pub(super) fn lend<T>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut dyn Instance) -> Result<T>,
    ) -> Result<Lent<T>> {
        let arrival = Arrival::at(self.clock.now());
        let admitted = self.admit(&Request::new(&[], &[]), &arrival, Caller::Borrows)?;
        let arrived = arrival.at;
        drop(arrival); // the span of its wait ends, or goes on with its turn
        let slot = match admitted {
            Admission::Now(slot) => slot,
            Admission::Later(turn) => match turn.wait() {
                Outcome::Lead(grant) => {
                    turn.begin();
                    grant.slot
                }
                Outcome::Answer(answer) => return Err(answer.err().unwrap_or_else(not_lent)),
            },
        };
        let mut lease = Lease::of(self, slot, Vec::new(), true);
        let started = self.clock.now();
        let made = work(&mut **lease.instance()?)?;
        let computed = self.clock.since(started);
        lease.took(Took {
            time: computed,
            requests: 1,
            tokens: None,
            joined: Joined::Unknown,
        });
        Ok(Lent {
            made,
            queued: started.saturating_duration_since(arrived),
            computed,
        })
    }

    /// Waits on the caller's thread, which may be told to run a batch where the pool has none.
    pub(super) fn wait(self: &Arc<Self>, turn: &Arc<Turn>) -> Result<Ran> {
        let _alarm = self.linger(turn)?;
        let _guard = self.obey(turn);
        let answer = match turn.wait() {
            Outcome::Answer(answer) => answer,
            Outcome::Lead(grant) => {
                self.lead(grant, Some(turn));
                match turn.wait() {
                    Outcome::Answer(answer) => answer,
                    Outcome::Lead(_) => Err(lost("a batch was led twice")),
                }
            }
        };
        if answer.is_err() {
            self.forget(turn);
        }
        answer
    }

    /// Lets the request go when its flag is raised.
    pub(super) fn obey(self: &Arc<Self>, turn: &Arc<Turn>) -> Option<StopGuard> {
        let stop = turn.work.stop.as_ref()?;
        let (core, leaving) = (Arc::clone(self), Arc::clone(turn));
        let guard = stop.on_raise(move || core.leave(&leaving));
        if guard.is_none() {
            self.leave(turn);
        }
        guard
    }

    /// Starts what is ready when the request has waited long enough for company.
    pub(super) fn linger(self: &Arc<Self>, turn: &Arc<Turn>) -> Result<Option<Alarm>> {
        let Some(until) = turn.lingers else {
            return Ok(None);
        };
        let core = Arc::clone(self);
        let ring = Box::new(move || core.start(&mut core.state(), false));
        self.clock.alarm(until, ring).map(Some).map_err(|cause| {
            self.leave(turn);
            Error::new(ErrorKind::Io, "no thread can be started to keep the time").because(cause)
        })
    }

    pub(super) fn leave(&self, turn: &Arc<Turn>) {
        if let Some(phase) = turn.leave() {
            if phase == Phase::Queue {
                self.forget(turn);
            }
            turn.tell();
        }
    }

    fn forget(&self, turn: &Arc<Turn>) {
        self.state().queue.remove(turn);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn overloaded(&self, state: &State) -> Error {
        let message = format!("`{}` requests wait already", state.queue.len());
        let error = Error::new(ErrorKind::Overloaded, message)
            .advise("retry a little later, or give the model more instances");
        match state
            .pace
            .drains_in(state.queue.len(), state.stock.capacity())
        {
            Some(wait) => error.retry_in(wait),
            None => error,
        }
    }
}

impl State {
    /// Whether a request that comes now finds nobody before it and an instance for it.
    fn runs_at_once(&self) -> bool {
        self.queue.is_empty() && self.stock.has_room()
    }

    /// Who runs next.
    pub(super) fn foremost(&self, now: Instant) -> Option<Places> {
        self.queue.next(now, self.stock.capacity())
    }

    pub(super) fn someone_waits(&self) -> bool {
        !self.queue.is_empty()
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.stock.running() == 0
    }

    /// Learns from a run; whether nothing is joined from now on.
    pub(super) fn note(&mut self, took: &Took) -> bool {
        self.pace.ran(took.time, took.requests);
        // What failed together and ran apart says nothing about the cost of a run.
        if let Some(tokens) = took.tokens.filter(|_| took.joined != Joined::InVain) {
            self.queue.learn(tokens, took.time);
        }
        self.queue.joined(took.joined)
    }
}

fn not_lent() -> Error {
    lost("a request without inputs was run")
}

pub(super) fn lost(message: &str) -> Error {
    Error::new(ErrorKind::Internal, message).advise("please report this")
}
