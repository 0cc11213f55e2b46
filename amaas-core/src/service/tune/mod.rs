//! Tuning: which instances, threads and bounds serve a user's own requests best on this machine.
//!
//! ```no_run
//! use amaas_core::service::{Objective, Sample, TuneCache, TuneOptions};
//! use std::time::Duration;
//!
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let sample = Sample::Texts(vec!["I loved it".into(), "Dull from start to end".into()]);
//! let options = TuneOptions {
//!     objective: Objective::P99Under(Duration::from_millis(20)),
//!     ..TuneOptions::default()
//! };
//! let tuned = service.tune("sentiment@^1", &sample, &options, &mut |_| ())?;
//! let route = service.load_with("sentiment@^1", tuned.settings()?)?;
//!
//! let cache = TuneCache::of_user()?;
//! cache.keep(&tuned)?; // another process asks for it: nothing is tuned unless it does
//! let route = service.load_tuned("sentiment@^1", &cache)?;
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! Candidates take short turns, one after the other, again and again, so that a noisy minute falls
//! on all of them; after each stage the worse half is left out, and what remains is measured longer.
//!
//! The trap: all candidates are loaded at the same time. They share what weights can be shared, but
//! a model that barely fits into memory once is not one to tune.

mod cache;
mod choose;
pub(super) mod file;
mod measure;
mod plan;
mod race;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::cache::TuneCache;
pub use self::choose::rank;
use self::measure::Candidate;
use self::race::Race;
use super::load::Others;
use super::{Call, LoadSettings, LoadedModel, Route, Service};
use crate::model::{Digest, Package, Reference};
use crate::registry::read_package;
use crate::runtime::Stop;
use crate::tensor::Tensor;
use crate::{Error, ErrorKind, Phase, Result};

/// What "best" means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Objective {
    /// The most requests a second, however long each takes.
    #[default]
    Throughput,
    /// The shortest time of one request, at the median.
    Latency,
    /// The most requests a second while 99 of 100 take no longer than this.
    P99Under(Duration),
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throughput => f.write_str("throughput"),
            Self::Latency => f.write_str("latency"),
            Self::P99Under(most) => write!(f, "p99<{}", most.as_nanos() as f64 / 1e6),
        }
    }
}

impl std::str::FromStr for Objective {
    type Err = Error;

    /// `throughput`, `latency` or `p99<20`, in milliseconds.
    fn from_str(text: &str) -> Result<Self> {
        let under = |text: &str| {
            let milliseconds: f64 = text.strip_prefix("p99<")?.parse().ok()?;
            let most = Duration::try_from_secs_f64(milliseconds / 1e3).ok()?;
            (!most.is_zero()).then_some(Self::P99Under(most))
        };
        match text {
            "throughput" => Ok(Self::Throughput),
            "latency" => Ok(Self::Latency),
            _ => under(text).ok_or_else(|| {
                let message = format!("`{text}` is not an objective");
                Error::new(ErrorKind::InvalidArgument, message)
                    .advise("use `throughput`, `latency` or, in milliseconds, `p99<20`")
            }),
        }
    }
}

/// Requests like those that the model will get. Each element is one request.
#[derive(Debug, Clone)]
pub enum Sample {
    /// Texts, for a model with a task.
    Texts(Vec<String>),
    /// Named tensors.
    Tensors(Vec<Vec<(String, Tensor)>>),
}

impl Sample {
    fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Tensors(requests) => requests.len(),
        }
    }

    /// Sends the request at `place`, counted round and round.
    fn send(&self, model: &LoadedModel, place: usize, call: &Call) -> Result<()> {
        let place = place % self.len().max(1);
        match self {
            Self::Texts(texts) => model.answer(&texts[place], call),
            Self::Tensors(requests) => {
                let inputs = requests[place].iter();
                let inputs: Vec<_> = inputs.map(|(name, tensor)| (&**name, tensor)).collect();
                model
                    .run(&inputs, &[], call, &mut model.receipt())
                    .map(drop)
            }
        }
    }
}

/// What is looked for, and for how long.
#[derive(Debug, Clone)]
pub struct TuneOptions {
    /// What "best" means.
    pub objective: Objective,
    /// How long it may take, loading included.
    pub budget: Duration,
    /// How many requests are sent at once, each number in turn; a few that fit the objective when
    /// empty.
    pub clients: Vec<usize>,
    /// Raised to give up.
    pub stop: Option<Stop>,
}

impl Default for TuneOptions {
    fn default() -> Self {
        Self {
            objective: Objective::default(),
            budget: Duration::from_secs(60),
            clients: Vec::new(),
            stop: None,
        }
    }
}

/// One arrangement, and what was measured of it: medians over its turns.
#[derive(Debug, Clone, PartialEq)]
pub struct TuneRow {
    /// Instances; `None` for those of two widths that nothing said gives.
    pub instances: Option<usize>,
    /// Threads of each instance; `None` as above.
    pub threads: Option<usize>,
    /// The most rows that run together.
    pub rows: usize,
    /// Requests sent at once.
    pub clients: usize,
    /// Requests answered.
    pub requests: usize,
    /// Requests answered in a second.
    pub requests_per_second: f64,
    /// Half of the requests took no longer.
    pub p50: Duration,
    /// 99 of 100 requests took no longer.
    pub p99: Duration,
}

/// How far tuning has come.
#[derive(Debug, Clone)]
pub struct TuneProgress {
    /// The part of the budget that has passed, from 0 to 1.
    pub share: f64,
    /// Arrangements that are still in the race.
    pub candidates: usize,
    /// The best so far.
    pub best: Option<TuneRow>,
}

/// What tuning found.
#[derive(Debug, Clone)]
pub struct Tuned {
    /// The package it is true of.
    pub digest: Digest,
    /// What "best" meant.
    pub objective: Objective,
    /// Every arrangement that was measured, the best first.
    pub table: Vec<TuneRow>,
    /// Arrangements that there was no time for.
    pub untried: usize,
    base: LoadSettings,
}

impl Tuned {
    /// The best, if it is as good as the objective asks.
    pub fn best(&self) -> Option<&TuneRow> {
        self.table
            .first()
            .filter(|trial| self.objective.accepts(trial))
    }

    /// The settings of the best.
    ///
    /// # Errors
    /// `NotFound` when no arrangement is as good as the objective asks, naming the nearest.
    pub fn settings(&self) -> Result<LoadSettings> {
        if let Some(best) = self.best() {
            return Ok(plan::settings(&self.base, best));
        }
        let nearest = self
            .table
            .first()
            .map(|trial| trial.p99.as_secs_f64() * 1e3);
        let message = format!("no arrangement reaches `{}`", self.objective);
        Err(Error::new(ErrorKind::NotFound, message)
            .with("nearest p99 in ms", nearest.unwrap_or(f64::NAN))
            .advise("allow more time for a request, send fewer at once, or take a smaller model"))
    }
}

impl Service {
    /// Tries arrangements of what `reference` selects on requests of `sample`, and says which is
    /// best. Nothing else should run on the machine meanwhile. Tells `progress` after each turn.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty sample or one that the model does not take, `Cancelled` when
    /// `stop` was raised, `DeadlineExceeded` when not one request was answered within the budget;
    /// and as [`Service::load`].
    pub fn tune(
        &self,
        reference: &str,
        sample: &Sample,
        options: &TuneOptions,
        progress: &mut dyn FnMut(&TuneProgress),
    ) -> Result<Tuned> {
        if sample.len() == 0 {
            return Err(empty());
        }
        let package = self.package_of(&reference.parse()?)?;
        let clock = &*self.0.clock;
        let begun = options.limit().begin(None, clock)?;
        let stop = begun.stop().cloned().unwrap_or_default();
        let started = clock.now();
        let (candidates, untried) = self.candidates(&package, options, started)?;
        let race = Race {
            clock,
            sample,
            objective: options.objective,
            stop: &stop,
            started,
            budget: options.budget,
        };
        let table = race.run(candidates, progress)?;
        if stop.is_raised() && (table.is_empty() || was_cancelled(&stop)) {
            return Err(stop.error(Phase::Run));
        }
        Ok(Tuned {
            digest: package.digest,
            objective: options.objective,
            table,
            untried,
            base: self.0.settings.clone(),
        })
    }

    /// Loads what `reference` selects with the settings that `cache` holds for it and this machine;
    /// with the service's own where it holds none.
    ///
    /// # Errors
    /// As [`Service::load`] and [`TuneCache::find`].
    pub fn load_tuned(&self, reference: &str, cache: &TuneCache) -> Result<Route> {
        let parsed: Reference = reference.parse()?;
        let digest = match self.resolve(&parsed)? {
            Some(resolved) => resolved.digest,
            None => self.package_of(&parsed)?.digest,
        };
        let found = cache.find(&digest, &self.0.settings)?;
        self.load_with(reference, found.unwrap_or_else(|| self.0.settings.clone()))
    }

    fn package_of(&self, reference: &Reference) -> Result<Package> {
        match (self.resolve(reference)?, reference) {
            (Some(resolved), _) => self.registry()?.package(&resolved.digest),
            (None, Reference::Path(path)) => read_package(path),
            (None, Reference::Named { .. }) => Err(super::builder::no_registry()),
        }
    }

    /// The candidates, loaded, and how many there was no time for: half of the budget is for
    /// measuring.
    fn candidates(
        &self,
        package: &Package,
        options: &TuneOptions,
        started: std::time::Instant,
    ) -> Result<(Vec<Candidate>, usize)> {
        let base = &self.0.settings;
        let joins = package.manifest.batching.enabled;
        let processors = super::threads::budget();
        let arrangements = plan::arrangements(base, joins, processors, options);
        let mut models: Vec<(LoadSettings, Arc<LoadedModel>)> = Vec::new();
        let mut candidates = Vec::new();
        let mut untried = 0;
        for arrangement in arrangements {
            let settings = plan::settings(base, &arrangement);
            let known = models.iter().find(|(known, _)| *known == settings);
            let model = match known {
                Some((_, model)) => Arc::clone(model),
                None if !models.is_empty() && self.0.clock.since(started) > options.budget / 2 => {
                    untried += 1;
                    continue;
                }
                None => {
                    let unbounded = plan::unbounded(&settings, arrangement.clients);
                    let model = Arc::new(self.try_out_with(package, &unbounded, Others::AtOnce)?);
                    models.push((settings, Arc::clone(&model)));
                    model
                }
            };
            candidates.push(Candidate::new(arrangement, model));
        }
        Ok((candidates, untried))
    }
}

impl TuneOptions {
    /// When it ends at the latest.
    fn limit(&self) -> Call {
        Call {
            deadline: Some(self.budget),
            stop: self.stop.clone(),
            ..Call::default()
        }
    }
}

fn empty() -> Error {
    Error::new(ErrorKind::InvalidArgument, "the sample is empty")
        .advise("give requests like those that the model will get")
}

fn was_cancelled(stop: &Stop) -> bool {
    stop.error(Phase::Run).kind() == ErrorKind::Cancelled
}
