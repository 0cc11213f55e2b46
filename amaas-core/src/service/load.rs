//! How the instances of a version are made: first those that it serves from, then the others, when
//! they are wanted.
//!
//! Most programs are served by one instance, so that is all that loading waits for. The others share
//! its weights, and cost a fraction of a second and little memory; but they cost it where nobody
//! may ever need them. A version that takes over from one that is crowded gets those for a crowd first,
//! and the one for a request that is alone when there first is calm.
//!
//! Loading takes a processor, which the runs of other versions leave to it: see `Threads::occupy`. Beside a
//! crowd it stands back besides: see `aside.rs`.
//!
//! A version of several graphs has instances of each, which grow apart: a crowd at the recogniser
//! is none at the detector.
//!
//! The trap: what is made later must be of the same bytes. The package is read and verified again,
//! and one that has changed meanwhile is refused.

use std::sync::Arc;
use std::time::Duration;

use super::interface::Interface;
use super::preprocess::Preprocessing;
use super::settings::{LoadSettings, Plan};
use super::state::StateLayout;
use super::task::{PrepareTask, PreparedTask};
use super::threads::Threads;
use super::warm::{Cold, Warmed, Warmer, rehearsals};
use super::{Call, Pools, threads};
use crate::clock::Clock;
use crate::model::{Digest, Graph, Graphs, Manifest, Package};
use crate::runtime::{Backend, Device, LoadOptions, Stop};
use crate::scheduler::{Growth, Instances, Pool, PoolLimits, Share, Wanted};
use crate::{Error, ErrorKind, Result, observe};

/// Reads the package of a version again.
pub(super) type Reread = Box<dyn Fn() -> Result<Package> + Send + Sync>;

/// When the instances are made that a version need not serve from at first.
pub(super) enum Others {
    /// Before the version serves.
    AtOnce,
    /// When they are first wanted.
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
    /// A version that has, and is not crowded now.
    Calm,
    /// A version that is crowded.
    Crowded,
}

/// Makes the instances of one version.
pub(super) struct Maker {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: LoadSettings,
    pub(super) threads: Arc<Threads>,
    pub(super) others: Others,
    pub(super) before: Before,
}

/// What all instances of a version have in common.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) manifest: Manifest,
    pub(super) digest: Digest,
    pub(super) graphs: Graphs<Interface>,
    pub(super) task: Option<Arc<dyn PreparedTask>>,
    pub(super) state: StateLayout,
    pub(super) preprocessing: Option<Preprocessing>,
    /// Of whatever `run` answers.
    pub(super) output_names: Arc<[String]>,
}

impl Maker {
    /// The instances that the version serves from at first.
    pub(super) fn first(&self, package: &Package) -> Result<Graphs<Instances>> {
        package.graphs()?.try_map(|part, graph| {
            let made = self.make(&graph, self.at_first());
            made.map_err(|error| in_part(error, part))
        })
    }

    /// The pools of these instances, with what it takes to make the others.
    pub(super) fn pools(self, instances: Graphs<Instances>, common: &Arc<Common>) -> Result<Pools> {
        let maker = Arc::new(self);
        instances.try_map(|part, instances| {
            let limits = limits(&maker.settings, &common.manifest);
            let growth = Self::growth(&maker, part.map(str::to_owned), common);
            let clock = Arc::clone(&maker.clock);
            Ok(Pool::sharing(
                instances,
                growth,
                maker.share(),
                limits,
                clock,
            ))
        })
    }

    /// How a pool comes to the instances that it begins without.
    fn growth(maker: &Arc<Self>, part: Option<String>, common: &Arc<Common>) -> Option<Growth> {
        let lacking = maker.lacking();
        let lacks = lacking.wide.is_some() || !lacking.narrow.is_empty();
        if !lacks || !matches!(maker.others, Others::Later(_)) {
            return None;
        }
        let (maker, common) = (Arc::clone(maker), Arc::clone(common));
        Some(Growth {
            wanted: match lacking.wide {
                Some(_) => Wanted::Calm,
                None => Wanted::Crowded,
            },
            count: lacking.narrow.len(),
            make: Box::new(move || maker.rest(part.as_deref(), &common)),
        })
    }

    /// Runs instances that took so long to `load` over the shapes they will see.
    pub(super) fn warm(
        &self,
        instances: &mut Graphs<Instances>,
        common: &Common,
        load: Duration,
    ) -> Result<Warmed> {
        let warm_up = &self.settings.warm_up;
        let (budget, processors) = match self.before {
            Before::Nobody => (warm_up.awaited(load), threads::budget()),
            Before::Alone | Before::Calm | Before::Crowded => (warm_up.budget, beside()),
        };
        let share = budget / (1 + u32::try_from(instances.parts.len()).unwrap_or(u32::MAX));
        let mut warmed =
            self.warm_within((share, processors), None, &mut instances.main, common)?;
        for (part, instances) in &mut instances.parts {
            let more = self.warm_within((share, processors), Some(part), instances, common);
            warmed.append(more.map_err(|error| in_part(error, Some(part)))?);
        }
        Ok(warmed)
    }

    /// Warms up for so long, on so many processors. Half of the deadline stays for the golden examples,
    /// which no run over made-up inputs may keep from being checked.
    fn warm_within(
        &self,
        (budget, processors): (Duration, usize),
        part: Option<&str>,
        instances: &mut Instances,
        common: &Common,
    ) -> Result<Warmed> {
        let (warm_up, manifest) = (&self.settings.warm_up, &common.manifest);
        if budget.is_zero() {
            return Ok(Warmed::of(Cold::Off));
        }
        let bounds = limits(&self.settings, manifest);
        let task = common.rehearsing(part);
        let signature = common.graphs.of(part)?.signature();
        let rehearsals = match rehearsals(task, part, signature, warm_up, &bounds)? {
            Ok(rehearsals) => rehearsals,
            Err(cold) => return Ok(Warmed::of(cold)),
        };
        let share = if manifest.golden.is_empty() { 1 } else { 2 };
        let begun = Call::within(warm_up.deadline / share).begin(None, &*self.clock)?;
        let warmer = Warmer {
            clock: &*self.clock,
            stop: begun.stop(),
            must_run: task.is_some(),
            side_by_side: processors,
        };
        let _occupied = self.threads.occupy(processors - 1); // one more than is occupied already
        let warmed = warmer.warm(instances, &rehearsals, budget)?;
        let (name, version) = (&manifest.package.name, &manifest.package.version);
        observe::warmed(name.as_str(), &version.to_string(), &warmed);
        Ok(warmed)
    }

    /// The instances of a graph that it began without, warm; `None` where they cannot be made now.
    fn rest(&self, part: Option<&str>, common: &Common) -> Option<Instances> {
        let _occupied = self.threads.occupy(1);
        let package = &common.manifest.package;
        let (name, version) = (package.name.as_str(), package.version.to_string());
        match self.try_rest(part, common) {
            Ok(more) => {
                let count = more.narrow.len() + usize::from(more.wide.is_some());
                observe::grown(name, &version, count);
                Some(more)
            }
            Err(error) => {
                observe::not_grown(name, &version, &error);
                None
            }
        }
    }

    fn try_rest(&self, part: Option<&str>, common: &Common) -> Result<Instances> {
        let Others::Later(reread) = &self.others else {
            return Ok(Instances::default());
        };
        let package = reread()?;
        if package.digest != common.digest {
            let message = "the package has changed since it was loaded";
            return Err(Error::new(ErrorKind::Conflict, message)
                .advise("update the route, or publish the package and load it by name"));
        }
        let graph = match part {
            Some(name) => package.graph_of(name)?,
            None => package.graph()?,
        };
        let mut instances = self.make(&graph, self.lacking())?;
        let within = (self.settings.warm_up.budget, beside());
        self.warm_within(within, part, &mut instances, common)?;
        Ok(instances)
    }

    /// Whether it is made on a thread that lets others go first: beside a crowd, where it starts no threads
    /// that would do so for ever.
    pub(super) fn stands_back(&self) -> bool {
        let plan = self.at_first();
        let starts_none = plan.wide.is_none() && plan.narrow.iter().all(|threads| *threads == 1);
        let stands_back = self.before == Before::Crowded && self.is_on_cpu() && starts_none;
        if stands_back {
            self.threads.workers(); // which would be started there otherwise
        }
        stands_back
    }

    /// What its runs take of the service's threads; those on an accelerator take none worth counting.
    fn share(&self) -> Option<Share> {
        self.is_on_cpu().then(|| self.threads.share(&self.plan()))
    }

    fn is_on_cpu(&self) -> bool {
        let devices = self.settings.devices.devices();
        devices.iter().all(|device| *device == Device::CPU)
    }

    fn plan(&self) -> Plan {
        self.settings.plan(threads::budget())
    }

    /// The instances that the version serves from at first.
    fn at_first(&self) -> Plan {
        let plan = self.plan();
        match (&self.others, self.before) {
            _ if plan.wide.is_none() => plan,
            (Others::AtOnce, _) => plan,
            (_, Before::Crowded) => Plan { wide: None, ..plan },
            _ => Plan {
                narrow: Vec::new(),
                ..plan
            },
        }
    }

    /// The others.
    fn lacking(&self) -> Plan {
        let (mut plan, first) = (self.plan(), self.at_first());
        if first.wide.is_some() {
            plan.wide = None;
        }
        if !first.narrow.is_empty() {
            plan.narrow.clear();
        }
        plan
    }

    /// Makes one after the other, so that each finds the weights of the first to share.
    fn make(&self, graph: &Graph, plan: Plan) -> Result<Instances> {
        let load = |threads: usize| {
            Stop::proceed()?;
            let devices = self.settings.devices.clone();
            self.backend.load(graph, &LoadOptions { devices, threads })
        };
        let wide = plan.wide.map(load).transpose()?;
        let narrow = plan.narrow.into_iter().map(load).collect::<Result<_>>()?;
        Ok(Instances { wide, narrow })
    }
}

/// The processors that warming up takes beside requests that are served: a few, since each is one that
/// runs wait for.
fn beside() -> usize {
    (threads::budget() / 4).max(1)
}

/// The stricter of what the service and the package say.
fn limits(settings: &LoadSettings, manifest: &Manifest) -> PoolLimits {
    let rows = settings.limits.rows.min(manifest.batching.max_rows);
    PoolLimits {
        rows,
        ..settings.limits.clone()
    }
}

impl Common {
    /// What `instances` of `package` have in common, with its task made ready for them.
    pub(super) fn of(
        package: &Package,
        instances: &Graphs<Instances>,
        prepare: PrepareTask,
    ) -> Result<Self> {
        let manifest = package.manifest.clone();
        let interface = |part: Option<&str>, instances: &Instances| {
            Interface::of(instances, &manifest, part.is_none())
        };
        let graphs = instances.as_ref().try_map(interface)?;
        let main = &graphs.main;
        let state = StateLayout::prepare(&manifest, main.signature(), main.axes())?;
        let preprocessing = Preprocessing::prepare(&manifest, &graphs)?;
        let task = manifest.task.as_ref();
        let task = task.map(|task| prepare(task, package, &graphs));
        let signature = preprocessing
            .as_ref()
            .map_or_else(|| main.signature(), Preprocessing::signature);
        let output_names = signature.outputs.iter().map(|port| port.name.clone());
        Ok(Self {
            output_names: output_names.collect(),
            digest: package.digest,
            task: task.transpose()?,
            manifest,
            graphs,
            state,
            preprocessing,
        })
    }

    /// The task, where it makes rows of its own for this graph: not of what a graph makes.
    fn rehearsing(&self, part: Option<&str>) -> Option<&dyn PreparedTask> {
        let task = self.task.as_deref()?;
        (self.preprocessing.is_none() && part.is_none_or(|part| task.rehearses(part)))
            .then_some(task)
    }
}

fn in_part(error: Error, part: Option<&str>) -> Error {
    match part {
        Some(part) => error.with("part", part),
        None => error,
    }
}
