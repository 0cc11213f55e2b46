//! Whether the instances of a version are in memory, and how they get there and leave.
//!
//! The version itself (manifest, signature, prepared task) stays with whoever serves it; what is
//! heavy, the instances, can leave and come back. Whoever asks for them while they are away waits
//! for one load, made on a thread of its own, so that a waiting call still obeys its deadline.
//!
//! The trap: the last request that ends on instances which are to leave drops them, outside every
//! lock; nothing here may drop a [`Resident`] while it holds one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, Weak, mpsc};
use std::time::{Duration, Instant};

use super::Pools;
use super::lifecycle::{State, Step};
use super::load::Before;
use crate::clock::{Alarm, Clock};
use crate::runtime::{Backend, Stop};
use crate::scheduler::Pool;
use crate::{Error, ErrorKind, Phase, Result};

/// Instances in memory, of every graph of the version, for as long as somebody holds this.
#[derive(Debug)]
pub(super) struct Resident {
    pools: Pools,
    _left: Left, // dropped after the pools
}

impl std::ops::Deref for Resident {
    type Target = Pools;

    fn deref(&self) -> &Pools {
        &self.pools
    }
}

/// Tells that instances are gone.
#[derive(Debug)]
struct Left {
    residence: Weak<Residence>,
    visit: u64,
}

impl Drop for Left {
    fn drop(&mut self) {
        if let Some(residence) = self.residence.upgrade() {
            residence.drained(self.visit);
        }
    }
}

/// Makes the instances of a version again.
pub(super) type Source = Box<dyn Fn() -> Result<Pools> + Send + Sync>;

/// Who waits for a load.
type Waiter = Box<dyn FnOnce(Result<Arc<Resident>>) + Send>;

/// The place of a version's instances.
pub(super) struct Residence {
    life: Mutex<Life>,
    changed: Condvar,
    seat: RwLock<Option<Arc<Resident>>>,
    /// `None` for a version that cannot be loaded again, and so never leaves.
    source: Option<Source>,
    backend: Arc<dyn Backend>,
    clock: Arc<dyn Clock>,
    begun: Instant,
    /// Nanoseconds from `begun` to the last request.
    used: AtomicU64,
    /// How many may wait for a load.
    most: usize,
    /// Looks whether the version is idle.
    alarm: Mutex<Alarm>,
}

struct Life {
    state: State,
    leaving: Weak<Resident>,
    /// Counts how often the instances came.
    visit: u64,
    /// It gives way to another version: requests are refused, not waited with.
    yields: bool,
    waiters: Vec<Waiter>,
}

impl std::fmt::Debug for Residence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Residence")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl Residence {
    /// A place for instances that are being made.
    pub(super) fn new(
        source: Option<Source>,
        backend: Arc<dyn Backend>,
        clock: Arc<dyn Clock>,
        most: usize,
    ) -> Arc<Self> {
        let life = Life {
            state: State::Loading,
            leaving: Weak::new(),
            visit: 0,
            yields: false,
            waiters: Vec::new(),
        };
        Arc::new(Self {
            life: Mutex::new(life),
            changed: Condvar::new(),
            seat: RwLock::default(),
            source,
            backend,
            begun: clock.now(),
            clock,
            used: AtomicU64::new(0),
            most,
            alarm: Mutex::default(),
        })
    }

    /// Where the version is in its life.
    pub(super) fn state(&self) -> State {
        self.life().state
    }

    /// How long ago the last request came.
    pub(super) fn idle(&self) -> Duration {
        let used = Duration::from_nanos(self.used.load(Relaxed));
        self.clock.since(self.begun).saturating_sub(used)
    }

    /// Whether it can leave and come back.
    pub(super) fn may_leave(&self) -> bool {
        self.source.is_some()
    }

    /// Whether some request is at it now.
    pub(super) fn is_busy(&self) -> bool {
        let seat = self.seat.read().unwrap_or_else(PoisonError::into_inner);
        seat.as_ref().is_some_and(|one| Arc::strong_count(one) > 1)
    }

    /// Whether the instances there are, if any, were made for a crowd.
    pub(super) fn has_grown(&self) -> bool {
        self.any(Pool::has_grown)
    }

    /// What this is to a version that is loaded in its place.
    pub(super) fn before(&self) -> Before {
        match (self.has_grown(), self.any(|pool| !pool.is_calm())) {
            (false, _) => Before::Alone,
            (true, false) => Before::Calm,
            (true, true) => Before::Crowded,
        }
    }

    fn any(&self, is: impl Fn(&Pool) -> bool) -> bool {
        let resident = self.present();
        resident.is_some_and(|resident| resident.iter().any(|(_, pool)| is(pool)))
    }

    /// The instances, where they are in memory.
    pub(super) fn present(&self) -> Option<Arc<Resident>> {
        let seat = self.seat.read().unwrap_or_else(PoisonError::into_inner);
        seat.clone()
    }

    /// The instances for a request that came at `now`, where they are in memory.
    pub(super) fn at_hand(&self, now: Instant) -> Option<Arc<Resident>> {
        self.touch(now);
        self.present()
    }

    /// The instances, once they are in memory: waits for them, until `stop` is raised.
    ///
    /// # Errors
    /// Whatever loading ends with, `Overloaded` when too many wait or the version gives way to
    /// another one, and what `stop` says.
    pub(super) fn engage(self: &Arc<Self>, stop: Option<&Stop>) -> Result<Arc<Resident>> {
        if let Some(resident) = self.at_hand(self.clock.now()) {
            return Ok(resident);
        }
        let (tell, told) = mpsc::channel();
        let tell_stop = tell.clone();
        let guard = stop.map(|stop| {
            stop.on_raise(move || drop(tell_stop.send(None)))
                .ok_or(stop)
        });
        if let Some(Err(stop)) = guard {
            return Err(stop.error(Phase::Queue));
        }
        self.when_present(move |answer| drop(tell.send(Some(answer))));
        match (told.recv(), stop) {
            (Ok(Some(answer)), _) => answer,
            (Ok(None), Some(stop)) => Err(stop.error(Phase::Queue)),
            _ => Err(lost()),
        }
    }

    /// Calls `waiter` with the instances once they are in memory, or with why they are not: on
    /// this thread where that can be told now, else on the one that loads them.
    pub(super) fn when_present(
        self: &Arc<Self>,
        waiter: impl FnOnce(Result<Arc<Resident>>) + Send + 'static,
    ) {
        self.touch(self.clock.now());
        let mut life = self.life();
        let present = self.present().or_else(|| self.come_back(&mut life));
        if present.is_some() || life.yields || life.waiters.len() >= self.most {
            let answer = present.ok_or_else(|| refused(&life));
            drop(life);
            return waiter(answer);
        }
        life.waiters.push(Box::new(waiter));
        if life.waiters.len() > 1 || life.state == State::Loading {
            return; // somebody loads it already
        }
        life.step(Step::Want);
        drop(life);
        let residence = Arc::clone(self);
        let loader = std::thread::Builder::new().name("amaas-load".to_owned());
        if let Err(cause) = loader.spawn(move || residence.load()) {
            let error = Error::new(ErrorKind::Io, "no thread can be started to load a version")
                .because(cause)
                .advise("raise the limit of threads");
            self.tell(Err(error));
        }
    }

    /// Instances that were to leave and have not yet, or room for new ones.
    fn come_back(&self, life: &mut Life) -> Option<Arc<Resident>> {
        if life.yields || life.state != State::Draining {
            return None;
        }
        match life.leaving.upgrade() {
            Some(resident) => {
                life.step(Step::Want);
                self.seat(Some(Arc::clone(&resident)));
                Some(resident)
            }
            None => {
                life.step(Step::Drained);
                None
            }
        }
    }

    fn load(self: &Arc<Self>) {
        let made = catch_unwind(AssertUnwindSafe(|| match &self.source {
            Some(source) => source(),
            None => Err(lost()),
        }));
        let made = made.unwrap_or_else(|panic| {
            std::mem::forget(panic); // dropping it could panic again
            Err(lost())
        });
        let answer = made.map(|pools| {
            let resident = self.arrive(pools);
            self.pass();
            resident
        });
        self.tell(answer);
    }

    /// Seats instances that were made; the version is then checked.
    pub(super) fn arrive(self: &Arc<Self>, pools: Pools) -> Arc<Resident> {
        let mut life = self.life();
        life.visit += 1;
        let left = Left {
            residence: Arc::downgrade(self),
            visit: life.visit,
        };
        let resident = Arc::new(Resident { pools, _left: left });
        life.step(Step::Made);
        self.seat(Some(Arc::clone(&resident)));
        resident
    }

    /// The version has passed its checks: it serves.
    pub(super) fn pass(&self) {
        self.touch(self.clock.now());
        self.life().step(Step::Passed);
    }

    /// Ends a load for all who wait for it.
    fn tell(&self, answer: Result<Arc<Resident>>) {
        let mut life = self.life();
        if answer.is_err() {
            life.step(Step::Fail);
        }
        let waiters = std::mem::take(&mut life.waiters);
        drop(life);
        let one = |waiter| {
            (
                waiter,
                answer.as_ref().map(Arc::clone).map_err(Error::again),
            )
        };
        let told: Vec<(Waiter, _)> = waiters.into_iter().map(one).collect();
        drop(answer); // the instances are theirs now
        for (waiter, answer) in told {
            // A panic is the waiter's own affair, and the others wait behind it.
            drop(catch_unwind(AssertUnwindSafe(|| waiter(answer))));
        }
    }

    /// Lets the instances go once no request is at them; whether there were any to go. They are
    /// handed to the caller, who drops them where that may take its time.
    pub(super) fn leave(&self) -> Option<Arc<Resident>> {
        let mut life = self.life();
        if life.state != State::Ready || !self.may_leave() {
            return None;
        }
        life.step(Step::Leave);
        let resident = self.seat(None)?;
        life.leaving = Arc::downgrade(&resident);
        Some(resident)
    }

    /// Gives way to another version: lets the instances go, refuses requests from now on, and
    /// waits until those that are under way have ended.
    ///
    /// # Errors
    /// `DeadlineExceeded` when they have not by `limit`, `Conflict` when it is being loaded now;
    /// the version then serves as before.
    pub(super) fn give_way(self: &Arc<Self>, limit: Duration) -> Result<()> {
        let mut life = self.life();
        if matches!(life.state, State::Loading | State::Checking) {
            return Err(
                Error::new(ErrorKind::Conflict, "the old version is being loaded now")
                    .advise("update again a little later"),
            );
        }
        life.yields = true;
        drop(life);
        drop(self.leave());
        let residence = Arc::downgrade(self);
        let wake = move || {
            if let Some(residence) = residence.upgrade() {
                drop(residence.life());
                residence.changed.notify_all();
            }
        };
        let until = self.clock.now() + limit;
        let alarm = self.clock.alarm(until, Box::new(wake)).map_err(|cause| {
            self.stay();
            Error::new(ErrorKind::Io, "no thread can be started to keep the time").because(cause)
        })?;
        let waits = |life: &mut Life| life.state.is_resident() && self.clock.now() < until;
        let waited = self.changed.wait_while(self.life(), waits);
        let life = waited.unwrap_or_else(PoisonError::into_inner);
        let drained = !life.state.is_resident();
        drop((life, alarm));
        if drained {
            return Ok(());
        }
        self.stay();
        let message = format!("requests were still at the old version after `{limit:?}`");
        Err(Error::new(ErrorKind::DeadlineExceeded, message)
            .advise("update again when they have ended, or cancel them"))
    }

    /// Gives way no more: the next request finds the instances, or loads them.
    pub(super) fn stay(&self) {
        let mut life = self.life();
        life.yields = false;
        let back = self.come_back(&mut life);
        drop(life);
        drop(back);
    }

    fn drained(&self, visit: u64) {
        self.backend.give_back();
        let mut life = self.life();
        if life.visit == visit && life.state == State::Draining {
            life.step(Step::Drained);
        }
        drop(life);
        self.changed.notify_all();
    }

    /// Calls `look` when the version may have been idle for `limit`, in place of what was to be
    /// called before. Without a thread to keep the time it is never called, and the version stays.
    pub(super) fn look_after(&self, limit: Duration, look: impl FnOnce() + Send + 'static) {
        let rest = limit.saturating_sub(self.idle());
        // A version that could not leave is asked again after the whole time.
        let rest = if rest.is_zero() { limit } else { rest };
        let alarm = match self.clock.now().checked_add(rest) {
            Some(when) if !limit.is_zero() => self.clock.alarm(when, Box::new(look)),
            _ => Ok(Alarm::default()), // beyond the end of time, or without end
        };
        let mut place = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *place, alarm.unwrap_or_default());
        drop(place);
        drop(old);
    }

    fn touch(&self, now: Instant) {
        let since = now.saturating_duration_since(self.begun).as_nanos();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.used.fetch_max(since, Relaxed);
    }

    fn seat(&self, resident: Option<Arc<Resident>>) -> Option<Arc<Resident>> {
        let mut seat = self.seat.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *seat, resident)
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Life {
    /// Takes a step that is known to be possible here.
    fn step(&mut self, step: Step) {
        let next = self.state.next(step);
        debug_assert!(next.is_some(), "{step:?} in {}", self.state);
        self.state = next.unwrap_or(self.state);
    }
}

fn refused(life: &Life) -> Error {
    if life.yields {
        return Error::new(
            ErrorKind::Overloaded,
            "the version gives way to another one",
        )
        .advise("retry a little later, or update in the mode that loads the new one first");
    }
    let message = format!(
        "`{}` requests wait for the version to be loaded",
        life.waiters.len()
    );
    Error::new(ErrorKind::Overloaded, message).advise("retry a little later")
}

fn lost() -> Error {
    Error::new(ErrorKind::Internal, "a load ended without an answer").advise("please report this")
}
