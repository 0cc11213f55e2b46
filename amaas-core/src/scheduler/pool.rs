//! The instances of one loaded version, and the requests that wait for one.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::batch;
use super::choose::{Bounds, choose};
use super::cost::Cost;
use super::crew::Crew;
use super::instances::{Instances, Slot};
use super::pace::Pace;
use super::priority::foremost;
use super::request::{Ran, Request, Work};
use super::turn::{Company, Grant, Outcome, Turn};
use crate::clock::{Alarm, Clock};
use crate::runtime::{Instance, StopGuard};
use crate::{Error, ErrorKind, Phase, Result};

/// Bounds of a pool.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolLimits {
    /// How many requests may wait at once; one more is refused with `Overloaded`.
    pub waiting: usize,
    /// The most rows that run together.
    pub rows: usize,
    /// The most tokens that run together, padding included.
    pub tokens: usize,
    /// How long a request waits for others to run with though an instance is free; not at all when
    /// absent. Only those that may run together wait, and only until `rows` are there.
    pub window: Option<Duration>,
    /// After each such time of waiting a request counts as one priority higher.
    pub ageing: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            waiting: 1024,
            rows: 64,
            tokens: 8192,
            window: None,
            ageing: Duration::from_millis(500),
        }
    }
}

/// So many requests in a row must find nobody else before the wide instance is taken: beside narrow
/// ones it would fight them for the processors, and two callers miss each other by chance at times.
const CALM: usize = 4;

/// Instances of one version that any number of threads share. Cheap to clone; clones are one pool.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Core>);

#[derive(Debug)]
struct Core {
    state: Mutex<State>,
    /// How many run at once when it is crowded.
    capacity: usize,
    limits: PoolLimits,
    clock: Arc<dyn Clock>,
    crew: Crew,
}

#[derive(Debug)]
struct State {
    free: Instances,
    running: usize,
    /// Requests in a row that found nobody else, up to [`CALM`].
    calm: usize,
    waiting: VecDeque<Arc<Turn>>,
    /// What runs cost in a crowd.
    cost: Cost,
    pace: Pace,
}

impl State {
    fn take(&mut self, alone: bool) -> Option<Slot> {
        let slot = self.free.take(alone);
        self.running += usize::from(slot.is_some());
        slot
    }

    fn put(&mut self, slot: Slot) {
        self.running -= 1;
        self.free.put(slot);
    }

    /// Whether a request that comes now is alone, and has been for a while.
    fn is_calm(&mut self, part: bool) -> bool {
        let found_nobody = self.running == 0 && self.waiting.is_empty() && !part;
        self.calm = if found_nobody {
            CALM.min(self.calm + 1)
        } else {
            0
        };
        self.calm == CALM
    }

    fn note(&mut self, took: &Took) {
        self.pace.ran(took.time, took.requests);
        if let Some(tokens) = took.tokens {
            self.cost.saw(tokens, took.time);
        }
    }

    /// Puts members of a lost batch in front again, for they are the oldest.
    fn restore(&mut self, members: &[Arc<Turn>]) {
        for turn in members.iter().rev().filter(|turn| turn.wait_again()) {
            self.waiting.push_front(Arc::clone(turn));
        }
    }
}

impl Pool {
    /// A pool of `instances`, of which there must be at least one.
    pub fn new(instances: Instances, limits: PoolLimits, clock: Arc<dyn Clock>) -> Self {
        let capacity = instances.narrow.len().max(1);
        let state = State {
            free: instances,
            running: 0,
            calm: CALM,
            waiting: VecDeque::new(),
            cost: Cost::default(),
            pace: Pace::default(),
        };
        Self(Arc::new(Core {
            state: Mutex::new(state),
            capacity,
            limits,
            clock,
            // One for each run that can be under way, and one for what lies between runs.
            crew: Crew::new(capacity + 1),
        }))
    }

    /// Runs once: at once on the calling thread if an instance is free, else as soon as this
    /// request is the foremost, or together with one that is.
    ///
    /// # Errors
    /// `Overloaded` when too many wait already, `Cancelled` or `DeadlineExceeded` when `stop` is
    /// raised, and whatever the run ends with.
    pub fn run(&self, request: &Request<'_>) -> Result<Ran> {
        let core = &self.0;
        let arrived = core.clock.now();
        match core.admit(request, arrived)? {
            Admission::Now(slot) => core.run_now(slot, request, arrived),
            Admission::Later(turn) => core.wait(&turn),
        }
    }

    /// Puts a request into the queue that no thread waits for: threads of the pool's own run it, and
    /// whoever polls what this returns gets its answer. Dropping that cancels the request.
    ///
    /// # Errors
    /// `Overloaded` when too many wait already; `Io` when no thread can be started.
    pub fn submit(&self, request: &Request<'_>) -> Result<Queued> {
        let core = &self.0;
        core.crew.ensure()?;
        let arrived = core.clock.now();
        let turn = core.enqueue(request, arrived)?;
        let guard = core.obey(&turn);
        let alarm = core.linger(&turn)?;
        Ok(Queued {
            core: Arc::clone(core),
            turn,
            _guard: guard,
            _alarm: alarm,
        })
    }

    /// Drives `future` to its end on the threads of the pool, beginning on this one.
    ///
    /// # Errors
    /// `Io` when no thread can be started.
    pub fn drive(&self, future: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        self.0.crew.ensure()?;
        self.0.crew.drive(future);
        Ok(())
    }

    /// How many requests run at once when it is crowded.
    pub fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// How many requests wait now.
    pub fn waiting(&self) -> usize {
        self.0.state().waiting.len()
    }

    /// How many runs are under way now.
    pub fn running(&self) -> usize {
        self.0.state().running
    }

    /// The clock that deadlines are measured by.
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }
}

impl Core {
    fn admit(self: &Arc<Self>, request: &Request<'_>, arrived: Instant) -> Result<Admission> {
        if let Some(stop) = request.stop {
            if stop.is_raised() {
                return Err(stop.error(Phase::Queue));
            }
            if request.join.is_some() {
                self.crew.ensure()?; // a batch of those who may leave runs there
            }
        }
        let mut state = self.state();
        let alone = state.is_calm(request.part);
        if state.waiting.is_empty()
            && state.running < self.capacity
            && self.lingers(request, arrived).is_none()
            && let Some(slot) = state.take(alone)
        {
            return Ok(Admission::Now(slot));
        }
        let turn = self.push(&mut state, request, arrived, true)?;
        self.start(&mut state, alone);
        Ok(Admission::Later(turn))
    }

    fn enqueue(self: &Arc<Self>, request: &Request<'_>, arrived: Instant) -> Result<Arc<Turn>> {
        let mut state = self.state();
        let alone = state.is_calm(request.part);
        let turn = self.push(&mut state, request, arrived, false)?;
        self.start(&mut state, alone);
        Ok(turn)
    }

    fn push(
        &self,
        state: &mut State,
        request: &Request<'_>,
        arrived: Instant,
        attended: bool,
    ) -> Result<Arc<Turn>> {
        let runs_at_once = state.waiting.is_empty() && state.running < self.capacity;
        if state.waiting.len() >= self.limits.waiting && !runs_at_once {
            return Err(self.overloaded(state));
        }
        let lingers = self.lingers(request, arrived);
        let turn = Arc::new(Turn::new(Work::of(request, arrived), attended, lingers));
        state.waiting.push_back(Arc::clone(&turn));
        Ok(turn)
    }

    /// Until when a request waits for company.
    fn lingers(&self, request: &Request<'_>, arrived: Instant) -> Option<Instant> {
        request.join?;
        Some(arrived + self.limits.window?)
    }

    fn run_now(
        self: &Arc<Self>,
        slot: Slot,
        request: &Request<'_>,
        arrived: Instant,
    ) -> Result<Ran> {
        let mut lease = Lease::of(self, slot, Vec::new(), true);
        let started = self.clock.now();
        let outputs = lease
            .instance()?
            .run(request.inputs, request.outputs, request.stop)?;
        let computed = self.clock.since(started);
        lease.took = Some(Took {
            time: computed,
            requests: 1,
            tokens: None,
        });
        Ok(Ran {
            outputs,
            queued: started.saturating_duration_since(arrived),
            computed,
            together: 1,
        })
    }

    /// Waits on the caller's thread, which may be told to run a batch.
    fn wait(self: &Arc<Self>, turn: &Arc<Turn>) -> Result<Ran> {
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
    fn obey(self: &Arc<Self>, turn: &Arc<Turn>) -> Option<StopGuard> {
        let stop = turn.work.stop.as_ref()?;
        let (core, leaving) = (Arc::clone(self), Arc::clone(turn));
        let guard = stop.on_raise(move || core.leave(&leaving));
        if guard.is_none() {
            self.leave(turn);
        }
        guard
    }

    /// Starts what is ready when the request has waited long enough for company.
    fn linger(self: &Arc<Self>, turn: &Arc<Turn>) -> Result<Option<Alarm>> {
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

    fn leave(&self, turn: &Arc<Turn>) {
        if let Some(phase) = turn.leave() {
            if phase == Phase::Queue {
                self.forget(turn);
            }
            turn.tell();
        }
    }

    fn forget(&self, turn: &Arc<Turn>) {
        let waiting = &mut self.state().waiting;
        waiting.retain(|other| !Arc::ptr_eq(other, turn));
    }

    /// Runs a batch on this thread, which is that of its member `own` if not one of the crew's.
    fn lead(self: &Arc<Self>, grant: Grant, own: Option<&Arc<Turn>>) {
        let Grant {
            slot,
            members,
            company,
        } = grant;
        let others = members
            .iter()
            .filter(|turn| !own.is_some_and(|own| Arc::ptr_eq(own, turn)));
        let mut lease = Lease::of(self, slot, others.cloned().collect(), own.is_some());
        let started = self.clock.now();
        if let Ok(instance) = lease.instance() {
            batch::run(&mut **instance, &members, company.as_ref(), &*self.clock);
        }
        lease.took = Some(Took {
            time: self.clock.since(started),
            requests: members.len(),
            tokens: Some(batch::tokens(&members)),
        });
    }

    /// Takes a freed instance back and lets the next batch begin.
    fn free(self: &Arc<Self>, slot: Slot, lost: &[Arc<Turn>], took: Option<Took>) {
        let mut state = self.state();
        state.put(slot);
        if let Some(took) = took {
            state.note(&took);
        }
        state.restore(lost);
        self.start(&mut state, false);
    }

    /// Hands free instances to the foremost requests, each with those that fit beside it.
    fn start(self: &Arc<Self>, state: &mut State, alone: bool) {
        while state.running < self.capacity
            && let Some((place, beside)) = self.next(state)
        {
            let Some(slot) = state.take(alone) else {
                return;
            };
            let grant = self.gather(state, slot, place, &beside);
            self.hand(state, grant);
        }
    }

    /// The place of the request that leads now and of those beside it; `None` when nobody waits,
    /// or all that do wait for company.
    fn next(&self, state: &State) -> Option<(usize, Vec<usize>)> {
        let waiting = &state.waiting;
        if waiting.is_empty() {
            return None;
        }
        let now = self.clock.now();
        let rank = |turn: &Arc<Turn>| {
            let age = now.saturating_duration_since(turn.work.arrived);
            (turn.work.priority, age)
        };
        let is_ready = |turn: &Arc<Turn>| turn.lingers.is_none_or(|until| until <= now);
        let ready: Vec<_> = (0..waiting.len())
            .filter(|place| is_ready(&waiting[*place]))
            .collect();
        let foremost = |places: &[usize]| {
            let ranks = places.iter().map(|place| rank(&waiting[*place]));
            foremost(ranks, self.limits.ageing).map(|index| places[index])
        };
        if let Some(place) = foremost(&ready) {
            return Some((place, self.beside(place, state)));
        }
        let all: Vec<_> = (0..waiting.len()).collect();
        let place = foremost(&all)?;
        let beside = self.beside(place, state);
        let rows = |place: &usize| waiting[*place].work.rows();
        let full = rows(&place) + beside.iter().map(rows).sum::<usize>() >= self.limits.rows;
        full.then_some((place, beside))
    }

    /// The places of those that run together with the one at `place`.
    fn beside(&self, place: usize, state: &State) -> Vec<usize> {
        let waiting = &state.waiting;
        let leader = &waiting[place].work;
        if leader.join.is_none() || waiting.len() == 1 {
            return Vec::new();
        }
        let size = |(other, turn): (usize, &Arc<Turn>)| {
            let fits = || turn.work.beside(leader);
            (other != place).then(fits).flatten()
        };
        let sizes: Vec<_> = waiting.iter().enumerate().map(size).collect();
        let bounds = Bounds {
            rows: self.limits.rows,
            tokens: self.limits.tokens,
            requests: waiting.len().div_ceil(self.capacity),
            start: state.cost.start(),
        };
        choose(leader.size(), &sizes, &bounds)
    }

    /// Takes a batch out of the queue.
    fn gather(&self, state: &mut State, slot: Slot, place: usize, beside: &[usize]) -> Grant {
        let mut places = beside.to_vec();
        places.push(place);
        places.sort_unstable();
        let taken = places.iter().rev();
        let mut members: Vec<_> = taken
            .filter_map(|place| state.waiting.remove(*place))
            .collect();
        members.reverse();
        // One that runs on its own thread needs no company: its own flag ends its run.
        let on_its_own = members.len() == 1 && members.iter().all(|turn| turn.attended);
        let all_may_leave = members.iter().all(|turn| turn.may_leave());
        let company = (all_may_leave && !on_its_own).then(|| Company::of(members.len()));
        members.retain(|turn| {
            let follows = turn.follow(company.as_ref());
            if let Some(company) = company.as_ref().filter(|_| !follows) {
                company.leave();
            }
            follows
        });
        Grant {
            slot,
            members,
            company,
        }
    }

    /// Gives a batch to a thread: that of the oldest member who stays to the end, or one of the
    /// crew's where all may leave.
    fn hand(self: &Arc<Self>, state: &mut State, grant: Grant) {
        let lone = grant.members.len() == 1;
        let stays = |turn: &&Arc<Turn>| turn.attended && (lone || turn.work.stop.is_none());
        let leader = grant.members.iter().find(stays).cloned();
        match leader {
            Some(leader) => {
                if let Err(grant) = leader.lead(grant) {
                    state.put(grant.slot); // it was alone, and left this moment
                }
            }
            None if grant.members.is_empty() => state.put(grant.slot),
            None => {
                let core = Arc::clone(self);
                self.crew.push(move || core.lead(grant, None));
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn overloaded(&self, state: &State) -> Error {
        let message = format!("`{}` requests wait already", self.limits.waiting);
        let error = Error::new(ErrorKind::Overloaded, message)
            .advise("retry a little later, or give the model more instances");
        match state.pace.drains_in(state.waiting.len(), self.capacity) {
            Some(wait) => error.retry_in(wait),
            None => error,
        }
    }
}

fn lost(message: &str) -> Error {
    Error::new(ErrorKind::Internal, message).advise("please report this")
}

/// Whether a request runs now or waits.
enum Admission {
    Now(Slot),
    Later(Arc<Turn>),
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

/// An instance on loan. It goes back even if the run panics; the members of its batch that were not
/// What a run took.
#[derive(Debug)]
struct Took {
    time: Duration,
    requests: usize,
    /// What was computed, padding included, where it ran in a crowd.
    tokens: Option<usize>,
}

/// answered then wait again, but for the one that leads.
struct Lease<'a> {
    core: &'a Arc<Core>,
    slot: Option<Slot>,
    others: Vec<Arc<Turn>>,
    /// Whether the thread is that of a caller's.
    attended: bool,
    took: Option<Took>,
}

impl<'a> Lease<'a> {
    fn of(core: &'a Arc<Core>, slot: Slot, others: Vec<Arc<Turn>>, attended: bool) -> Self {
        Self {
            core,
            slot: Some(slot),
            others,
            attended,
            took: None,
        }
    }

    fn instance(&mut self) -> Result<&mut Box<dyn Instance>> {
        let slot = self.slot.as_mut().map(|slot| &mut slot.instance);
        slot.ok_or_else(|| lost("a lease is empty"))
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let Some(slot) = self.slot.take() else {
            return;
        };
        if std::thread::panicking()
            && !self.attended
            && let Some(oldest) = self.others.iter().find(|turn| turn.follows())
        {
            // On a thread of the crew's the oldest leads: it pays for the panic.
            oldest.answer(Err(lost("the run panicked")));
        }
        self.core.free(slot, &self.others, self.took.take());
    }
}
