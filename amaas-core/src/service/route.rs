//! A route: what `load` returns and requests go through.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use semver::Version;

use super::loaded::describe;
use super::residence::Residence;
use super::{Call, LoadSettings, LoadedModel, Moved, Outputs, Service, Ticket};
use crate::model::{Digest, Reference};
use crate::tensor::Tensor;
use crate::usage::{Meter, Totals, Usage};
use crate::{Result, observe};

/// Follows a reference; answers requests from any number of threads. Cheap to clone; clones are
/// one route.
///
/// Each request leases one version from start to end, so a swap never mixes two versions in one
/// answer.
#[derive(Debug, Clone)]
pub struct Route(Arc<RouteInner>);

#[derive(Debug)]
pub(super) struct RouteInner {
    service: Service,
    pub(super) reference: Reference,
    pub(super) settings: LoadSettings,
    current: RwLock<Arc<LoadedModel>>,
    meter: Meter,
    follows: Follows,
    pinned: AtomicBool,
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

    /// Whether requests go to the version of this residence.
    pub(super) fn serves(&self, residence: &Arc<Residence>) -> bool {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::ptr_eq(current.residence(), residence)
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
            reference: self.reference.to_string(),
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
        let model = service.open(&reference, &settings)?;
        drop(model.engage(None)?); // it may have been unloaded
        let route = Arc::new(RouteInner {
            service,
            reference,
            settings,
            current: RwLock::new(model),
            meter: Meter::default(),
            follows,
            pinned: AtomicBool::new(false),
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
        let model = self.lease();
        let run = || {
            let mut usage = receipt(&model, inputs.first().map(|(_, tensor)| *tensor));
            let tensors = model.run(inputs, outputs, call, &mut usage)?;
            Ok(Outputs::of(&model, outputs, tensors, usage))
        };
        self.metered(run, Outputs::usage)
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
        let own = |(name, tensor): &(&str, &Tensor)| ((*name).to_owned(), (*tensor).clone());
        let inputs: Vec<_> = inputs.iter().map(own).collect();
        let outputs: Vec<_> = outputs.iter().map(ToString::to_string).collect();
        let route = self.clone();
        Ticket::start(&self.lease(), call, |model, call| async move {
            let run = async {
                let mut usage = receipt(&model, inputs.first().map(|(_, tensor)| tensor));
                let tensors = model
                    .run_later(&inputs, &outputs, &call, &mut usage)
                    .await?;
                Ok(Outputs::of(&model, &outputs, tensors, usage))
            };
            route.metered_later(run, Outputs::usage).await
        })
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

    /// The reference this route follows.
    pub fn reference(&self) -> &Reference {
        &self.0.reference
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

    /// Enters the request into the route's sums, however it ends.
    pub(crate) fn metered<T>(
        &self,
        request: impl FnOnce() -> Result<T>,
        usage: impl FnOnce(&T) -> &Usage,
    ) -> Result<T> {
        let answer = request();
        self.enter(&answer, usage);
        answer
    }

    /// As [`Route::metered`].
    pub(crate) async fn metered_later<T>(
        &self,
        request: impl Future<Output = Result<T>>,
        usage: impl FnOnce(&T) -> &Usage,
    ) -> Result<T> {
        let answer = request.await;
        self.enter(&answer, usage);
        answer
    }

    fn enter<T>(&self, answer: &Result<T>, usage: impl FnOnce(&T) -> &Usage) {
        match answer {
            Ok(answer) => self.0.meter.add(usage(answer)),
            Err(_) => self.0.meter.add_failure(),
        }
    }
}

/// A receipt for a request over as many rows as its first input has.
fn receipt(model: &LoadedModel, first: Option<&Tensor>) -> Usage {
    let mut usage = model.receipt();
    usage.rows = first.and_then(|tensor| tensor.shape().rows()).unwrap_or(1) as u64;
    usage
}
