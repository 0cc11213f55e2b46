//! Many candidates, one budget: everybody takes turns, and after each stage the worse half leaves.

use std::time::{Duration, Instant};

use super::measure::Candidate;
use super::{Objective, Sample, TuneProgress, TuneRow, rank};
use crate::Result;
use crate::clock::Clock;
use crate::runtime::Stop;

/// Turns of each candidate in a stage; their medians count.
const TURNS: u32 = 3;

/// What all candidates have in common.
pub(super) struct Race<'a> {
    pub(super) clock: &'a dyn Clock,
    pub(super) sample: &'a Sample,
    pub(super) objective: Objective,
    /// Raised when the budget is spent, or the caller gave up.
    pub(super) stop: &'a Stop,
    pub(super) started: Instant,
    pub(super) budget: Duration,
}

impl Race<'_> {
    /// Runs all stages; every trial, the best first.
    ///
    /// # Errors
    /// What a request ends with.
    pub(super) fn run(
        &self,
        mut running: Vec<Candidate>,
        progress: &mut dyn FnMut(&TuneProgress),
    ) -> Result<Vec<TuneRow>> {
        let mut out = Vec::new();
        for left in (1..=stages(running.len())).rev() {
            self.stage(&mut running, left, progress)?;
            if self.stop.is_raised() {
                break;
            }
            let beaten = self.sort(&mut running).min(running.len());
            if left > 1 {
                out.extend(running.drain(beaten..).filter_map(|one| one.trial()));
            }
        }
        out.extend(running.iter().filter_map(Candidate::trial));
        let order = rank(&self.objective, &out);
        Ok(order.into_iter().map(|place| out[place].clone()).collect())
    }

    fn stage(
        &self,
        running: &mut [Candidate],
        left: u32,
        progress: &mut dyn FnMut(&TuneProgress),
    ) -> Result<()> {
        let time = self.budget.saturating_sub(self.clock.since(self.started));
        let turns = TURNS.saturating_mul(u32::try_from(running.len()).unwrap_or(u32::MAX));
        // A turn takes a little longer than its slice: its last requests end after it.
        let slice = time.mul_f64(0.9) / left / turns.max(1);
        for _ in 0..TURNS {
            for place in 0..running.len() {
                running[place].take_turn(self.clock, self.sample, slice, self.stop)?;
                if self.stop.is_raised() {
                    return Ok(());
                }
                progress(&self.progress(running));
            }
        }
        Ok(())
    }

    /// Puts the best in front; says how many of them go on.
    fn sort(&self, running: &mut Vec<Candidate>) -> usize {
        let (mut measured, trials): (Vec<_>, Vec<_>) = running
            .drain(..)
            .filter_map(|one| one.trial().map(|trial| (Some(one), trial)))
            .unzip();
        let order = rank(&self.objective, &trials);
        running.extend(order.into_iter().filter_map(|place| measured[place].take()));
        running.len().div_ceil(2)
    }

    fn progress(&self, running: &[Candidate]) -> TuneProgress {
        let trials: Vec<_> = running.iter().filter_map(Candidate::trial).collect();
        let best = rank(&self.objective, &trials).first().copied();
        let passed = self.clock.since(self.started).as_secs_f64();
        TuneProgress {
            share: (passed / self.budget.as_secs_f64().max(f64::MIN_POSITIVE)).min(1.0),
            candidates: running.len(),
            best: best.map(|place| trials[place].clone()),
        }
    }
}

/// How often a field can be halved until one or two are left, and once more.
fn stages(candidates: usize) -> u32 {
    candidates.max(2).next_power_of_two().ilog2()
}
