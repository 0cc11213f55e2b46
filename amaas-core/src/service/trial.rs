//! Trying another version on a route: as a canary, which answers a share of the requests, or as a
//! shadow, which runs copies of them that nobody waits for.
//!
//! ```no_run
//! use amaas_core::Call;
//! use amaas_core::service::Guard;
//!
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let reviews = service.load("sentiment@1.0.0")?;
//! reviews.canary("sentiment@1.1.0", 0.1, Guard::default())?;
//! // One user always meets the same version.
//! let call = Call { key: Some("user 17".to_owned()), ..Call::default() };
//! let options = amaas_core::ClassifyOptions { call, ..Default::default() };
//! println!("{}", reviews.classify_with(&["I loved it"], &options)?.usage.version);
//! println!("{:?}", reviews.trial_status());
//! reviews.promote()?; // from now on the route follows the other reference
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: a version on trial follows nothing; it is what its reference selected at the start.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use semver::Version;
use sha2::{Digest as _, Sha256};

use super::answer::Answer;
use super::guard::{Arm, Guard, Reason, Tally, judge};
use super::{Call, LoadedModel};
use crate::clock::Clock;
use crate::model::Reference;
use crate::runtime::Stop;
use crate::scheduler::Priority;
use crate::usage::{Meter, Totals, Usage};
use crate::{Error, ErrorKind, Result, observe};

/// Copies that wait for the shadow's thread; more are dropped.
const COPIES: usize = 16;

/// How a version is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialKind {
    /// It answers its share of the requests.
    Canary,
    /// It runs copies of its share of the requests.
    Shadow,
}

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// The guard took the version back.
    Reverted(Reason),
    /// The route answers from the version now.
    Promoted,
    /// Somebody ended it, or began another.
    Aborted,
}

/// What is to be told of the last trial of a route.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrialStatus {
    /// How the version is tried.
    pub kind: TrialKind,
    /// What selected it.
    pub reference: String,
    /// The version on trial.
    pub version: Version,
    /// Its share of the requests.
    pub share: f64,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<Outcome>,
    /// What was counted in the present window, or in the one it ended in.
    pub tally: Tally,
    /// The sums of the receipts of the version that the route answers from, since the trial began.
    pub current: Totals,
    /// The sums of the receipts of the version on trial.
    pub tried: Totals,
    /// Copies that were not run because the shadow was busy.
    pub dropped: u64,
}

type Job = Box<dyn FnOnce(&Trial) + Send>;

/// A version on trial.
#[derive(Debug)]
pub(super) struct Trial {
    kind: TrialKind,
    pub(super) reference: Reference,
    version: Version,
    share: f64,
    guard: Guard,
    clock: Arc<dyn Clock>,
    asked: AtomicU64,
    dropped: AtomicU64,
    meters: [Meter; 2],
    state: Mutex<State>,
    copies: Option<SyncSender<Job>>,
    stop: Stop,
}

#[derive(Debug)]
struct State {
    /// `None` once it ended.
    model: Option<Arc<LoadedModel>>,
    outcome: Option<Outcome>,
    since: Instant,
    tally: Tally,
}

/// Which part a request takes in a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The present version answers it.
    Current,
    /// The version on trial answers it.
    Tried,
    /// The present version answers it, and the shadow runs a copy.
    Copied,
}

impl Trial {
    pub(super) fn start(
        kind: TrialKind,
        (reference, model): (Reference, Arc<LoadedModel>),
        share: f64,
        guard: Guard,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>> {
        if !(0.0..=1.0).contains(&share) {
            let message = format!("the share of a trial is `{share}`");
            return Err(Error::new(ErrorKind::InvalidArgument, message).advise("say 0 to 1"));
        }
        let (sender, receiver) = sync_channel(COPIES);
        let trial = Arc::new(Self {
            kind,
            reference,
            version: model.manifest().package.version.clone(),
            share,
            guard,
            asked: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            meters: Default::default(),
            state: Mutex::new(State {
                outcome: None,
                since: clock.now(),
                tally: Tally::default(),
                model: Some(model),
            }),
            clock,
            copies: (kind == TrialKind::Shadow).then_some(sender),
            stop: Stop::new(),
        });
        if kind == TrialKind::Shadow {
            trial.shadow(receiver)?;
        }
        Ok(trial)
    }

    /// Starts the thread that runs copies.
    fn shadow(self: &Arc<Self>, jobs: Receiver<Job>) -> Result<()> {
        let shadow = Arc::downgrade(self);
        let thread = std::thread::Builder::new().name("amaas-shadow".to_owned());
        let started = thread.spawn(move || run_copies(&shadow, &jobs));
        started.map(drop).map_err(|cause| {
            Error::new(ErrorKind::Io, "no thread can be started for a shadow").because(cause)
        })
    }

    /// The version on trial, while it goes on.
    pub(super) fn model(&self) -> Option<Arc<LoadedModel>> {
        self.state().model.clone()
    }

    /// The part that the next request takes, and the version on trial where it answers.
    pub(super) fn part(&self, key: Option<&str>) -> Part {
        let selected = match key {
            Some(key) => place(key) < self.share,
            None => is_next(self.asked.fetch_add(1, Relaxed), self.share),
        };
        match (selected, self.kind) {
            (false, _) => Part::Current,
            (true, TrialKind::Canary) => Part::Tried,
            (true, TrialKind::Shadow) => Part::Copied,
        }
    }

    /// Counts how a request ended.
    pub(super) fn saw(&self, tried: bool, answer: Result<&Usage, ErrorKind>) {
        let meter = &self.meters[usize::from(tried)];
        match answer {
            Ok(usage) => meter.add(usage),
            Err(kind) => meter.add_failure(kind),
        }
        self.count(|tally| {
            let arm = if tried {
                &mut tally.tried
            } else {
                &mut tally.current
            };
            enter(arm, answer);
        });
    }

    /// Lets the shadow run a copy of a request whose answer is there, unless it is busy.
    pub(super) fn copy<T: Answer>(
        &self,
        answer: &T,
        request: impl FnOnce(&Arc<LoadedModel>, Call) -> Result<T> + Send + 'static,
    ) {
        let Some(copies) = &self.copies else { return };
        let answer = answer.clone();
        let job: Job = Box::new(move |trial| trial.compare(&answer, request));
        if copies.try_send(job).is_err() {
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    fn compare<T: Answer>(
        &self,
        answer: &T,
        request: impl FnOnce(&Arc<LoadedModel>, Call) -> Result<T>,
    ) {
        let Some(model) = self.model() else { return };
        let call = Call {
            priority: Priority::Low,
            ..Call::until(&self.stop)
        };
        let copy = request(&model, call);
        self.saw(true, copy.as_ref().map(Answer::usage).map_err(Error::kind));
        if let Ok(copy) = copy {
            let apart = answer.apart(&copy);
            self.count(|tally| {
                tally.compared += 1;
                tally.apart += apart;
                tally.furthest = tally.furthest.max(apart);
            });
        }
    }

    /// Counts, and takes the version back where the guard says so.
    fn count(&self, count: impl FnOnce(&mut Tally)) {
        let mut state = self.state();
        if state.outcome.is_some() {
            return;
        }
        if self.clock.since(state.since) >= self.guard.window {
            state.since = self.clock.now();
            state.tally = Tally::default();
        }
        count(&mut state.tally);
        let reason = judge(&self.guard, &state.tally);
        drop(state);
        if let Some(reason) = reason
            && self.end(Outcome::Reverted(reason)).is_some()
        {
            observe::trial_reverted(
                &self.reference.to_string(),
                &self.version.to_string(),
                &reason,
            );
        }
    }

    /// Ends the trial; the version that was tried, for whoever ends it.
    pub(super) fn end(&self, outcome: Outcome) -> Option<Arc<LoadedModel>> {
        let mut state = self.state();
        let model = state.model.take()?;
        state.outcome = Some(outcome);
        drop(state);
        self.stop.raise();
        Some(model)
    }

    pub(super) fn status(&self) -> TrialStatus {
        let state = self.state();
        TrialStatus {
            kind: self.kind,
            reference: self.reference.to_string(),
            version: self.version.clone(),
            share: self.share,
            outcome: state.outcome,
            tally: state.tally,
            current: self.meters[0].totals(),
            tried: self.meters[1].totals(),
            dropped: self.dropped.load(Relaxed),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run_copies(trial: &Weak<Trial>, jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        let Some(trial) = trial.upgrade() else { return };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(&trial))) {
            std::mem::forget(panic); // dropping it could panic again
        }
    }
}

/// Errors of the caller's, and requests that were given up or refused, say nothing of a version.
fn enter(arm: &mut Arm, answer: Result<&Usage, ErrorKind>) {
    match answer {
        Ok(usage) => {
            arm.requests += 1;
            arm.rows += usage.rows;
            arm.computed += usage.computed;
        }
        Err(
            ErrorKind::InvalidArgument
            | ErrorKind::InputTooLong
            | ErrorKind::Cancelled
            | ErrorKind::Overloaded
            | ErrorKind::Unsupported,
        ) => {}
        Err(_) => {
            arm.requests += 1;
            arm.errors += 1;
        }
    }
}

/// Where a key lies between 0 and 1; the same everywhere and for ever, so that a share that grows
/// keeps whom it had.
fn place(key: &str) -> f64 {
    let hash = Sha256::digest(key.as_bytes());
    let front = hash
        .iter()
        .take(6)
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    front as f64 / (1_u64 << 48) as f64
}

/// Whether the request with this number is among the share, spread evenly.
fn is_next(number: u64, share: f64) -> bool {
    let before = |number: u64| (number as f64 * share).floor();
    before(number + 1) > before(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spread_evenly_and_a_growing_share_keeps_whom_it_had() {
        let keys: Vec<_> = (0..10_000).map(|number| format!("user {number}")).collect();
        let among = |share: f64| keys.iter().filter(|key| place(key) < share).count();
        assert_eq!((among(0.0), among(1.0)), (0, 10_000));
        assert!((900..1_100).contains(&among(0.1)), "{}", among(0.1));
        assert!((0.0..1.0).contains(&place("")));
    }

    #[test]
    fn requests_without_a_key_are_taken_in_turn() {
        for (share, expected) in [(0.0, 0), (0.01, 10), (0.25, 250), (0.5, 500), (1.0, 1_000)] {
            let taken = (0..1_000).filter(|number| is_next(*number, share)).count();
            assert_eq!(taken, expected, "{share}");
        }
    }
}
