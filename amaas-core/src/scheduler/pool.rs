//! The instances of one loaded version, and the requests that wait for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch;
use super::choose::{Bounds, choose};
use super::cost::Cost;
use super::request::{Ran, Request, Work};
use super::turn::{Grant, Outcome, Turn};
use crate::clock::Clock;
use crate::runtime::Instance;
use crate::{Error, ErrorKind, Result};

/// The instances of one version, all over the same weights.
#[derive(Debug, Default)]
pub struct Instances {
    /// Takes all threads: for a request that is alone.
    pub wide: Option<Box<dyn Instance>>,
    /// Take few threads each: for a crowd, side by side.
    pub narrow: Vec<Box<dyn Instance>>,
}

/// Bounds of a pool.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolLimits {
    /// How many requests may wait at once; one more is refused with `Overloaded`.
    pub waiting: usize,
    /// The most rows that run together.
    pub rows: usize,
    /// The most tokens that run together, padding included.
    pub tokens: usize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            waiting: 1024,
            rows: 64,
            tokens: 8192,
        }
    }
}

/// So many requests in a row must find nobody else before the wide instance is taken: beside narrow
/// ones it would fight them for the processors, and two callers miss each other by chance at times.
const CALM: usize = 4;

/// Instances of one version that any number of threads share.
#[derive(Debug)]
pub struct Pool {
    state: Mutex<State>,
    /// How many run at once when it is crowded.
    capacity: usize,
    limits: PoolLimits,
    clock: Arc<dyn Clock>,
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
}

/// An instance that was taken out of the pool.
#[derive(Debug)]
pub(super) struct Slot {
    instance: Box<dyn Instance>,
    is_wide: bool,
}

impl State {
    /// An instance for the next run. Alone, the wide one; in a crowd, a narrow one.
    fn take(&mut self, alone: bool) -> Option<Slot> {
        let free = &mut self.free;
        let wide = |free: &mut Instances| {
            Some(Slot {
                instance: free.wide.take()?,
                is_wide: true,
            })
        };
        let narrow = |free: &mut Instances| {
            Some(Slot {
                instance: free.narrow.pop()?,
                is_wide: false,
            })
        };
        let slot = if alone {
            wide(free).or_else(|| narrow(free))
        } else {
            narrow(free).or_else(|| wide(free))
        };
        self.running += usize::from(slot.is_some());
        slot
    }

    fn put(&mut self, slot: Slot) {
        self.running -= 1;
        match slot.is_wide {
            true => self.free.wide = Some(slot.instance),
            false => self.free.narrow.push(slot.instance),
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
        };
        Self {
            state: Mutex::new(state),
            capacity,
            limits,
            clock,
        }
    }

    /// Runs once: at once on the calling thread if an instance is free, else as soon as this
    /// request is the oldest, or together with one that is.
    ///
    /// # Errors
    /// `Overloaded` when too many wait already, `Cancelled` when `stop` is raised, and whatever
    /// the run ends with.
    pub fn run(&self, request: &Request<'_>) -> Result<Ran> {
        let arrived = self.clock.now();
        let turn = match self.admit(request, arrived)? {
            Admission::Now(slot) => return self.run_now(slot, request, arrived),
            Admission::Later(turn) => turn,
        };
        match turn.wait(request.stop) {
            Outcome::Lead(grant) => self.lead(grant, &turn, request),
            Outcome::Answer(answer) => {
                if answer.is_err() {
                    self.state()
                        .waiting
                        .retain(|other| !Arc::ptr_eq(other, &turn));
                }
                answer
            }
        }
    }

    /// How many requests run at once when it is crowded.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many requests wait now.
    pub fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    /// How many runs are under way now.
    pub fn running(&self) -> usize {
        self.state().running
    }

    fn admit(&self, request: &Request<'_>, arrived: std::time::Instant) -> Result<Admission> {
        let mut state = self.state();
        let found_nobody = state.running == 0 && !request.part;
        state.calm = if found_nobody {
            CALM.min(state.calm + 1)
        } else {
            0
        };
        if state.waiting.is_empty() && state.running < self.capacity {
            let alone = found_nobody && state.calm == CALM;
            if let Some(slot) = state.take(alone) {
                return Ok(Admission::Now(slot));
            }
        }
        if state.waiting.len() >= self.limits.waiting {
            return Err(self.overloaded());
        }
        let turn = Arc::new(Turn::new(Work::of(request, arrived)));
        state.waiting.push_back(Arc::clone(&turn));
        Ok(Admission::Later(turn))
    }

    fn run_now(
        &self,
        slot: Slot,
        request: &Request<'_>,
        arrived: std::time::Instant,
    ) -> Result<Ran> {
        let mut lease = Lease {
            pool: self,
            slot: Some(slot),
            followers: Vec::new(),
        };
        let started = self.clock.now();
        let outputs = lease
            .instance()?
            .run(request.inputs, request.outputs, request.stop)?;
        let queued = started.saturating_duration_since(arrived);
        Ok(Ran {
            outputs,
            queued,
            computed: self.clock.since(started),
            together: 1,
        })
    }

    fn lead(&self, grant: Grant, turn: &Turn, request: &Request<'_>) -> Result<Ran> {
        let Grant { slot, followers } = grant;
        let mut lease = Lease {
            pool: self,
            slot: Some(slot),
            followers: followers.clone(),
        };
        let tokens = batch::tokens(&turn.work, &followers);
        let started = self.clock.now();
        let ran = batch::run(
            &mut **lease.instance()?,
            &turn.work,
            &followers,
            request.stop,
            &*self.clock,
        );
        if ran.is_ok() {
            self.state().cost.saw(tokens, self.clock.since(started));
        }
        ran
    }

    /// Takes a freed instance back and lets the next batch begin.
    fn free(&self, slot: Slot, lost: &[Arc<Turn>]) {
        let mut state = self.state();
        state.put(slot);
        // Followers whose leader panicked are the oldest again.
        for turn in lost.iter().rev().filter(|turn| turn.wait_again()) {
            state.waiting.push_front(Arc::clone(turn));
        }
        self.start(&mut state);
    }

    /// Hands free instances to the oldest requests, each with those that fit beside it.
    fn start(&self, state: &mut State) {
        while state.running < self.capacity
            && let Some(leader) = state.waiting.pop_front()
        {
            // Whoever waited was not alone.
            let Some(slot) = state.take(false) else {
                state.waiting.push_front(leader);
                return;
            };
            let start = state.cost.start();
            let followers = self.followers(&leader, &mut state.waiting, start);
            if let Err(Grant { slot, followers }) = leader.lead(Grant { slot, followers }) {
                state.put(slot);
                for turn in followers.into_iter().rev().filter(|turn| turn.wait_again()) {
                    state.waiting.push_front(turn);
                }
            }
        }
    }

    /// Takes those that run together with `leader` out of the queue.
    fn followers(
        &self,
        leader: &Turn,
        waiting: &mut VecDeque<Arc<Turn>>,
        start: f64,
    ) -> Vec<Arc<Turn>> {
        if leader.work.join.is_none() || waiting.is_empty() {
            return Vec::new();
        }
        let sizes: Vec<_> = waiting
            .iter()
            .map(|turn| turn.work.beside(&leader.work))
            .collect();
        let bounds = Bounds {
            rows: self.limits.rows,
            tokens: self.limits.tokens,
            requests: (waiting.len() + 1).div_ceil(self.capacity),
            start,
        };
        let chosen = choose(leader.work.size(), &sizes, &bounds);
        let taken = chosen
            .iter()
            .rev()
            .filter_map(|place| waiting.remove(*place));
        let mut followers: Vec<_> = taken.filter(|turn| turn.follow()).collect();
        followers.reverse();
        followers
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn overloaded(&self) -> Error {
        let message = format!("`{}` requests wait already", self.limits.waiting);
        Error::new(ErrorKind::Overloaded, message)
            .advise("retry a little later, or give the model more instances")
    }
}

/// Whether a request runs now or waits.
enum Admission {
    Now(Slot),
    Later(Arc<Turn>),
}

/// An instance on loan. It goes back even if the run panics, and the followers that were not
/// answered then wait again.
struct Lease<'a> {
    pool: &'a Pool,
    slot: Option<Slot>,
    followers: Vec<Arc<Turn>>,
}

impl Lease<'_> {
    fn instance(&mut self) -> Result<&mut Box<dyn Instance>> {
        let slot = self.slot.as_mut().map(|slot| &mut slot.instance);
        slot.ok_or_else(|| Error::new(ErrorKind::Internal, "a lease is empty"))
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.pool.free(slot, &self.followers);
        }
    }
}
