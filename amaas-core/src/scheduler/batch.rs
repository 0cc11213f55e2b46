//! Running a batch: several requests joined into one run, each handed its own rows.
//!
//! One bad row fails its owner alone: when a joined run fails or panics, every request of it is run by
//! itself, and one that panics then fails with that. Where each of them runs well apart, it may be the
//! model that cannot be joined; the pool learns that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::core::lost;
use super::request::{Along, Join, Ran, Work};
use super::turn::{Company, Turn};
use crate::clock::Clock;
use crate::observe::spans;
use crate::runtime::{Instance, Stop};
use crate::tensor::{Tensor, join_along, join_rows, split_along};
use crate::{Error, ErrorKind, Phase, Result};

/// What came of running requests together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    /// They ran together.
    Well,
    /// The joined run failed, and apart all of them ran well.
    InVain,
    /// Nothing is to be learned: there was one, or a bad one among them.
    Unknown,
}

/// Answers that are there and not handed over yet, which happens when this goes.
///
/// To be woken takes a thread some time, and to wake many takes time too. So the instance is handed on
/// before those who have their answers are told.
#[derive(Debug, Default)]
#[must_use = "those who are answered are told when this goes"]
pub(super) struct Answers(Vec<(Arc<Turn>, Result<Ran>)>);

impl Drop for Answers {
    fn drop(&mut self) {
        for (turn, answer) in self.0.drain(..) {
            turn.answer(answer);
        }
    }
}

/// Runs those of `members` that still want an answer. Each of them has its answer then, or stands in what
/// this gives.
pub(super) fn run(
    instance: &mut dyn Instance,
    members: &[Arc<Turn>],
    company: Option<&Arc<Company>>,
    clock: &dyn Clock,
) -> (Joined, Answers) {
    let members: Vec<_> = members.iter().filter(|turn| turn.follows()).collect();
    members.iter().for_each(|turn| turn.begin());
    let batch = spans::batch(members.iter().map(|turn| &turn.work.span), members.len());
    let _entered = batch.enter();
    let stop = company.map(|company| &company.stop);
    if let [only] = members[..] {
        let stop = stop.or(only.work.stop.as_ref());
        let answer = alone(instance, &only.work, stop, clock);
        return (Joined::Unknown, Answers(vec![(Arc::clone(only), answer)]));
    }
    let works: Vec<_> = members.iter().map(|turn| &turn.work).collect();
    let started = clock.now();
    if let Ok(outputs) = caught(|| joined(instance, &works, stop)) {
        let answers = shares(&works, outputs, started, clock.since(started));
        let pairs = members.iter().copied().cloned().zip(answers.map(Ok));
        return (Joined::Well, Answers(pairs.collect()));
    }
    (apart(instance, &members, clock), Answers::default())
}

/// Runs each by itself.
fn apart(instance: &mut dyn Instance, members: &[&Arc<Turn>], clock: &dyn Clock) -> Joined {
    let mut all_ran = true;
    for turn in members {
        let work = &turn.work;
        all_ran &= turn.follows() && {
            let answer = caught(|| alone(instance, work, work.stop.as_ref(), clock));
            let ran = answer.is_ok();
            turn.answer(answer);
            ran
        };
    }
    if all_ran && !members.is_empty() {
        Joined::InVain
    } else {
        Joined::Unknown
    }
}

/// What `run` ends with, a panic being an error: it may be another's row that the thread would die of.
fn caught<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        std::mem::forget(panic); // dropping it could panic again
        Err(lost("the run panicked"))
    })
}

/// What a run of these computes, padding included.
pub(super) fn tokens(members: &[Arc<Turn>]) -> usize {
    let sizes = || members.iter().map(|turn| turn.work.size());
    let rows: usize = sizes().map(|size| size.rows).sum();
    let longest = sizes().map(|size| size.length).max().unwrap_or(1);
    rows.saturating_mul(longest)
}

fn alone(
    instance: &mut dyn Instance,
    work: &Work,
    stop: Option<&Stop>,
    clock: &dyn Clock,
) -> Result<Ran> {
    if let Some(stop) = stop.filter(|stop| stop.is_raised()) {
        return Err(stop.error(Phase::Queue));
    }
    let started = clock.now();
    let run = || instance.run(&work.inputs(), &work.outputs(), stop);
    let outputs = spans::run().in_scope(run)?;
    let queued = started.saturating_duration_since(work.arrived);
    Ok(Ran {
        outputs,
        queued,
        computed: clock.since(started),
        together: 1,
    })
}

/// The outputs of each request of one run over all.
fn joined(
    instance: &mut dyn Instance,
    works: &[&Work],
    stop: Option<&Stop>,
) -> Result<Vec<Vec<Tensor>>> {
    let leader = works
        .first()
        .ok_or_else(|| Error::new(ErrorKind::Internal, "an empty batch"))?;
    let join = leader.join.clone().unwrap_or_default();
    let counts: Vec<_> = works.iter().map(|work| work.rows()).collect();
    let columns = columns(works, &join, &counts)?;
    let names = leader.inputs.iter().map(|(name, _)| name.as_str());
    let inputs: Vec<_> = names.zip(&columns).collect();
    let wanted = leader.outputs();
    let run = || instance.run(&inputs, &wanted, stop);
    let outputs = spans::run().in_scope(run)?;
    let mut parts = vec![Vec::with_capacity(outputs.len()); works.len()];
    for (place, output) in outputs.iter().enumerate() {
        let rows = split_along(output, join.output(place, &wanted), &counts)?;
        parts
            .iter_mut()
            .zip(rows)
            .for_each(|(part, rows)| part.push(rows));
    }
    Ok(parts)
}

/// Each input with the rows of all, so many of each.
fn columns(works: &[&Work], join: &Join, counts: &[usize]) -> Result<Vec<Tensor>> {
    let leader = works.first().into_iter().flat_map(|work| &work.inputs);
    let column = |(place, (name, own)): (usize, &(String, Tensor))| {
        let tensors: Vec<_> = works.iter().map(|work| &work.inputs[place].1).collect();
        let dimension = match join.along(name) {
            Along::Shared => return Ok(own.clone()),
            Along::Dimension(dimension) => dimension,
        };
        // One who gave more rows of one input than of another must not shift those beside it.
        let pairs = tensors.iter().zip(counts);
        let mut rows = pairs.map(|(tensor, count)| tensor.shape().get(dimension) == Some(count));
        match dimension {
            _ if !rows.all(|fit| fit) => Err(uneven()),
            0 => join_rows(&tensors, join.fill(name)),
            _ => join_along(&tensors, dimension),
        }
    };
    leader.enumerate().map(column).collect()
}

fn uneven() -> Error {
    let message = "the inputs have different counts of rows";
    Error::new(ErrorKind::InvalidArgument, message).advise("give each input as many rows")
}

fn shares(
    works: &[&Work],
    outputs: Vec<Vec<Tensor>>,
    started: Instant,
    computed: Duration,
) -> impl Iterator<Item = Ran> {
    let (together, total) = (
        works.len(),
        works.iter().map(|work| work.rows()).sum::<usize>(),
    );
    let share = move |rows: usize| computed.mul_f64(rows as f64 / total.max(1) as f64);
    works.iter().zip(outputs).map(move |(work, outputs)| Ran {
        outputs,
        queued: started.saturating_duration_since(work.arrived),
        computed: share(work.rows()),
        together,
    })
}
