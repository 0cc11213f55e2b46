//! One random history of a registry, and the crashes that end it.

use std::sync::Arc;

use amaas_core::clock::ManualClock;
use amaas_core::registry::Registry;
use amaas_core::registry::files::{Fault, Files, SimulatedFiles};
use amaas_core::{ErrorKind, Result};
use fastrand::Rng;

use crate::check;
use crate::operations::{AGE, Operation};
use crate::state::{State, observe};

pub(crate) const ROOT: &str = "/srv/models";
/// States of the disk that are looked at after each schedule.
const CUTS: u64 = 4;

/// What puts something between a registry and its files.
pub(crate) type Wrap = fn(SimulatedFiles) -> Arc<dyn Files>;

/// What is known of a registry to whoever uses it.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// What it says it holds.
    pub(crate) seen: State,
    /// What it may hold after a power cut: what was acknowledged last, or what came to be since
    /// without being acknowledged.
    pub(crate) possible: Vec<State>,
    pub(crate) operations: Vec<Operation>,
}

/// Runs a schedule; how many states were looked at, or what was wrong.
pub(crate) fn run(seed: u64, wrap: Wrap) -> Result<usize, String> {
    let mut random = Rng::with_seed(seed);
    let mut history = History::default();
    let mut files = SimulatedFiles::new();
    for _ in 0..random.usize(0..6) {
        history.step(&files, &mut random, wrap)?;
        files = if files.is_dead() {
            files.restart()
        } else {
            files
        };
        files.calm();
        history.look(wrap(files.clone()))?;
    }
    history.step(&files, &mut random, wrap)?;
    for _ in 0..CUTS {
        let left = files.lose_power(random.u64(..));
        check::after_power_loss(&history, &left, wrap, &mut random)
            .map_err(|violation| format!("{violation}\nafter {:#?}", history.operations))?;
    }
    Ok(usize::try_from(CUTS).unwrap())
}

/// Before one of the next calls of the process; there may be fewer.
fn draw_fault(files: &SimulatedFiles, random: &mut Rng) {
    let fault = match random.u8(0..6) {
        0..3 => Fault::Kill,
        3 => Fault::Fail(std::io::ErrorKind::StorageFull),
        4 => Fault::Fail(std::io::ErrorKind::Other),
        _ => return,
    };
    let within = [10, 40, 100][random.usize(0..3)];
    files.after(random.u64(0..within), fault);
}

pub(crate) fn open(files: Arc<dyn Files>) -> Result<Registry> {
    let clock = ManualClock::new();
    clock.advance(AGE);
    Registry::open_on(files, ROOT, Arc::new(clock))
}

impl Default for History {
    fn default() -> Self {
        Self {
            seen: State::new(),
            possible: vec![State::new()],
            operations: Vec::new(),
        }
    }
}

impl History {
    /// Opens the registry and runs an operation, with a fault somewhere.
    fn step(&mut self, files: &SimulatedFiles, random: &mut Rng, wrap: Wrap) -> Result<(), String> {
        draw_fault(files, random);
        match open(wrap(files.clone())) {
            Ok(registry) => self.learn(self.draw(random), &registry),
            Err(error) if error.kind() == ErrorKind::Io => Ok(()),
            Err(error) => Err(format!("cannot open: {}", error.report())),
        }
    }

    /// Whoever gets an error may repeat the call.
    fn draw(&self, random: &mut Rng) -> Operation {
        let last = self.operations.last().filter(|_| random.u8(0..3) == 0);
        last.cloned().unwrap_or_else(|| Operation::draw(random))
    }

    /// Runs an operation and draws the conclusions from what it answered.
    pub(crate) fn learn(
        &mut self,
        operation: Operation,
        registry: &Registry,
    ) -> Result<(), String> {
        let ran = operation.run(registry);
        let named = format!("{operation:?}");
        let after = operation.apply(&self.seen);
        self.operations.push(operation);
        match (ran, after) {
            (Ok(()), Ok(after)) => {
                self.possible = vec![after.clone()];
                self.seen = after;
                Ok(())
            }
            (Ok(()), Err(kind)) => Err(format!("{named} was not refused with {kind:?}")),
            (Err(error), Err(kind)) if error.kind() == kind => Ok(()),
            (Err(error), after) if error.kind() == ErrorKind::Io => {
                self.possible.extend(after.ok());
                Ok(())
            }
            (Err(error), _) => Err(format!("{named}: {}", error.report())),
        }
    }

    /// After an error a change may be there or not; which of the two, the registry says.
    pub(crate) fn look(&mut self, files: Arc<dyn Files>) -> Result<Registry, String> {
        let registry = open(files).map_err(|error| format!("cannot open: {}", error.report()))?;
        let found = observe(&registry).map_err(|error| error.report())?;
        let mut possible = self.possible.iter().rev();
        match possible.find(|state| **state == found) {
            Some(state) => self.seen = state.clone(),
            None => return Err(format!("neither old nor new: {found:#?}")),
        }
        Ok(registry)
    }
}
