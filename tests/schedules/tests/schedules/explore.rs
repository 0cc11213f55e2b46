//! Going through orders of events.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

/// A thing that happens, from the first thread to the last assertion.
pub(crate) type Scenario = fn();

/// How many orders of each kind.
const FEW: usize = 2_000;
const MANY: usize = 50_000;
/// The most changes of thread of the second kind.
const CHANGES: usize = 3;

/// Goes through some orders, or through many new ones when it is to soak.
pub(crate) fn explore(name: &str, scenario: Scenario) {
    let soak = std::env::var_os("AMAAS_SOAK").is_some();
    let (seed, count) = match soak {
        true => (RandomState::new().hash_one(name), MANY),
        false => (0, FEW),
    };
    let gone = through(scenario, seed, count, FailurePersistence::Print);
    let mut console = std::io::stderr(); // past the harness, which would keep it to itself
    writeln!(console, "{name}: {gone} schedules").unwrap();
}

/// Whether the usual orders find a fault.
pub(crate) fn finds_a_fault(scenario: Scenario) -> bool {
    let all = || through(scenario, 0, FEW, FailurePersistence::None);
    catch_unwind(AssertUnwindSafe(all)).is_err()
}

fn through(scenario: Scenario, seed: u64, count: usize, on_failure: FailurePersistence) -> usize {
    let mut config = Config::new();
    config.failure_persistence = on_failure;
    config.max_steps = MaxSteps::FailAfter(50_000); // whoever needs more waits for ever
    config.silence_warnings = true;
    let walk = RandomScheduler::new_from_seed(seed, count);
    let leaps = PctScheduler::new_from_seed(seed, CHANGES, count);
    Runner::new(walk, config.clone()).run(scenario) + Runner::new(leaps, config).run(scenario)
}
