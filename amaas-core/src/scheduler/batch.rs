//! Running a batch: several requests joined into one run, each handed its own rows.
//!
//! One bad row fails its owner alone: when a joined run fails, every request of it is run by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::request::{Ran, Work};
use super::turn::Turn;
use crate::clock::Clock;
use crate::runtime::{Instance, Stop};
use crate::tensor::{Tensor, join_rows, split_rows};
use crate::{Error, ErrorKind, Result};

/// Runs `leader` and its `followers`, answers the followers and returns the leader's answer.
pub(super) fn run(
    instance: &mut dyn Instance,
    leader: &Work,
    followers: &[Arc<Turn>],
    stop: Option<&Stop>,
    clock: &dyn Clock,
) -> Result<Ran> {
    if followers.is_empty() {
        return alone(instance, leader, stop, clock);
    }
    let works: Vec<_> = std::iter::once(leader)
        .chain(followers.iter().map(|turn| &turn.work))
        .collect();
    let started = clock.now();
    let Ok(outputs) = joined(instance, &works) else {
        let own = alone(instance, leader, stop, clock);
        followers
            .iter()
            .for_each(|turn| turn.answer(alone(instance, &turn.work, None, clock)));
        return own;
    };
    let computed = clock.since(started);
    let mut answers = shares(&works, outputs, started, computed);
    let own = answers.next();
    followers
        .iter()
        .zip(answers)
        .for_each(|(turn, answer)| turn.answer(Ok(answer)));
    own.ok_or_else(|| Error::new(ErrorKind::Internal, "a batch has no leader"))
}

/// What a run of these computes, padding included.
pub(super) fn tokens(leader: &Work, followers: &[Arc<Turn>]) -> usize {
    let sizes = || {
        let others = followers.iter().map(|turn| turn.work.size());
        std::iter::once(leader.size()).chain(others)
    };
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
    let started = clock.now();
    let outputs = instance.run(&work.inputs(), &work.outputs(), stop)?;
    let queued = started.saturating_duration_since(work.arrived);
    Ok(Ran {
        outputs,
        queued,
        computed: clock.since(started),
        together: 1,
    })
}

/// The outputs of each request of one run over all.
fn joined(instance: &mut dyn Instance, works: &[&Work]) -> Result<Vec<Vec<Tensor>>> {
    let leader = works
        .first()
        .ok_or_else(|| Error::new(ErrorKind::Internal, "an empty batch"))?;
    let join = leader.join.clone().unwrap_or_default();
    let names = || leader.inputs.iter().map(|(name, _)| name.as_str());
    let column = |(place, name): (usize, &str)| {
        let tensors: Vec<_> = works.iter().map(|work| &work.inputs[place].1).collect();
        join_rows(&tensors, join.fill(name))
    };
    let columns = names()
        .enumerate()
        .map(column)
        .collect::<Result<Vec<_>>>()?;
    let inputs: Vec<_> = names().zip(&columns).collect();
    let outputs = instance.run(&inputs, &leader.outputs(), None)?;
    let counts: Vec<_> = works.iter().map(|work| work.rows()).collect();
    let mut parts = vec![Vec::with_capacity(outputs.len()); works.len()];
    for output in &outputs {
        let rows = split_rows(output, &counts)?;
        parts
            .iter_mut()
            .zip(rows)
            .for_each(|(part, rows)| part.push(rows));
    }
    Ok(parts)
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
