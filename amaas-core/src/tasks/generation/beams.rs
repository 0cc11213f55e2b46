//! A text that is searched for: several beams, over a cache of their own.
//!
//! The trap: nothing can be handed over before the search ends, since until then another beam may win.

use std::sync::Arc;

use super::beam::{BeamSearch, Hypothesis};
use super::cache::Cache;
use super::desk::{lend, read_source};
use super::logits::Logits;
use super::options::Finish;
use super::sequence::Sequence;
use crate::{Phase, Result};

/// A search under way.
pub(super) struct Beams {
    search: Option<BeamSearch>,
    sequence: Sequence,
    cache: Box<dyn Cache>,
    width: usize,
    /// The tokens that the rows have not read yet; none before the prompt was.
    tokens: Vec<u32>,
}

/// A search that has not begun, and how many beams it has.
#[derive(Debug)]
pub(super) struct Search(pub(super) BeamSearch, pub(super) usize);

impl Beams {
    pub(super) fn new(search: Search, sequence: Sequence, cache: Box<dyn Cache>) -> Self {
        Self {
            search: Some(search.0),
            sequence,
            cache,
            width: search.1,
            tokens: Vec::new(),
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn tenant(&self) -> Option<Arc<str>> {
        self.sequence.tenant().cloned()
    }

    /// Steps all beams; how many tokens that computed beside the prompt's, nothing when the search has
    /// ended.
    pub(super) fn turn(&mut self) -> Option<usize> {
        let tokens = self.tokens.len();
        match self.step() {
            Ok(true) => Some(tokens),
            Ok(false) => {
                let end = self.finish();
                self.sequence.handover.end(end);
                None
            }
            Err(error) => {
                self.sequence.handover.end(Err(error));
                None
            }
        }
    }

    /// Whether it goes on.
    fn step(&mut self) -> Result<bool> {
        self.sequence.check(Phase::Run)?;
        read_source(&mut self.sequence, &mut *self.cache)?;
        let part = self.sequence.parts[usize::from(!self.tokens.is_empty())];
        let (cache, tokens) = (&mut self.cache, &self.tokens);
        let (prompt, stop) = (&self.sequence.history, self.sequence.stop());
        let lent = lend(&self.sequence.seat, part, |instance| {
            if !tokens.is_empty() {
                return cache.step(instance, tokens, stop);
            }
            let logits = cache.prefill(instance, prompt, 1, stop)?;
            cache.admit(&[0])?;
            Ok(logits)
        })?;
        let rows = self.cache.rows();
        self.sequence.ran(lent.computed, 1);
        self.sequence.usage.together = self.sequence.usage.together.max(rows as u64);
        self.sequence.usage.bytes_out += lent.made.row_bytes() * rows as u64;
        let mut scores = scores(&lent.made, rows)?;
        let Some(search) = &mut self.search else {
            return Ok(false);
        };
        let step = search.step(&mut scores, &self.sequence.history)?;
        if search.is_done() {
            return Ok(false);
        }
        self.sequence.usage.tokens_out += 1;
        self.cache.reorder(&step.parents)?;
        self.tokens = step.tokens;
        Ok(true)
    }

    /// Hands the best text over.
    fn finish(&mut self) -> Result<Finish> {
        let found = self
            .search
            .take()
            .map(BeamSearch::finish)
            .unwrap_or_default();
        let Some(Hypothesis { tokens, ended, .. }) = found.into_iter().next() else {
            return Ok(Finish::Length);
        };
        self.sequence.usage.tokens_out = tokens.len() as u64 + u64::from(ended);
        self.sequence.pen.left = tokens.len() + 1;
        for token in tokens {
            let stroke = self.sequence.pen.take(token)?;
            self.sequence
                .handover
                .give(stroke.piece, &self.sequence.usage);
            if let Some(finish) = stroke.finish {
                return Ok(finish);
            }
        }
        let rest = self.sequence.pen.rest()?;
        self.sequence.handover.give(rest, &self.sequence.usage);
        Ok(if ended { Finish::Stop } else { Finish::Length })
    }
}

fn scores(logits: &Logits, rows: usize) -> Result<Vec<f32>> {
    let rows = (0..rows).map(|row| logits.row(row));
    Ok(rows.collect::<Result<Vec<_>>>()?.concat())
}
