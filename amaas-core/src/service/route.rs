//! A route: what `load` returns and requests go through.

use std::sync::{Arc, PoisonError, RwLock};

use semver::Version;

use super::loaded::describe;
use super::{Call, LoadSettings, LoadedModel, Outputs, Service, Ticket};
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
struct RouteInner {
    service: Service,
    reference: Reference,
    settings: LoadSettings,
    current: RwLock<Arc<LoadedModel>>,
    meter: Meter,
}

impl Route {
    pub(super) fn open(
        service: Service,
        reference: Reference,
        settings: LoadSettings,
    ) -> Result<Self> {
        let current = RwLock::new(service.open(&reference, &settings)?);
        let meter = Meter::default();
        Ok(Self(Arc::new(RouteInner {
            service,
            reference,
            settings,
            current,
            meter,
        })))
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
        Arc::clone(
            &self
                .0
                .current
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Resolves the reference again and moves to the version it selects now. True when that is
    /// another one. Requests under way end on the version they began with; if anything fails the
    /// old version goes on serving.
    ///
    /// # Errors
    /// As [`Service::load`].
    pub fn update(&self) -> Result<bool> {
        let inner = &*self.0;
        let next = inner.service.open(&inner.reference, &inner.settings)?;
        let mut current = inner
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if current.digest() == next.digest() {
            return Ok(false);
        }
        let old = std::mem::replace(&mut *current, Arc::clone(&next));
        // Neither an unload nor who listens to the log may be waited for by requests.
        drop(current);
        let (from, to) = (&old.manifest().package, &next.manifest().package);
        let version = from.version.to_string();
        observe::swapped(to.name.as_str(), &version, &to.version.to_string());
        Ok(true)
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
