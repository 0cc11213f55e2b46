//! Warming up: a version runs over the shapes it will see before it serves.
//!
//! The first run of each shape costs more than the next: kernels are chosen, memory is found, some
//! providers compile. That is paid while a version loads, on every instance, over buckets of rows
//! and lengths, the smallest first, until a small budget of time is spent. Where another version
//! serves meanwhile nobody waits for it; the first load of all is waited for, and spends less.
//!
//! ```
//! use amaas_core::LoadSettings;
//! use amaas_core::service::WarmUp;
//! use std::time::Duration;
//!
//! let thorough = WarmUp::of(Duration::from_secs(10));
//! let settings = LoadSettings { warm_up: thorough, ..LoadSettings::default() };
//! assert!(settings.warm_up.budget < settings.warm_up.deadline);
//! assert_eq!(WarmUp::off().budget, Duration::ZERO);
//! ```
//!
//! The trap: a graph without a task is run on inputs that are made up from its signature. What it
//! says to them proves nothing, so an error there is a notice; a task's own rows must run.

mod inputs;
mod rehearse;

use std::fmt;
use std::time::Duration;

pub(super) use self::inputs::rehearsals;
pub(super) use self::rehearse::Warmer;
use crate::Error;
use crate::tensor::Tensor;

/// How a version is made ready before it serves.
#[derive(Debug, Clone, PartialEq)]
pub struct WarmUp {
    /// How long warming up and the golden examples may take together. A run that is at it then is
    /// ended: a version whose golden examples were not all checked is not loaded, any other is, and
    /// says that it is not warm.
    pub deadline: Duration,
    /// No further run is begun that would end after this time; zero for none at all. It holds for a
    /// version that takes over from another one, and for instances that are added.
    pub budget: Duration,
    /// The same where somebody waits for the version, since none serves yet; when absent a twentieth
    /// of what loading took, and no more than `budget`.
    pub first: Option<Duration>,
    /// Numbers of rows to run over, as far as the task and the bounds of the queue allow them.
    pub rows: Vec<usize>,
    /// Lengths of rows, as shares of the longest that the task takes.
    pub lengths: Vec<f64>,
}

impl Default for WarmUp {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            budget: Duration::from_millis(200),
            first: None,
            rows: vec![1, 16],
            lengths: vec![0.125, 0.5, 1.0],
        }
    }
}

impl WarmUp {
    /// With this budget, whether or not somebody waits.
    pub fn of(budget: Duration) -> Self {
        Self {
            budget,
            first: Some(budget),
            ..Self::default()
        }
    }

    /// No warming up; golden examples are still checked, within the deadline.
    pub fn off() -> Self {
        Self::of(Duration::ZERO)
    }

    /// The budget where somebody waits for a version that took so long to load.
    pub(super) fn awaited(&self, load: Duration) -> Duration {
        self.first.unwrap_or((load / 20).min(self.budget))
    }
}

/// What warming up came to.
#[derive(Debug, Default)]
pub struct Warmed {
    /// Runs that ended well, over all instances.
    pub runs: usize,
    /// Runs that every bucket on every instance would have taken.
    pub wanted: usize,
    /// How long it took.
    pub took: Duration,
    /// Why it is not all of them; once for each reason.
    pub cold: Vec<Cold>,
}

impl Warmed {
    /// Whether every instance has run every bucket.
    pub fn is_complete(&self) -> bool {
        self.cold.is_empty()
    }

    /// None, for this reason.
    pub(super) fn of(cold: Cold) -> Self {
        Self {
            cold: vec![cold],
            ..Self::default()
        }
    }

    /// Takes in what warming up another graph of the version came to.
    pub(super) fn append(&mut self, other: Self) {
        self.wanted += other.wanted;
        self.took += other.took;
        self.add(other.runs, None);
        other
            .cold
            .into_iter()
            .for_each(|cold| self.add(0, Some(cold)));
    }

    fn add(&mut self, runs: usize, cold: Option<Cold>) {
        self.runs += runs;
        let new = cold.filter(|cold| !self.cold.iter().any(|known| known.same(cold)));
        self.cold.extend(new);
    }
}

impl fmt::Display for Warmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} runs", self.runs, self.wanted)?;
        self.cold
            .iter()
            .try_for_each(|reason| write!(f, "; {reason}"))
    }
}

/// Why some bucket was not run before the version served.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cold {
    /// The settings ask for no warming up.
    Off,
    /// The next run would not have ended within the budget.
    Budget,
    /// A run did not end before the deadline and was stopped.
    Deadline,
    /// Nothing can be made up for this input.
    NoInput(String),
    /// The graph refused what was made up for it, which a user's inputs may not share.
    Refused(Error),
}

impl Cold {
    fn same(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl fmt::Display for Cold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("warming up is off"),
            Self::Budget => f.write_str("the budget was spent"),
            Self::Deadline => f.write_str("a run did not end and was stopped"),
            Self::NoInput(name) => write!(f, "nothing can be made up for input `{name}`"),
            Self::Refused(error) => write!(f, "made-up inputs were refused: {error}"),
        }
    }
}

/// One run before the first request: named inputs, and the outputs that will be asked for.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// Named inputs; they fit the model's signature.
    pub inputs: Vec<(String, Tensor)>,
    /// The outputs wanted; none means all.
    pub outputs: Vec<String>,
}

impl Rehearsal {
    /// What it costs, roughly: the elements of its largest input.
    fn size(&self) -> usize {
        let elements = self.inputs.iter();
        let elements = elements.map(|(_, tensor)| tensor.shape().elements());
        elements.max().unwrap_or(1).max(1)
    }

    fn has_shapes_of(&self, other: &Self) -> bool {
        let shapes = |one: &Self| -> Vec<Box<[usize]>> {
            let inputs = one.inputs.iter();
            inputs
                .map(|(_, tensor)| (**tensor.shape()).into())
                .collect()
        };
        shapes(self) == shapes(other)
    }
}
