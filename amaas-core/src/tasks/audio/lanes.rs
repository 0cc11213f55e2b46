//! Recordings side by side: one window of each in every run, with the state of each beside it.
//!
//! A window needs what the one before left, so a recording is run window after window; but windows of
//! different recordings know nothing of each other and run together, those of this call by making one
//! input of them and those of other calls through the scheduler.
//!
//! The trap: the state of a run is the state of the next as long as the same recordings go on. It is
//! taken apart only when one of them ends.

use super::inputs::Inputs;
use crate::scheduler::Request;
use crate::service::{Begun, LoadedModel};
use crate::tensor::{Tensor, join_along, split_along};
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// Fewer recordings than this are no work for a second thread.
const WORTH_SHARING: usize = 8;
/// More windows than this leave the processor's caches, and each costs more for it: of Silero VAD on one
/// thread 89 µs in a run of 32 and 101 µs in one of 50 or more.
const AT_ONCE: usize = 32;

/// One recording, or a piece of one.
#[derive(Debug)]
pub(super) struct Lane {
    /// Its windows, each with its context: rows of one width, one after the other.
    pub(super) rows: Vec<f32>,
    /// The state before the first of them, and after those that have run.
    pub(super) state: Vec<Tensor>,
    /// What the model said of those that have run.
    pub(super) probabilities: Vec<f32>,
}

impl Lane {
    pub(super) fn new(rows: Vec<f32>, state: Vec<Tensor>) -> Self {
        Self {
            rows,
            state,
            probabilities: Vec::new(),
        }
    }
}

/// How windows are run.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) output: &'a str,
    pub(super) width: usize,
    pub(super) model: &'a LoadedModel,
    pub(super) begun: &'a Begun,
}

/// Lanes that run together, and their state in one.
struct Group<'l> {
    lanes: Vec<&'l mut Lane>,
    state: Vec<Tensor>,
    /// How many windows have run.
    done: usize,
}

impl<'l> Group<'l> {
    fn new(lanes: Vec<&'l mut Lane>) -> Self {
        Self {
            lanes,
            state: Vec::new(),
            done: 0,
        }
    }
}

impl Runner<'_> {
    /// Runs every lane to its end.
    ///
    /// # Errors
    /// Whatever a run ends with.
    pub(super) fn run(&self, lanes: &mut [Lane], usage: &mut Usage) -> Result<()> {
        let groups = self.groups(lanes);
        let part = groups.len() > 1;
        let run = |group: Group<'_>| self.run_group(group, part);
        let mut ran = self.model.spread(groups, run).into_iter();
        ran.try_for_each(|used| {
            usage.add_run(&used?);
            Ok(())
        })
    }

    /// Runs lanes that are one of the groups of a call, together; `part` says that there are others.
    ///
    /// # Errors
    /// Whatever a run ends with.
    pub(super) fn run_together(&self, lanes: Vec<&mut Lane>, part: bool) -> Result<Usage> {
        self.run_group(Group::new(lanes), part)
    }

    /// As [`Runner::run`], without a thread that waits.
    pub(super) async fn run_later(&self, lanes: &mut [Lane], usage: &mut Usage) -> Result<()> {
        for mut group in self.groups(lanes) {
            while self.begin(&mut group)? {
                let mut used = self.model.receipt();
                let queued =
                    self.request(&group, false, |request| self.model.submit_request(request))?;
                let outputs = self.model.receive(queued.await, &mut used)?;
                usage.add_run(&used);
                self.end(&mut group, outputs)?;
            }
        }
        Ok(())
    }

    /// Lanes of like length together, as many as run at once.
    fn groups<'l>(&self, lanes: &'l mut [Lane]) -> Vec<Group<'l>> {
        let groups = self.deal(lanes.iter_mut().collect(), |lane| lane.rows.len());
        groups.into_iter().map(Group::new).collect()
    }

    /// Deals out what lanes are of, so that each group has long ones and short ones.
    pub(super) fn deal<T>(&self, mut items: Vec<T>, length: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
        let most = match self.inputs.takes_many {
            true => self.model.manifest().batching.max_rows.min(AT_ONCE),
            false => 1,
        };
        items.sort_by_key(|item| std::cmp::Reverse(length(item)));
        let share = items.len().div_ceil(self.model.capacity().max(1));
        let size = share.max(WORTH_SHARING).min(most).max(1);
        let count = items.len().div_ceil(size);
        let mut groups: Vec<Vec<_>> = (0..count).map(|_| Vec::with_capacity(size)).collect();
        for (place, item) in items.into_iter().enumerate() {
            groups[place % count].push(item);
        }
        groups
    }

    fn run_group(&self, mut group: Group<'_>, part: bool) -> Result<Usage> {
        let mut usage = self.model.receipt();
        while self.begin(&mut group)? {
            let mut used = self.model.receipt();
            let run = |request: &Request<'_>| self.model.run_request(request, &mut used);
            let outputs = self.request(&group, part, run)?;
            usage.add_run(&used);
            self.end(&mut group, outputs)?;
        }
        Ok(usage)
    }

    /// Lets lanes go that have ended, and joins the state of the others; whether there are any.
    fn begin(&self, group: &mut Group<'_>) -> Result<bool> {
        let length = (group.done + 1) * self.width;
        let ended = group.lanes.iter().any(|lane| lane.rows.len() < length);
        if ended {
            self.part(group)?;
            group.lanes.retain(|lane| lane.rows.len() >= length);
        }
        if group.lanes.is_empty() {
            return Ok(false);
        }
        if group.state.is_empty() {
            let places = self.model.state().places().iter().enumerate();
            let joined = places.map(|(place, kept)| {
                let states: Vec<_> = group.lanes.iter().map(|lane| &lane.state[place]).collect();
                match (&states[..], kept.axis) {
                    ([one], _) => Ok((*one).clone()),
                    (all, Some(axis)) => join_along(all, axis),
                    _ => Err(apart()),
                }
            });
            group.state = joined.collect::<Result<_>>()?;
        }
        Ok(true)
    }

    /// Gives each lane its own state.
    fn part(&self, group: &mut Group<'_>) -> Result<()> {
        let counts = vec![1; group.lanes.len()];
        let states = std::mem::take(&mut group.state);
        for (place, (kept, joined)) in self.model.state().places().iter().zip(&states).enumerate() {
            let parts = match (counts.len(), kept.axis) {
                (1, _) => vec![joined.clone()],
                (_, Some(axis)) => split_along(joined, axis, &counts)?,
                _ => return Err(apart()),
            };
            let lanes = group.lanes.iter_mut().zip(parts);
            lanes.for_each(|(lane, part)| lane.state[place] = part);
        }
        Ok(())
    }

    /// Gives `send` the request for the next window of each lane.
    fn request<T>(
        &self,
        group: &Group<'_>,
        part: bool,
        send: impl FnOnce(&Request<'_>) -> Result<T>,
    ) -> Result<T> {
        let window = group.done * self.width..(group.done + 1) * self.width;
        let mut rows = Vec::with_capacity(group.lanes.len() * self.width);
        for lane in &group.lanes {
            rows.extend_from_slice(&lane.rows[window.clone()]);
        }
        let inputs = self.inputs.tensors(rows, self.width)?;
        let places = self.model.state().places();
        let state = places
            .iter()
            .map(|place| place.input.as_str())
            .zip(&group.state);
        let named = inputs.iter().map(|(name, tensor)| (name.as_str(), tensor));
        let named: Vec<_> = named.chain(state).collect();
        let states = places.iter().map(|place| place.output.as_str());
        let outputs: Vec<_> = std::iter::once(self.output).chain(states).collect();
        send(&Request {
            stop: self.begun.stop(),
            priority: self.begun.priority(),
            tenant: self.begun.tenant(),
            join: self.model.join(),
            part,
            ..Request::new(&named, &outputs)
        })
    }

    /// Takes in what a run gave.
    fn end(&self, group: &mut Group<'_>, mut outputs: Vec<Tensor>) -> Result<()> {
        let state = outputs.split_off(1.min(outputs.len()));
        let said = outputs
            .first()
            .map(Tensor::to_f64)
            .transpose()?
            .unwrap_or_default();
        if said.len() != group.lanes.len() {
            let message = format!("output `{}` gave `{}` numbers", self.output, said.len());
            return Err(Error::new(ErrorKind::InvalidPackage, message)
                .with("rows", group.lanes.len())
                .advise("export a graph that gives one probability a window"));
        }
        crate::tasks::scores::check_numbers(self.output, &said)?;
        let lanes = group.lanes.iter_mut().zip(said);
        lanes.for_each(|(lane, probability)| lane.probabilities.push(probability as f32));
        group.state = state;
        group.done += 1;
        Ok(())
    }
}

/// State without rows was joined, which `groups` prevents.
fn apart() -> Error {
    let message = "state that counts no rows was to be run for several recordings";
    Error::new(ErrorKind::Internal, message).advise("please report this")
}
