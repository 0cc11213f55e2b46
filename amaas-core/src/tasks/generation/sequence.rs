//! One text on its way: its tokens, its pen, who waits for it, and what it used.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::beams::Search;
use super::handover::Handover;
use super::logits::Logits;
use super::lookup::Lookup;
use super::options::Finish;
use super::pen::Pen;
use crate::runtime::Stop;
use crate::scheduler::Priority;
use crate::service::{Admitted, Begun, Seat};
use crate::usage::Usage;
use crate::{Error, ErrorKind, Phase, Result};

/// A text that is being written, or waits to be.
#[derive(Debug)]
pub(super) struct Sequence {
    /// Prompt and answer so far.
    pub(super) history: Vec<u32>,
    /// What the text answers, where a graph of its own reads it; nothing once that was done.
    pub(super) source: Option<Vec<u32>>,
    /// The parts that read its prompt and write its tokens; nothing for the main graph.
    pub(super) parts: [Option<&'static str>; 2],
    /// How many tokens the prompt has.
    pub(super) prompt: usize,
    pub(super) pen: Pen,
    pub(super) lookup: Lookup,
    pub(super) seat: Seat,
    pub(super) begun: Begun,
    pub(super) admitted: Option<Arc<Admitted>>,
    pub(super) handover: Arc<Handover>,
    pub(super) usage: Usage,
    pub(super) arrived: Instant,
    /// How it is searched for, where one token after the other will not do.
    pub(super) search: Option<Search>,
}

impl Sequence {
    /// Raised when nobody wants it any more, or its time is up.
    pub(super) fn stop(&self) -> Option<&Stop> {
        self.begun.stop()
    }

    pub(super) fn tenant(&self) -> Option<&Arc<str>> {
        self.begun.tenant()
    }

    pub(super) fn priority(&self) -> Priority {
        self.begun.priority()
    }

    /// How many tokens are read before the first is written.
    pub(super) fn unread(&self) -> usize {
        self.prompt + self.source.as_ref().map_or(0, Vec::len)
    }

    /// How long ago it came.
    pub(super) fn age(&self) -> Duration {
        self.seat.now().saturating_duration_since(self.arrived)
    }

    /// The last token, which the model has not read yet.
    pub(super) fn last(&self) -> u32 {
        self.history.last().copied().unwrap_or(0)
    }

    /// What may come after its last token; often nothing.
    pub(super) fn guess(&mut self) -> Vec<u32> {
        let left = self.pen.left;
        let forced = || self.pen.forced();
        self.lookup.guess(&self.history, left, forced)
    }

    /// Whether it is to go on.
    ///
    /// # Errors
    /// `Cancelled`, `DeadlineExceeded`, `QuotaExceeded` and `BudgetExhausted`.
    pub(super) fn check(&self, phase: Phase) -> Result<()> {
        if let Some(stop) = self.stop().filter(|stop| stop.is_raised()) {
            return Err(stop.error(phase));
        }
        match (phase, &self.admitted) {
            (Phase::Run, Some(admitted)) => admitted.go_on(&self.usage),
            _ => Ok(()),
        }
    }

    /// Enters a run that it shared with so many.
    pub(super) fn ran(&mut self, computed: Duration, together: usize) {
        self.usage.computed += computed / u32::try_from(together).unwrap_or(u32::MAX).max(1);
        self.usage.together = self.usage.together.max(together as u64);
    }

    /// Writes one token of the scores of its row; whether it was the last.
    ///
    /// # Errors
    /// As [`Sequence::check`] and [`Pen::write`].
    pub(super) fn write(&mut self, logits: &Logits, row: usize) -> Result<Option<Finish>> {
        self.usage.bytes_out += logits.row_bytes();
        let mut scores = logits.row(row)?;
        let stroke = self.pen.write(&mut scores, &self.history)?;
        self.history.push(stroke.token);
        self.usage.tokens_out += 1;
        self.handover.give(stroke.piece, &self.usage);
        match stroke.finish {
            Some(finish) => Ok(Some(finish)),
            None => self.check(Phase::Run).map(|()| None),
        }
    }
}

impl Drop for Sequence {
    /// Answers for one that goes without an end of its own, as by a panic.
    fn drop(&mut self) {
        self.handover.end(Err(panicked()));
    }
}

pub(super) fn panicked() -> Error {
    Error::new(ErrorKind::Internal, "the writing of a text panicked").advise("please report this")
}
