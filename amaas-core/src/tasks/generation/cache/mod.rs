//! What a decoder remembers of the texts it is writing: keys and values, row by row.
//!
//! Rows come and go between steps; while they stay, a step copies nothing of them.
//!
//! ```text
//! prefill ─► prefill ─► admit ─► step ─► step ─► remove
//! (the newcomers' prompts)       (all rows, one token each)
//! ```
//!
//! Newcomers that run together have prompts of the same length, read at once and whole: attention of
//! ONNX Runtime reads several tokens of several rows only where none has a past. A prompt that is read
//! in pieces is a lone newcomer's.
//!
//! The trap: a row that leaves gives its place to the last one. Whoever keeps a list beside this one
//! does the same, as `Vec::swap_remove` does.

mod crossed;
mod growing;
mod shared;

use std::sync::Arc;

use super::logits::Logits;
use super::ports::Ports;
use super::stages::Stages;
use crate::Result;
use crate::model::CacheKind;
use crate::runtime::{Instance, Stop};

/// The cache of some rows, and of newcomers whose prompts are being read.
pub(super) trait Cache: Send {
    /// How many rows there are, newcomers not among them.
    fn rows(&self) -> usize;

    /// How many newcomers it takes at once.
    fn newcomers(&self) -> usize {
        1
    }

    /// Reads what the newcomer answers, with an instance of the main graph; only where another graph
    /// reads it than the one that writes.
    fn read_source(
        &mut self,
        _instance: &mut dyn Instance,
        _tokens: &[u32],
        _stop: Option<&Stop>,
    ) -> Result<()> {
        Ok(())
    }

    /// Reads the prompts of so many newcomers, as many tokens of each; of a lone one the next piece.
    /// The scores of their last tokens.
    fn prefill(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        newcomers: usize,
        stop: Option<&Stop>,
    ) -> Result<Logits>;

    /// The newcomers of these places, in order, become the last rows; the others are forgotten.
    fn admit(&mut self, places: &[usize]) -> Result<()>;

    /// Forgets the newcomers.
    fn dismiss(&mut self);

    /// Reads one token of each row.
    fn step(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        stop: Option<&Stop>,
    ) -> Result<Logits>;

    /// Reads one token of one row alone.
    fn step_row(&mut self, instance: &mut dyn Instance, row: usize, token: u32) -> Result<Logits>;

    /// Reading ahead with the only row, where the graph gives scores of each token.
    fn ahead(&mut self) -> Option<&mut dyn Ahead> {
        None
    }

    /// Forgets a row; the last one takes its place.
    fn remove(&mut self, row: usize) -> Result<()>;

    /// Replaces the rows: the new row `i` is a copy of the old row `parents[i]`.
    fn reorder(&mut self, parents: &[usize]) -> Result<()>;
}

/// Reading tokens that may turn out to be wrong, which ONNX Runtime's attention does for one row alone.
pub(super) trait Ahead {
    /// Reads these tokens of the only row; the scores after each of them. One that fails leaves all as
    /// it was.
    fn read(
        &mut self,
        instance: &mut dyn Instance,
        tokens: &[u32],
        stop: Option<&Stop>,
    ) -> Result<Logits>;

    /// Forgets so many of the tokens that were read last.
    fn take_back(&mut self, tokens: usize) -> Result<()>;
}

/// Which graphs write, and what they remember.
#[derive(Debug, Clone)]
pub(super) enum Layout {
    /// A decoder alone, for texts of up to `longest` tokens.
    Decoder {
        ports: Arc<Ports>,
        kind: CacheKind,
        longest: usize,
    },
    /// An encoder and its decoder.
    Pair(Arc<Stages>),
}

impl Layout {
    /// An empty cache.
    pub(super) fn empty(&self) -> Box<dyn Cache> {
        match self {
            Self::Decoder {
                ports,
                kind: CacheKind::Growing,
                ..
            } => Box::new(growing::Growing::new(Arc::clone(ports))),
            Self::Decoder {
                ports,
                kind: CacheKind::Shared,
                longest,
            } => Box::new(shared::Shared::new(Arc::clone(ports), *longest)),
            Self::Pair(stages) => Box::new(crossed::Crossed::new(Arc::clone(stages))),
        }
    }

    /// The parts that read a prompt and write a token; nothing for the main graph.
    pub(super) fn parts(&self) -> [Option<&'static str>; 2] {
        match self {
            Self::Decoder { .. } => [None, None],
            Self::Pair(stages) => [Some(stages.first.part), Some(stages.step().part)],
        }
    }
}
