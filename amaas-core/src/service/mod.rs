//! The service: what a host creates, and what hands out routes.

#[cfg(feature = "generation")]
mod admitted;
mod answer;
mod aside;
mod ask;
mod axes;
mod builder;
mod call;
mod evict;
mod guard;
mod interface;
mod kept;
mod lifecycle;
mod listener;
mod load;
mod loaded;
mod members;
mod metrics;
#[cfg(feature = "otel")]
mod otel;
mod outputs;
mod part;
mod passage;
mod preprocess;
mod publish;
mod residence;
mod route;
#[cfg(feature = "generation")]
mod seat;
mod session;
mod settings;
#[cfg(any(feature = "audio", feature = "image"))]
mod spread;
mod state;
mod stream;
mod sums;
mod task;
mod tenancy;
mod threads;
mod ticket;
mod together;
mod trial;
#[cfg(feature = "sign")]
mod trust;
mod tune;
mod update;
mod veil;
mod verify;
mod versions;
mod warm;
mod watch;
#[cfg(feature = "remote")]
mod watch_remote;

use std::sync::Arc;

#[cfg(feature = "generation")]
pub(crate) use self::admitted::Admitted;
pub(crate) use self::answer::{Answer, numbers};
use self::aside::aside;
#[cfg(feature = "audio")]
pub(crate) use self::axes::Axes;
pub use self::builder::ServiceBuilder;
pub(crate) use self::call::Begun;
pub use self::call::Call;
pub use self::evict::{Candidate, choose as choose_to_unload};
pub use self::guard::{Arm, Guard, Reason, Tally, judge};
pub use self::interface::Interface;
pub use self::kept::Kept;
pub use self::lifecycle::{State, Step};
use self::listener::Listener;
use self::load::{Before, Maker, Others, Reread};
pub use self::loaded::LoadedModel;
use self::members::Members;
pub use self::outputs::Outputs;
pub use self::part::Part;
pub(crate) use self::preprocess::{Asked, Prepared, Preprocessing};
pub use self::publish::PublishOptions;
use self::residence::{Residence, Source};
use self::route::Follows;
pub use self::route::Route;
#[cfg(feature = "generation")]
pub(crate) use self::seat::Seat;
#[cfg(feature = "audio")]
pub(crate) use self::session::{Held, Memory, Then};
pub use self::settings::{LoadSettings, Plan};
#[cfg(feature = "audio")]
pub(crate) use self::state::StateLayout;
pub use self::stream::{Stream, StreamOptions};
use self::task::PrepareTask;
pub use self::task::PreparedTask;
pub use self::tenancy::Tenancy;
use self::threads::Threads;
pub use self::ticket::Ticket;
pub use self::together::Together;
pub use self::trial::{Outcome, TrialKind, TrialStatus};
#[cfg(feature = "sign")]
pub use self::trust::{Trust, TrustPolicy};
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
use crate::model::{Digest, Graphs, Package, Reference};
use crate::registry::{Registry, Resolved, read_package};
use crate::runtime::{Backend, DeviceInfo, Stop};
use crate::scheduler::Pool;
use crate::usage::{Standing, Till};
use crate::{Error, ErrorKind, Result, observe};

/// The instances of each graph of a version.
type Pools = Graphs<Pool>;

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
    threads: Arc<Threads>,
    #[cfg(feature = "sign")]
    trust: Trust,
    /// Where requests are admitted and charged, if they are.
    till: Option<Till>,
    /// Whom the host wants told of each receipt.
    listener: Option<Listener>,
    /// Where OpenTelemetry is told of each request, if it is.
    #[cfg(feature = "otel")]
    instruments: std::sync::OnceLock<otel::Instruments>,
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

    /// The registry.
    ///
    /// # Errors
    /// `NotFound` when the service was made without one.
    pub fn registry(&self) -> Result<&Registry> {
        self.0.registry.as_ref().ok_or_else(builder::no_registry)
    }

    /// What a tenant used so far today and this month, by the ledger and the price table; `None`
    /// asks for all calls that name no tenant. Nothing in a service that has neither.
    ///
    /// # Errors
    /// What the ledger ends with.
    pub fn standing(&self, tenant: Option<&str>) -> Result<Standing> {
        let tenant = tenant.map(Arc::from);
        let till = self.0.till.as_ref();
        till.map_or_else(
            || Ok(Standing::default()),
            |till| till.standing(tenant.as_ref()),
        )
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

    /// How many threads the runs of all its models share: as many as there are processors that this
    /// process may use, by its affinity and its cgroup's quota, when the service was made.
    pub fn threads(&self) -> usize {
        self.0.threads.budget().threads()
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

    /// The version that `reference` selects now, loaded; shared with routes that serve it. Made for
    /// a crowd at once if what serves in its place has seen one.
    fn open(
        &self,
        reference: &Reference,
        settings: &LoadSettings,
        before: Before,
    ) -> Result<Arc<LoadedModel>> {
        let versions = &self.0.versions;
        Stop::proceed()?;
        let resolved = self.resolve(reference)?;
        let digest = resolved.as_ref().map(|resolved| resolved.digest);
        if let Some(model) = digest.and_then(|digest| versions.find(&digest, settings)) {
            return Ok(model);
        }
        let _occupied = self.0.threads.occupy(1);
        let package = match (reference, &resolved) {
            (Reference::Path(path), _) => read_package(path)?,
            (_, Some(resolved)) => self.registry()?.package(&resolved.digest)?,
            (Reference::Named { .. }, None) => return Err(builder::no_registry()),
        };
        if let Some(model) = versions.find(&package.digest, settings) {
            return Ok(model);
        }
        let reread = self.reread(reference, resolved.as_ref());
        // What lies at a path may change: it could not be loaded again.
        let again = resolved.is_some();
        let residence = self.residence(&package, settings, again);
        let entered = versions.enter(&package, settings, &residence)?;
        self.make_room();
        let others = if settings.eager || before == Before::Calm {
            Others::AtOnce
        } else {
            Others::Later(reread)
        };
        let maker = self.maker(settings, others, before);
        let model = Arc::new(self.instantiate(&package, maker, residence)?);
        #[cfg(feature = "sign")]
        self.0.trust.served(&package)?;
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

    fn load_again(&self, digest: &Digest, settings: &LoadSettings) -> Result<Pools> {
        let model = self.0.versions.find(digest, settings).ok_or_else(closed)?;
        let _occupied = self.0.threads.occupy(1);
        let package = self.registry()?.package(digest)?;
        self.make_room();
        let others = if settings.eager {
            Others::AtOnce
        } else {
            Others::Later(self.reread_version(*digest))
        };
        let pools = model.load_again(&package, self.maker(settings, others, Before::Nobody))?;
        let info = &package.manifest.package;
        observe::loaded_again(info.name.as_str(), &info.version.to_string());
        self.rest_when_idle(model.residence(), settings);
        Ok(pools)
    }

    /// Reads again what `reference` selected.
    fn reread(&self, reference: &Reference, resolved: Option<&Resolved>) -> Reread {
        match (reference, resolved) {
            (_, Some(resolved)) => self.reread_version(resolved.digest),
            (Reference::Path(path), None) => {
                let path = path.clone();
                Box::new(move || read_package(&path))
            }
            (Reference::Named { .. }, None) => Box::new(|| Err(builder::no_registry())),
        }
    }

    fn reread_version(&self, digest: Digest) -> Reread {
        let service = Arc::downgrade(&self.0);
        Box::new(move || {
            let service = service.upgrade().map(Self).ok_or_else(closed)?;
            service.registry()?.package(&digest)
        })
    }

    fn maker(&self, settings: &LoadSettings, others: Others, before: Before) -> Maker {
        Maker {
            backend: Arc::clone(&self.0.backend),
            clock: Arc::clone(&self.0.clock),
            settings: settings.clone(),
            threads: Arc::clone(&self.0.threads),
            others,
            before,
        }
    }

    /// A version that no route will serve.
    fn try_out(&self, package: &Package) -> Result<LoadedModel> {
        self.try_out_with(package, &self.0.settings, Others::Never)
    }

    /// As [`Service::try_out`], with settings of its own.
    fn try_out_with(
        &self,
        package: &Package,
        settings: &LoadSettings,
        others: Others,
    ) -> Result<LoadedModel> {
        let _occupied = self.0.threads.occupy(1);
        let residence = self.residence(package, settings, false);
        let before = match others {
            Others::AtOnce => Before::Calm,
            _ => Before::Nobody,
        };
        self.instantiate(package, self.maker(settings, others, before), residence)
    }

    fn instantiate(
        &self,
        package: &Package,
        maker: Maker,
        residence: Arc<Residence>,
    ) -> Result<LoadedModel> {
        #[cfg(feature = "sign")]
        self.0.trust.check(package)?;
        let stands_back = maker.stands_back();
        let load = || LoadedModel::load(package, maker, self.0.prepare, residence);
        let model = if stands_back { aside(load)? } else { load()? };
        let info = &package.manifest.package;
        observe::loaded(
            info.name.as_str(),
            &info.version.to_string(),
            &package.digest.to_string(),
            &model.placement().to_string(),
        );
        if let Together::Roughly(_) = model.together() {
            let version = info.version.to_string();
            observe::noticed(info.name.as_str(), &version, &model.together());
        }
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
