//! A route: what `load` returns and requests go through.

use std::sync::{Arc, PoisonError, RwLock};

use semver::Version;

use super::loaded::describe;
use super::{Call, LoadSettings, LoadedModel, Outputs, Service};
use crate::model::{Digest, Reference};
use crate::tensor::Tensor;
use crate::usage::{Meter, Totals};
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
        self.metered(
            || {
                let mut usage = model.receipt();
                usage.rows = inputs
                    .first()
                    .and_then(|(_, tensor)| tensor.shape().rows())
                    .unwrap_or(1) as u64;
                let tensors = model.run(inputs, outputs, call, &mut usage)?;
                let names = match outputs {
                    [] => model
                        .signature()
                        .outputs
                        .iter()
                        .map(|port| port.name.clone())
                        .collect(),
                    named => named.iter().map(ToString::to_string).collect::<Vec<_>>(),
                };
                Ok(Outputs {
                    tensors: names.into_iter().zip(tensors).collect(),
                    usage,
                })
            },
            Outputs::usage,
        )
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
        let from = current.manifest().package.version.to_string();
        let package = &next.manifest().package;
        observe::swapped(package.name.as_str(), &from, &package.version.to_string());
        let old = std::mem::replace(&mut *current, next);
        drop(current);
        drop(old); // an unload may take a while: not while requests wait for the lock
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
        usage: impl FnOnce(&T) -> &crate::usage::Usage,
    ) -> Result<T> {
        let answer = request();
        match &answer {
            Ok(answer) => self.0.meter.add(usage(answer)),
            Err(_) => self.0.meter.add_failure(),
        }
        answer
    }
}
