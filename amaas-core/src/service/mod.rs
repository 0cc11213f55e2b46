//! The service: what a host creates, and what hands out routes.

mod builder;
mod call;
mod kept;
mod loaded;
mod outputs;
mod route;
mod settings;
mod task;
mod threads;
mod ticket;
mod tune;
mod verify;
mod warm;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub use self::builder::ServiceBuilder;
pub(crate) use self::call::Begun;
pub use self::call::Call;
pub use self::kept::Kept;
pub use self::loaded::LoadedModel;
pub use self::outputs::Outputs;
pub use self::route::Route;
pub use self::settings::{LoadSettings, Plan};
use self::task::PrepareTask;
pub use self::task::PreparedTask;
pub use self::ticket::Ticket;
pub use self::tune::{Objective, Sample, Trial, TuneCache, TuneOptions, TuneProgress, Tuned, rank};
pub use self::verify::{Checked, Verified};
pub use self::warm::{Cold, Rehearsal, WarmUp, Warmed};
use crate::clock::Clock;
use crate::model::{Digest, Package, Reference};
use crate::registry::{Published, Registry, Resolved, read_package};
use crate::runtime::{Backend, DeviceInfo};
use crate::{Result, observe};

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
    /// Versions that some route serves, so that two routes to one version share its instances.
    loaded: Mutex<Vec<Shared>>,
}

#[derive(Debug)]
struct Shared {
    digest: Digest,
    settings: LoadSettings,
    model: Weak<LoadedModel>,
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
        Route::open(self.clone(), reference.parse()?, settings)
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
        let model = self.instantiate(package, &self.0.settings)?;
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
        let resolved = self.resolve(reference)?;
        let digest = resolved.as_ref().map(|resolved| resolved.digest);
        if let Some(model) = digest.and_then(|digest| self.shared(&digest, settings)) {
            return Ok(model);
        }
        let package = match (reference, &resolved) {
            (Reference::Path(path), _) => read_package(path)?,
            (_, Some(resolved)) => self.registry()?.package(&resolved.digest)?,
            (Reference::Named { .. }, None) => return Err(builder::no_registry()),
        };
        if let Some(model) = self.shared(&package.digest, settings) {
            return Ok(model);
        }
        let model = Arc::new(self.instantiate(&package, settings)?);
        resolved.iter().for_each(notify);
        let shared = Shared {
            digest: package.digest,
            settings: settings.clone(),
            model: Arc::downgrade(&model),
        };
        let mut loaded = self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.retain(|shared| shared.model.strong_count() > 0);
        loaded.push(shared);
        Ok(model)
    }

    fn shared(&self, digest: &Digest, settings: &LoadSettings) -> Option<Arc<LoadedModel>> {
        let loaded = self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |shared: &&Shared| shared.digest == *digest && shared.settings == *settings;
        loaded
            .iter()
            .filter(same)
            .find_map(|shared| shared.model.upgrade())
    }

    fn instantiate(&self, package: &Package, settings: &LoadSettings) -> Result<LoadedModel> {
        let inner = &*self.0;
        let clock = Arc::clone(&inner.clock);
        let model = LoadedModel::load(package, &*inner.backend, settings, inner.prepare, clock)?;
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

/// Tells the log what the host should know of a version that now serves.
fn notify(resolved: &Resolved) {
    let (name, version) = (resolved.name.as_str(), resolved.version.to_string());
    for notice in &resolved.notices {
        observe::noticed(name, &version, notice);
    }
}
