//! The warm-up runs themselves: the wide instance alone, then the narrow ones, as many side by side as
//! may keep processors busy.
//!
//! The trap: how long the next run takes is only known from the last one. A size that grew a
//! hundredfold is taken to cost a hundred times as much, so a slow model is left at its small
//! buckets rather than kept for long.

use std::time::{Duration, Instant};

use super::{Cold, Rehearsal, Warmed};
use crate::clock::Clock;
use crate::runtime::{Instance, Stop};
use crate::scheduler::Instances;
use crate::{Error, ErrorKind, Phase, Result};

/// Runs rehearsals on instances, until time is up.
#[derive(Debug)]
pub(in crate::service) struct Warmer<'a> {
    pub(in crate::service) clock: &'a dyn Clock,
    /// Raised at the deadline.
    pub(in crate::service) stop: Option<&'a Stop>,
    /// Whether the inputs come from a task, so that the model must take them.
    pub(in crate::service) must_run: bool,
    /// How many narrow instances run at once; at least 1.
    pub(in crate::service) side_by_side: usize,
}

impl Warmer<'_> {
    /// Runs every rehearsal on every instance, as far as the budget goes.
    ///
    /// # Errors
    /// `LoadFailed` when a model does not run on rows of its own task, `Cancelled`.
    pub(in crate::service) fn warm(
        &self,
        instances: &mut Instances,
        rehearsals: &[Rehearsal],
        budget: Duration,
    ) -> Result<Warmed> {
        let started = self.clock.now();
        let narrow = &mut instances.narrow;
        let count = narrow.len() + usize::from(instances.wide.is_some());
        let mut warmed = Warmed {
            wanted: count * rehearsals.len(),
            ..Warmed::default()
        };
        if let Some(wide) = &mut instances.wide {
            // Half for the one, half for the others.
            let until = started.checked_add(budget / 2);
            let (runs, cold) = self.warm_one(&mut **wide, rehearsals, until)?;
            warmed.add(runs, cold);
        }
        let until = started.checked_add(budget);
        for wave in narrow.chunks_mut(self.side_by_side) {
            for outcome in self.warm_together(wave, rehearsals, until) {
                let (runs, cold) = outcome?;
                warmed.add(runs, cold);
            }
        }
        warmed.took = self.clock.since(started);
        Ok(warmed)
    }

    fn warm_together(
        &self,
        wave: &mut [Box<dyn Instance>],
        rehearsals: &[Rehearsal],
        until: Option<Instant>,
    ) -> Vec<Result<(usize, Option<Cold>)>> {
        let Some((first, others)) = wave.split_first_mut() else {
            return Vec::new();
        };
        std::thread::scope(|scope| {
            let spawned = others.iter_mut().map(|instance| {
                let builder = std::thread::Builder::new().name("amaas-warm-up".to_owned());
                let warm = move || self.warm_one(&mut **instance, rehearsals, until);
                builder.spawn_scoped(scope, warm)
            });
            let threads: Vec<_> = spawned.collect();
            let mut outcomes = vec![self.warm_one(&mut **first, rehearsals, until)];
            // An instance that no thread can be had for stays cold.
            let joined = threads.into_iter().map(|thread| match thread {
                Ok(thread) => thread.join().unwrap_or_else(|_| Err(panicked())),
                Err(_) => Ok((0, Some(Cold::Budget))),
            });
            outcomes.extend(joined);
            outcomes
        })
    }

    /// How many runs ended well, and why not all.
    fn warm_one(
        &self,
        instance: &mut dyn Instance,
        rehearsals: &[Rehearsal],
        until: Option<Instant>,
    ) -> Result<(usize, Option<Cold>)> {
        let mut last: Option<(Duration, usize)> = None;
        for (runs, rehearsal) in rehearsals.iter().enumerate() {
            let size = rehearsal.size();
            let ratio = |known: usize| size as f64 / known as f64;
            let expected = last.map(|(took, known)| took.as_secs_f64() * ratio(known));
            if !self.fits(expected.unwrap_or_default(), until) {
                return Ok((runs, Some(Cold::Budget)));
            }
            let began = self.clock.now();
            if let Err(error) = self.run(instance, rehearsal) {
                return Ok((runs, Some(self.judge(error)?)));
            }
            last = Some((self.clock.since(began), size));
        }
        Ok((rehearsals.len(), None))
    }

    /// Whether a run of so many seconds would end in time.
    fn fits(&self, seconds: f64, until: Option<Instant>) -> bool {
        let left = until.map(|until| until.saturating_duration_since(self.clock.now()));
        left.is_none_or(|left| !left.is_zero() && seconds <= left.as_secs_f64())
    }

    fn run(&self, instance: &mut dyn Instance, rehearsal: &Rehearsal) -> Result<()> {
        let inputs = rehearsal.inputs.iter();
        let inputs: Vec<_> = inputs
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect();
        let outputs: Vec<_> = rehearsal.outputs.iter().map(String::as_str).collect();
        instance.run(&inputs, &outputs, self.stop).map(drop)
    }

    fn judge(&self, error: Error) -> Result<Cold> {
        match self.stop {
            Some(stop) if stop.is_cancelled() => return Err(stop.error(Phase::Run)),
            Some(stop) if stop.is_raised() => return Ok(Cold::Deadline),
            _ => {}
        }
        if !self.must_run {
            return Ok(Cold::Refused(error));
        }
        let message = "the model does not run on rows of its own task";
        Err(Error::new(ErrorKind::LoadFailed, message)
            .because(error)
            .advise("check `[tokenizer]` against the graph: its inputs, and `max_tokens`"))
    }
}

fn panicked() -> Error {
    Error::new(ErrorKind::Internal, "a run to warm up panicked")
}
