//! A cache of buffers that the graph writes into, with room for more tokens than there are.
//!
//! Each buffer is `[rows, heads, room, width]`. A row's tokens lie at the front of its room, so that
//! rows of any length run together; the mask says how long each is.
//!
//! The trap: room grows by doubling, and all is copied then. That is seldom, and never more than once
//! for each token in the long run.

use std::sync::Arc;

use super::super::logits::Logits;
use super::super::ports::{CachePort, Ports, Reading, Slack};
use super::{Ahead, Cache};
use crate::runtime::{Bound, Instance, Stop};
use crate::tensor::{AlignedBytes, Tensor};
use crate::{Error, ErrorKind, Result};

/// Room for so many tokens at first.
const FIRST: usize = 256;

#[derive(Debug)]
pub(super) struct Shared {
    ports: Arc<Ports>,
    buffers: Vec<AlignedBytes>,
    /// Rows and tokens that the buffers have room for.
    room: (usize, usize),
    /// No text becomes longer.
    longest: usize,
    /// How many tokens each row has.
    lengths: Vec<usize>,
    /// How many each newcomer has; they lie behind the last row.
    newcomers: Vec<usize>,
}

impl Shared {
    pub(super) fn new(ports: Arc<Ports>, longest: usize) -> Self {
        Self {
            ports,
            buffers: Vec::new(),
            room: (0, 0),
            longest,
            lengths: Vec::new(),
            newcomers: Vec::new(),
        }
    }

    /// Makes room for so many rows of so many tokens.
    fn reserve(&mut self, rows: usize, tokens: usize) -> Result<()> {
        if rows <= self.room.0 && tokens <= self.room.1 {
            return Ok(());
        }
        let tokens = tokens.max(self.room.1).max(FIRST.min(self.longest));
        let tokens = tokens.next_power_of_two().min(self.longest.max(tokens));
        let room = (rows.max(self.room.0).next_power_of_two(), tokens);
        let sizes = self.ports.cache.iter().map(|port| bytes(port, room));
        let sizes = sizes.collect::<Option<Vec<_>>>().ok_or_else(too_large)?;
        let used = [&self.lengths[..], &self.newcomers].concat();
        let mut buffers: Vec<_> = sizes.into_iter().map(AlignedBytes::zeroed).collect();
        let pairs = self.buffers.iter_mut().zip(&mut buffers);
        for ((old, new), port) in pairs.zip(&self.ports.cache) {
            let (old, new) = (old.as_mut_slice(), new.as_mut_slice());
            for (row, length) in used.iter().enumerate() {
                for head in 0..port.heads {
                    let count = length * port.token_bytes();
                    let from = start(port, self.room.1, row, head);
                    let to = start(port, room.1, row, head);
                    new[to..to + count].copy_from_slice(&old[from..from + count]);
                }
            }
        }
        (self.buffers, self.room) = (buffers, room);
        Ok(())
    }

    /// Copies the first `length` tokens of row `from` over those of row `to`.
    fn copy(&mut self, from: usize, to: usize, length: usize) {
        let tokens = self.room.1;
        for (buffer, port) in self.buffers.iter_mut().zip(&self.ports.cache) {
            let buffer = buffer.as_mut_slice();
            for head in 0..port.heads {
                let source = start(port, tokens, from, head);
                let source = source..source + length * port.token_bytes();
                buffer.copy_within(source, start(port, tokens, to, head));
            }
        }
    }

    /// Runs as many rows from `first` on as `before` has lengths; the scores of their last tokens.
    fn run(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        (first, before): (usize, &[usize]),
        stop: Option<&Stop>,
    ) -> Result<Logits> {
        let reading = Reading {
            tokens,
            before,
            longest: before.iter().copied().max().unwrap_or(0),
            scored: 1,
        };
        Logits::of(self.scores(instance, reading, first, stop)?, before.len())
    }

    /// Runs rows from `first` on, and gives the graph's scores as they are.
    fn scores(
        &mut self,
        instance: &mut dyn Instance,
        reading: Reading<'_>,
        first: usize,
        stop: Option<&Stop>,
    ) -> Result<Tensor> {
        let rows = reading.before.len();
        let inputs = self.ports.inputs(reading, Slack::Back)?;
        let inputs: Vec<_> = inputs
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect();
        let ports = Arc::clone(&self.ports);
        let room = self.room.1;
        let shapes = ports
            .cache
            .iter()
            .map(|port| [rows, port.heads, room, port.width]);
        let shapes: Vec<_> = shapes.collect();
        let bound = ports.cache.iter().zip(&shapes).zip(&mut self.buffers);
        let bound = bound.map(|((port, shape), buffer)| {
            let from = start(port, room, first, 0);
            let to = start(port, room, first + rows, 0);
            let memory = &mut buffer.as_mut_slice()[from..to];
            Bound::new((&port.past, &port.present), port.dtype, shape, memory)
        });
        let mut bound = bound.collect::<Result<Vec<_>>>()?;
        let mut all = instance.run_bound(&inputs, &mut bound, &[&ports.logits], stop)?;
        all.pop().ok_or_else(super::growing::no_scores)
    }
}

impl Cache for Shared {
    fn rows(&self) -> usize {
        self.lengths.len()
    }

    fn newcomers(&self) -> usize {
        usize::MAX
    }

    fn prefill(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        newcomers: usize,
        stop: Option<&Stop>,
    ) -> Result<Logits> {
        let (row, each) = (self.lengths.len(), tokens.len() / newcomers.max(1));
        let mut lengths = self.newcomers.clone();
        lengths.resize(newcomers, 0);
        let longest = lengths.iter().copied().max().unwrap_or(0);
        self.reserve(row + newcomers, longest + each)?;
        let logits = self.run(instance, tokens, (row, &lengths), stop)?;
        lengths.iter_mut().for_each(|length| *length += each);
        self.newcomers = lengths;
        Ok(logits)
    }

    fn admit(&mut self, places: &[usize]) -> Result<()> {
        let (first, lengths) = (self.lengths.len(), std::mem::take(&mut self.newcomers));
        for (place, newcomer) in places.iter().enumerate() {
            if place != *newcomer {
                self.copy(first + newcomer, first + place, lengths[*newcomer]);
            }
            self.lengths.push(lengths[*newcomer]);
        }
        Ok(())
    }

    fn dismiss(&mut self) {
        self.newcomers.clear();
    }

    fn step(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        stop: Option<&Stop>,
    ) -> Result<Logits> {
        let longest = self.lengths.iter().copied().max().unwrap_or(0);
        let rows = self.lengths.len() + self.newcomers.len();
        self.reserve(rows, longest + 1)?;
        let before = self.lengths.clone();
        let logits = self.run(instance, tokens, (0, &before), stop)?;
        self.lengths.iter_mut().for_each(|length| *length += 1);
        Ok(logits)
    }

    fn step_row(&mut self, instance: &mut dyn Instance, row: usize, token: u32) -> Result<Logits> {
        let before = self.lengths[row];
        let rows = self.lengths.len() + self.newcomers.len();
        self.reserve(rows, before + 1)?;
        let logits = self.run(instance, &[token], (row, &[before]), None)?;
        self.lengths[row] += 1;
        Ok(logits)
    }

    fn ahead(&mut self) -> Option<&mut dyn Ahead> {
        self.ports.scores_each.then_some(self as _)
    }

    fn remove(&mut self, row: usize) -> Result<()> {
        let last = self.lengths.len() - 1;
        if row < last {
            self.copy(last, row, self.lengths[last]);
        }
        self.lengths.swap_remove(row);
        for (place, length) in (last..).zip(self.newcomers.clone()) {
            self.copy(place + 1, place, length);
        }
        if self.lengths.is_empty() && self.newcomers.is_empty() {
            (self.buffers, self.room) = (Vec::new(), (0, 0));
        }
        Ok(())
    }

    fn reorder(&mut self, parents: &[usize]) -> Result<()> {
        let old = self.lengths.len();
        if parents.iter().copied().eq(0..old) {
            return Ok(());
        }
        let longest = self.lengths.iter().copied().max().unwrap_or(0);
        // Copied behind the old rows first, since a parent may have several children.
        self.reserve(old + parents.len(), longest)?;
        let lengths: Vec<_> = parents.iter().map(|parent| self.lengths[*parent]).collect();
        for (place, parent) in parents.iter().enumerate() {
            self.copy(*parent, old + place, lengths[place]);
        }
        for (place, length) in lengths.iter().enumerate() {
            self.copy(old + place, place, *length);
        }
        self.lengths = lengths;
        Ok(())
    }
}

impl Ahead for Shared {
    fn read(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        stop: Option<&Stop>,
    ) -> Result<Logits> {
        let before = self.lengths.clone();
        let longest = before.iter().copied().max().unwrap_or(0);
        self.reserve(before.len() + self.newcomers.len(), longest + tokens.len())?;
        let reading = Reading {
            tokens,
            before: &before,
            longest,
            scored: tokens.len(),
        };
        let logits = Logits::of_each(self.scores(instance, reading, 0, stop)?, tokens.len())?;
        self.lengths
            .iter_mut()
            .for_each(|length| *length += tokens.len());
        Ok(logits)
    }

    fn take_back(&mut self, tokens: usize) -> Result<()> {
        self.lengths.iter_mut().for_each(|length| *length -= tokens);
        Ok(())
    }
}

/// Where the tokens of one head of a row begin.
fn start(port: &CachePort, room: usize, row: usize, head: usize) -> usize {
    (row * port.heads + head) * room * port.token_bytes()
}

fn bytes(port: &CachePort, (rows, tokens): (usize, usize)) -> Option<usize> {
    let head = tokens.checked_mul(port.token_bytes())?;
    let bytes = head.checked_mul(port.heads)?.checked_mul(rows)?;
    (bytes <= isize::MAX as usize / 2).then_some(bytes)
}

fn too_large() -> Error {
    Error::new(
        ErrorKind::InputTooLong,
        "the cache would not fit into any memory",
    )
    .advise("lower `task.max_length` or `task.sequences`")
}
