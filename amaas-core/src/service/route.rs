//! A route: what `load` returns and requests go through.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use semver::Version;

use super::ask::{borrow, own, run, run_later, strs};
use super::load::Before;
use super::loaded::describe;
use super::passage::Turn;
use super::residence::Residence;
use super::trial::{Part, Trial};
use super::{
    Call, Guard, LoadSettings, LoadedModel, Moved, Outcome, Outputs, Service, Ticket, TrialKind,
    TrialStatus,
};
use crate::clock::Clock;
use crate::model::{Digest, Reference};
use crate::tensor::Tensor;
use crate::usage::{Meter, Till, Totals};
use crate::{Error, ErrorKind, Result, observe};

/// Follows a reference; answers requests from any number of threads. Cheap to clone; clones are
/// one route.
///
/// Each request leases one version from start to end, so a swap never mixes two versions in one
/// answer.
#[derive(Debug, Clone)]
pub struct Route(pub(super) Arc<RouteInner>);

#[derive(Debug)]
pub(super) struct RouteInner {
    pub(super) service: Service,
    reference: RwLock<Arc<Reference>>,
    pub(super) settings: LoadSettings,
    current: RwLock<Arc<LoadedModel>>,
    pub(super) meter: Arc<Meter>,
    follows: Follows,
    pinned: AtomicBool,
    /// Whether `trial` holds one that goes on: the rest need not look.
    tries: AtomicBool,
    trial: RwLock<Option<Arc<Trial>>>,
}

/// Whether a route moves when the service is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// To whatever its reference selects.
    Its,
    /// It belongs to what is kept, and stays in memory too.
    Never,
}

impl RouteInner {
    pub(super) fn lease(&self) -> Arc<LoadedModel> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }

    pub(super) fn reference(&self) -> Arc<Reference> {
        let reference = self
            .reference
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&reference)
    }

    /// Whether requests go to the version of this residence, or some do.
    pub(super) fn serves(&self, residence: &Arc<Residence>) -> bool {
        let tried = self.trial().and_then(|trial| trial.model());
        let mut models = std::iter::once(self.lease()).chain(tried);
        models.any(|model| Arc::ptr_eq(model.residence(), residence))
    }

    fn trial(&self) -> Option<Arc<Trial>> {
        let trial = self.trial.read().unwrap_or_else(PoisonError::into_inner);
        trial.clone()
    }

    /// Who answers the next request.
    pub(super) fn turn(&self, call: &Call) -> Turn {
        let model = self.lease();
        if !self.tries.load(Relaxed) {
            return Turn { model, trial: None };
        }
        let Some((trial, tried)) = self
            .trial()
            .and_then(|trial| Some((trial.clone(), trial.model()?)))
        else {
            self.tries.store(false, Relaxed);
            return Turn { model, trial: None };
        };
        let part = trial.part(call.key.as_deref());
        Turn {
            model: if part == Part::Tried { tried } else { model },
            trial: Some((trial, part)),
        }
    }

    /// Begins a trial, and ends the one before.
    fn begin_trial(&self, trial: Arc<Trial>) {
        let mut place = self.trial.write().unwrap_or_else(PoisonError::into_inner);
        let old = place.replace(trial);
        self.tries.store(true, Relaxed);
        drop(place);
        drop(old.and_then(|old| old.end(Outcome::Aborted)));
    }

    pub(super) fn is_kept(&self) -> bool {
        self.follows == Follows::Never
    }

    /// Whether what it serves has to stay in memory.
    pub(super) fn is_pinned(&self) -> bool {
        self.is_kept() || self.pinned.load(Relaxed)
    }

    /// Moves to `next`, if that is another version.
    pub(super) fn swap(&self, next: &Arc<LoadedModel>) -> Option<Moved> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.digest() == next.digest() {
            return None;
        }
        let old = std::mem::replace(&mut *current, Arc::clone(next));
        drop(current);
        let (from, package) = (&old.manifest().package, &next.manifest().package);
        let moved = Moved {
            reference: self.reference().to_string(),
            from: from.version.clone(),
            to: package.version.clone(),
        };
        let (from, to) = (moved.from.to_string(), moved.to.to_string());
        observe::swapped(package.name.as_str(), &from, &to);
        Some(moved) // and an unload may take a while: not while requests wait for the lock
    }
}

impl Route {
    pub(super) fn open(
        service: Service,
        reference: Reference,
        settings: LoadSettings,
        follows: Follows,
    ) -> Result<Self> {
        let model = service.open(&reference, &settings, Before::Nobody)?;
        drop(model.engage(None)?); // it may have been unloaded
        let meter = service.0.members.sums.meter(&model.manifest().package.name);
        let route = Arc::new(RouteInner {
            service,
            reference: RwLock::new(Arc::new(reference)),
            settings,
            current: RwLock::new(model),
            meter,
            follows,
            pinned: AtomicBool::new(false),
            tries: AtomicBool::new(false),
            trial: RwLock::default(),
        });
        route.service.0.members.routes.add(&route);
        Ok(Self(route))
    }

    /// Runs the graph: named tensors in, every output out.
    ///
    /// # Errors
    /// `InvalidArgument` naming the input that is missing, extra or of the wrong dtype, rank or
    /// dimension; `InferenceFailed` when the run fails; `Overloaded` when too many wait.
    pub fn run(&self, inputs: &[(&str, &Tensor)]) -> Result<Outputs> {
        self.run_with(inputs, &[], &Call::default())
    }

    /// Runs the graph for the outputs named (none: all, in the model's order), as `call` says.
    ///
    /// # Errors
    /// As [`Route::run`], `DeadlineExceeded` when the call's time was up, and `Cancelled` when its
    /// flag was raised.
    pub fn run_with(
        &self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        call: &Call,
    ) -> Result<Outputs> {
        let request = |model: &Arc<LoadedModel>| run(model, inputs, outputs, call);
        let copy = || {
            let (inputs, outputs) = own(inputs, outputs);
            move |model: &Arc<LoadedModel>, call: Call| {
                run(model, &borrow(&inputs), &strs(&outputs), &call)
            }
        };
        self.answer(call, request, copy)
    }

    /// As [`Route::run_with`], without waiting: the request takes a place in the queue, and what
    /// comes of it comes through the ticket, also when the request is refused. The tensors are
    /// shared with the ticket, not copied.
    pub fn submit(
        &self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        call: &Call,
    ) -> Ticket<Outputs> {
        let asked = Arc::new(own(inputs, outputs));
        let again = Arc::clone(&asked);
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            run_later(&model, &asked, &call).await
        };
        let copy = || {
            move |model: &Arc<LoadedModel>, call: Call| {
                run(model, &borrow(&again.0), &strs(&again.1), &call)
            }
        };
        self.ticket(call, work, copy)
    }

    /// The version that answers now, kept alive for as long as the caller holds it.
    pub fn lease(&self) -> Arc<LoadedModel> {
        self.0.lease()
    }

    /// Resolves the reference again and moves to the version it selects now, in the service's
    /// [`UpdateMode`](super::UpdateMode). True when that is another one. Requests under way end on
    /// the version they began with; if anything fails the old version goes on serving.
    ///
    /// # Errors
    /// As [`Service::load`]; and `DeadlineExceeded` where the old version has to leave first and
    /// requests do not end in time.
    pub fn update(&self) -> Result<bool> {
        let mut updated = self.0.service.move_routes(vec![Arc::clone(&self.0)]);
        match updated.failed.pop() {
            Some(unmoved) => Err(unmoved.error),
            None => Ok(!updated.moved.is_empty()),
        }
    }

    /// Whether the version that answers stays in memory whatever idle time and memory budget say.
    /// It says nothing about which version that is.
    pub fn pin(&self, pinned: bool) {
        self.0.pinned.store(pinned, Relaxed);
    }

    /// Lets the version that `reference` selects now answer a share of the requests, from 0 to 1,
    /// until it is promoted, aborted, or taken back by `guard`. Calls with one key always meet the
    /// same version; those without one are taken in turn. Ends a trial that is under way.
    ///
    /// # Errors
    /// As [`Service::load`]; `InvalidArgument` for a share that is none, or for a version that takes
    /// or gives other things.
    pub fn canary(&self, reference: &str, share: f64, guard: Guard) -> Result<()> {
        self.try_out(TrialKind::Canary, reference, share, guard)
    }

    /// Runs copies of a share of the answered requests on the version that `reference` selects now,
    /// on a thread of its own, and counts how far the answers lie apart. Callers wait for none of
    /// it; while the thread is busy with 16 of them, copies are dropped and counted. Ends a trial
    /// that is under way.
    ///
    /// # Errors
    /// As [`Route::canary`], and `Io` when no thread can be started.
    pub fn shadow(&self, reference: &str, share: f64, guard: Guard) -> Result<()> {
        self.try_out(TrialKind::Shadow, reference, share, guard)
    }

    fn try_out(&self, kind: TrialKind, reference: &str, share: f64, guard: Guard) -> Result<()> {
        let inner = &*self.0;
        let reference: Reference = reference.parse()?;
        let before = inner.lease().residence().before();
        let model = inner.service.open(&reference, &inner.settings, before)?;
        drop(model.engage(None)?); // it may have been unloaded
        self.lease().check_like(&model)?;
        let clock = Arc::clone(&inner.service.0.clock);
        let trial = Trial::start(kind, (reference, model), share, guard, clock)?;
        inner.begin_trial(trial);
        Ok(())
    }

    /// What is to be told of the trial that is under way, or of the last one.
    pub fn trial_status(&self) -> Option<TrialStatus> {
        self.0.trial().map(|trial| trial.status())
    }

    /// Ends the trial, answers every request from the version that was tried, and follows its
    /// reference from now on.
    ///
    /// # Errors
    /// `NotFound` when no trial is under way.
    pub fn promote(&self) -> Result<Version> {
        let inner = &*self.0;
        let trial = inner.trial().ok_or_else(no_trial)?;
        let model = trial.end(Outcome::Promoted).ok_or_else(no_trial)?;
        let mut reference = inner
            .reference
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *reference = Arc::new(trial.reference.clone());
        drop(reference);
        drop(inner.swap(&model));
        Ok(model.manifest().package.version.clone())
    }

    /// Ends the trial: the route answers every request from its own version. False when none was
    /// under way.
    pub fn abort(&self) -> bool {
        let trial = self.0.trial();
        trial.is_some_and(|trial| trial.end(Outcome::Aborted).is_some())
    }

    /// The reference this route follows.
    pub fn reference(&self) -> Arc<Reference> {
        self.0.reference()
    }

    /// The version that answers now.
    pub fn version(&self) -> Version {
        self.lease().manifest().package.version.clone()
    }

    /// The digest of the package that answers now.
    pub fn digest(&self) -> Digest {
        self.lease().digest()
    }

    /// The sums of all receipts of this route.
    pub fn usage(&self) -> Totals {
        self.0.meter.totals()
    }

    /// `name@version` of what answers now.
    pub fn describe(&self) -> String {
        describe(self.lease().manifest())
    }

    pub(super) fn till(&self) -> Option<&Till> {
        self.0.service.0.till.as_ref()
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.0.service.0.clock
    }

    /// Loads the instances again if they have left.
    pub(super) fn load_if_gone(&self) -> Result<()> {
        self.lease().engage(None).map(drop)
    }
}

fn no_trial() -> Error {
    Error::new(ErrorKind::NotFound, "no trial is under way")
        .advise("begin one with `canary` or `shadow`; its status says how the last one ended")
}
