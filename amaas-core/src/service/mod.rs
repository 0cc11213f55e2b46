//! The service: what a host creates, and what hands out routes.

mod answer;
mod builder;
mod call;
mod evict;
mod guard;
mod kept;
mod lifecycle;
mod loaded;
mod members;
mod outputs;
mod residence;
mod route;
mod settings;
mod sums;
mod task;
mod threads;
mod ticket;
mod trial;
mod tune;
mod update;
mod verify;
mod versions;
mod warm;
mod watch;

use std::path::Path;
use std::sync::Arc;

pub(crate) use self::answer::{Answer, numbers};
pub use self::builder::ServiceBuilder;
pub(crate) use self::call::Begun;
pub use self::call::Call;
pub use self::evict::{Candidate, choose as choose_to_unload};
pub use self::guard::{Arm, Guard, Reason, Tally, judge};
pub use self::kept::Kept;
pub use self::lifecycle::{State, Step};
pub use self::loaded::LoadedModel;
use self::members::Members;
pub use self::outputs::Outputs;
use self::residence::{Residence, Source};
use self::route::Follows;
pub use self::route::Route;
pub use self::settings::{LoadSettings, Plan};
use self::task::PrepareTask;
pub use self::task::PreparedTask;
pub use self::ticket::Ticket;
pub use self::trial::{Outcome, TrialKind, TrialStatus};
pub use self::tune::{
    Objective, Sample, TuneCache, TuneOptions, TuneProgress, TuneRow, Tuned, rank,
};
pub use self::update::{Moved, Unmoved, UpdateMode, Updated};
pub use self::verify::{Checked, Verified};
pub use self::versions::VersionStatus;
use self::versions::Versions;
pub use self::warm::{Cold, Rehearsal, WarmUp, Warmed};
pub use self::watch::{WatchEvent, WatchOptions, Watcher};
use crate::clock::Clock;
use crate::model::{Digest, Package, Reference};
use crate::registry::{Published, Registry, Resolved, read_package};
use crate::runtime::{Backend, DeviceInfo};
use crate::scheduler::Pool;
use crate::{Error, ErrorKind, Result, observe};

/// Owns the runtime, the registry and the loaded versions. Cheap to clone; clones are one
/// service.
#[derive(Debug, Clone)]
pub struct Service(Arc<ServiceInner>);

#[derive(Debug)]
struct ServiceInner {
    prepare: PrepareTask,
    registry: Option<Registry>,
    backend: Arc<dyn Backend>,
    clock: Arc<dyn Clock>,
    settings: LoadSettings,
    mode: UpdateMode,
    /// How many bytes of models may be in memory.
    budget: Option<u64>,
    versions: Versions,
    members: Members,
}

impl Service {
    fn new(inner: ServiceInner) -> Self {
        Self(Arc::new(inner))
    }

    /// Loads what `reference` says, with the service's own settings.
    ///
    /// `reference` is `name`, `name@selector` or a path to a package folder or `.onnx` file; see
    /// [`Reference`].
    ///
    /// # Errors
    /// `InvalidArgument` for a malformed reference, `NotFound` for what is not there (listing
    /// what is), `InvalidPackage`, `Corrupt`, `LoadFailed`, `DeviceUnavailable` or
    /// `GoldenMismatch` for a version that must not serve.
    pub fn load(&self, reference: &str) -> Result<Route> {
        self.load_with(reference, self.0.settings.clone())
    }

    /// Loads what `reference` says, with settings of its own.
    ///
    /// # Errors
    /// As [`Service::load`].
    pub fn load_with(&self, reference: &str, settings: LoadSettings) -> Result<Route> {
        Route::open(self.clone(), reference.parse()?, settings, Follows::Its)
    }

    /// Checks the package at `path` (a folder or an `.onnx` file), runs its golden examples and
    /// stores it in the registry. Publishing the same content again changes nothing.
    ///
    /// # Errors
    /// As [`Service::load`], and `AlreadyExists` when the version is there with other content.
    pub fn publish(&self, path: impl AsRef<Path>) -> Result<Published> {
        self.registry()?;
        self.publish_package(&read_package(path.as_ref())?)
    }

    /// As [`Service::publish`], for a package that was made elsewhere, as by
    /// [`import`](crate::registry::import).
    ///
    /// # Errors
    /// As [`Service::publish`].
    pub fn publish_package(&self, package: &Package) -> Result<Published> {
        let registry = self.registry()?;
        let model = self.try_out(package)?;
        registry.publish_with_signature(package, model.signature())
    }

    /// The registry.
    ///
    /// # Errors
    /// `NotFound` when the service was made without one.
    pub fn registry(&self) -> Result<&Registry> {
        self.0.registry.as_ref().ok_or_else(builder::no_registry)
    }

    /// The devices that models can be placed on.
    ///
    /// # Errors
    /// `RuntimeUnavailable` when the runtime cannot tell.
    pub fn devices(&self) -> Result<Vec<DeviceInfo>> {
        self.0.backend.devices()
    }

    /// The inference engine, as `onnxruntime 1.32.0`.
    pub fn runtime(&self) -> String {
        self.0.backend.describe()
    }

    /// The version that `reference` selects now, where that can be told without reading the
    /// package.
    fn resolve(&self, reference: &Reference) -> Result<Option<Resolved>> {
        match reference {
            Reference::Path(_) => Ok(None),
            Reference::Named { name, selector } => {
                self.registry()?.resolve(name, selector).map(Some)
            }
        }
    }

    /// The version that `reference` selects now, loaded; shared with routes that serve it.
    fn open(&self, reference: &Reference, settings: &LoadSettings) -> Result<Arc<LoadedModel>> {
        let versions = &self.0.versions;
        let resolved = self.resolve(reference)?;
        let digest = resolved.as_ref().map(|resolved| resolved.digest);
        if let Some(model) = digest.and_then(|digest| versions.find(&digest, settings)) {
            return Ok(model);
        }
        let package = match (reference, &resolved) {
            (Reference::Path(path), _) => read_package(path)?,
            (_, Some(resolved)) => self.registry()?.package(&resolved.digest)?,
            (Reference::Named { .. }, None) => return Err(builder::no_registry()),
        };
        if let Some(model) = versions.find(&package.digest, settings) {
            return Ok(model);
        }
        // What lies at a path may change: it could not be loaded again.
        let again = resolved.is_some();
        let residence = self.residence(&package, settings, again);
        let entered = versions.enter(&package, settings, &residence)?;
        self.make_room();
        let model = Arc::new(self.instantiate(&package, settings, residence)?);
        entered.loaded(&model);
        self.rest_when_idle(model.residence(), settings);
        resolved.iter().for_each(notify);
        Ok(model)
    }

    /// A place for the instances of `package`, which may leave and come back if `again`.
    fn residence(&self, package: &Package, settings: &LoadSettings, again: bool) -> Arc<Residence> {
        let (service, digest) = (Arc::downgrade(&self.0), package.digest);
        let (waiting, settings) = (settings.limits.waiting, settings.clone());
        let source: Source = Box::new(move || {
            let service = service.upgrade().map(Self).ok_or_else(closed)?;
            service.load_again(&digest, &settings)
        });
        let inner = &*self.0;
        let (backend, clock) = (Arc::clone(&inner.backend), Arc::clone(&inner.clock));
        Residence::new(again.then_some(source), backend, clock, waiting)
    }

    fn load_again(&self, digest: &Digest, settings: &LoadSettings) -> Result<Pool> {
        let inner = &*self.0;
        let package = self.registry()?.package(digest)?;
        self.make_room();
        let clock = Arc::clone(&inner.clock);
        let pool = loaded::again(&package, &*inner.backend, settings, clock)?;
        let info = &package.manifest.package;
        observe::loaded_again(info.name.as_str(), &info.version.to_string());
        if let Some(model) = inner.versions.find(digest, settings) {
            self.rest_when_idle(model.residence(), settings);
        }
        Ok(pool)
    }

    /// A version that no route will serve.
    fn try_out(&self, package: &Package) -> Result<LoadedModel> {
        self.try_out_with(package, &self.0.settings)
    }

    /// As [`Service::try_out`], with settings of its own.
    fn try_out_with(&self, package: &Package, settings: &LoadSettings) -> Result<LoadedModel> {
        self.instantiate(package, settings, self.residence(package, settings, false))
    }

    fn instantiate(
        &self,
        package: &Package,
        settings: &LoadSettings,
        residence: Arc<Residence>,
    ) -> Result<LoadedModel> {
        let inner = &*self.0;
        let clock = Arc::clone(&inner.clock);
        let backend = &*inner.backend;
        let model = LoadedModel::load(package, backend, settings, inner.prepare, clock, residence)?;
        let info = &package.manifest.package;
        observe::loaded(
            info.name.as_str(),
            &info.version.to_string(),
            &package.digest.to_string(),
            &model.placement().to_string(),
        );
        Ok(model)
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the service of this version is gone")
        .advise("keep the service for as long as its versions are used")
}

/// Tells the log what the host should know of a version that now serves.
fn notify(resolved: &Resolved) {
    let (name, version) = (resolved.name.as_str(), resolved.version.to_string());
    for notice in &resolved.notices {
        observe::noticed(name, &version, notice);
    }
}
