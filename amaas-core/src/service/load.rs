//! How the instances of a version are made: first the one that it serves from, then those for a
//! crowd, when there is one.
//!
//! Most programs are served by one instance, so that is all that loading waits for. The others share
//! its weights, and cost a fraction of a second and little memory; but they cost it where nobody
//! may ever need them. A version that takes over from one that was crowded is made for a crowd at
//! once.
//!
//! The trap: what is made later must be of the same bytes. The package is read and verified again,
//! and one that has changed meanwhile is refused.

use std::sync::Arc;
use std::time::Duration;

use super::axes::Axes;
use super::settings::{LoadSettings, Plan};
use super::state::StateLayout;
use super::task::PreparedTask;
use super::warm::{Cold, Warmed, Warmer, rehearsals};
use super::{Call, threads};
use crate::clock::Clock;
use crate::model::{Digest, Manifest, Package, Signature};
use crate::runtime::{Backend, Instance, LoadOptions};
use crate::scheduler::{Growth, Instances, Join, Pool, PoolLimits};
use crate::{Error, ErrorKind, Result, observe};

/// Reads the package of a version again.
pub(super) type Reread = Box<dyn Fn() -> Result<Package> + Send + Sync>;

/// When the instances for a crowd are made.
pub(super) enum Crowd {
    /// Before the version serves.
    AtOnce,
    /// When it is first crowded.
    Later(Reread),
    /// Not at all: it is only tried out.
    Never,
}

/// What serves while a version is loaded in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing: somebody waits for it.
    Nobody,
    /// A version that has seen no crowd.
    Alone,
    /// A version that has.
    Crowded,
}

/// Makes the instances of one version.
pub(super) struct Maker {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: LoadSettings,
    pub(super) crowd: Crowd,
    pub(super) before: Before,
}

/// What all instances of a version have in common.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) manifest: Manifest,
    pub(super) digest: Digest,
    pub(super) signature: Arc<Signature>,
    pub(super) task: Option<Arc<dyn PreparedTask>>,
    pub(super) axes: Axes,
    pub(super) state: StateLayout,
    /// How requests in tensors are joined; `None` when they are not.
    pub(super) join: Option<Arc<Join>>,
}

impl Maker {
    /// The instances that the version serves from at first.
    pub(super) fn first(&self, package: &Package) -> Result<Instances> {
        let mut plan = self.plan();
        if plan.wide.is_some() && !matches!(self.crowd, Crowd::AtOnce) {
            plan.narrow.clear();
        }
        self.make(package, plan)
    }

    /// The pool of these instances, with what it takes to make the others.
    pub(super) fn pool(self, instances: Instances, common: Arc<Common>) -> Pool {
        let limits = limits(&self.settings, &common.manifest);
        let clock = Arc::clone(&self.clock);
        let grows = instances.narrow.is_empty() && matches!(self.crowd, Crowd::Later(_));
        if !grows {
            return Pool::new(instances, limits, clock);
        }
        let growth = Growth {
            count: self.plan().narrow.len(),
            make: Box::new(move || self.rest(&common)),
        };
        Pool::growing(instances, growth, limits, clock)
    }

    /// Runs instances that took so long to `load` over the shapes they will see.
    pub(super) fn warm(
        &self,
        instances: &mut Instances,
        common: &Common,
        load: Duration,
    ) -> Result<Warmed> {
        let warm_up = &self.settings.warm_up;
        let budget = match self.before {
            Before::Nobody => warm_up.awaited(load),
            Before::Alone | Before::Crowded => warm_up.budget,
        };
        self.warm_within(budget, instances, common)
    }

    /// Half of the time stays for the golden examples, which no run over made-up inputs may keep from
    /// being checked.
    fn warm_within(
        &self,
        budget: Duration,
        instances: &mut Instances,
        common: &Common,
    ) -> Result<Warmed> {
        let (warm_up, manifest) = (&self.settings.warm_up, &common.manifest);
        if budget.is_zero() {
            return Ok(Warmed::of(Cold::Off));
        }
        let bounds = limits(&self.settings, manifest);
        let task = common.task.as_deref();
        let rehearsals = match rehearsals(task, &common.signature, warm_up, &bounds)? {
            Ok(rehearsals) => rehearsals,
            Err(cold) => return Ok(Warmed::of(cold)),
        };
        let share = if manifest.golden.is_empty() { 1 } else { 2 };
        let begun = Call::within(warm_up.deadline / share).begin(None, &*self.clock)?;
        let warmer = Warmer {
            clock: &*self.clock,
            stop: begun.stop(),
            must_run: task.is_some(),
        };
        let warmed = warmer.warm(instances, &rehearsals, budget)?;
        let (name, version) = (&manifest.package.name, &manifest.package.version);
        observe::warmed(name.as_str(), &version.to_string(), &warmed);
        Ok(warmed)
    }

    /// The instances for a crowd, warm; `None` where they cannot be made now.
    fn rest(&self, common: &Common) -> Option<Vec<Box<dyn Instance>>> {
        let package = &common.manifest.package;
        let (name, version) = (package.name.as_str(), package.version.to_string());
        match self.try_rest(common) {
            Ok(narrow) => {
                observe::grown(name, &version, narrow.len());
                Some(narrow)
            }
            Err(error) => {
                observe::not_grown(name, &version, &error);
                None
            }
        }
    }

    fn try_rest(&self, common: &Common) -> Result<Vec<Box<dyn Instance>>> {
        let Crowd::Later(reread) = &self.crowd else {
            return Ok(Vec::new());
        };
        let package = reread()?;
        if package.digest != common.digest {
            let message = "the package has changed since it was loaded";
            return Err(Error::new(ErrorKind::Conflict, message)
                .advise("update the route, or publish the package and load it by name"));
        }
        let plan = Plan {
            wide: None,
            ..self.plan()
        };
        let mut instances = self.make(&package, plan)?;
        self.warm_within(self.settings.warm_up.budget, &mut instances, common)?;
        Ok(instances.narrow)
    }

    fn plan(&self) -> Plan {
        self.settings.plan(threads::budget())
    }

    /// Makes one after the other, so that each finds the weights of the first to share.
    fn make(&self, package: &Package, plan: Plan) -> Result<Instances> {
        let graph = package.graph()?;
        let load = |threads: usize| {
            let devices = self.settings.devices.clone();
            self.backend.load(&graph, &LoadOptions { devices, threads })
        };
        let wide = plan.wide.map(load).transpose()?;
        let narrow = plan.narrow.into_iter().map(load).collect::<Result<_>>()?;
        Ok(Instances { wide, narrow })
    }
}

/// The stricter of what the service and the package say.
fn limits(settings: &LoadSettings, manifest: &Manifest) -> PoolLimits {
    let rows = settings.limits.rows.min(manifest.batching.max_rows);
    PoolLimits {
        rows,
        ..settings.limits.clone()
    }
}
