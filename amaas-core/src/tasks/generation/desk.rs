//! What lies before the thread that writes: the texts it writes, and one whose prompt it reads.
//!
//! The trap: a step that fails, or panics, does not say whose fault it was. Each row is run alone then,
//! and only those that fail alone end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::beams::Beams;
use super::cache::Cache;
use super::logits::Logits;
use super::sequence::{Sequence, panicked};
use crate::runtime::Instance;
use crate::scheduler::Lent;
use crate::service::Seat;
use crate::{Phase, Result};

/// So many tokens of a newcomer's prompt are read between two steps of the others.
const PIECE: usize = 128;
/// So many where there are no others.
const PIECE_ALONE: usize = 2048;

/// Texts under way and their cache.
pub(super) struct Desk {
    cache: Box<dyn Cache>,
    /// In the order of the cache's rows.
    rows: Vec<Sequence>,
    newcomer: Option<Newcomer>,
    /// Texts that are searched for, each over rows of its own.
    searches: Vec<Beams>,
    most: usize,
}

/// A text whose prompt is being read.
struct Newcomer {
    sequence: Sequence,
    read: usize,
}

/// A tenant, and how many tokens were computed for it.
type Served = (Option<Arc<str>>, usize);

impl Desk {
    /// An empty one, with room for so many texts.
    pub(super) fn new(cache: Box<dyn Cache>, most: usize) -> Self {
        Self {
            cache,
            rows: Vec::new(),
            newcomer: None,
            searches: Vec::new(),
            most,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.newcomer.is_none() && self.searches.is_empty()
    }

    /// Whether another text can be taken in now.
    pub(super) fn has_room(&self) -> bool {
        let searched: usize = self.searches.iter().map(Beams::width).sum();
        self.newcomer.is_none() && self.rows.len() + searched < self.most
    }

    /// Takes a text in; `cache` gives one of its own to a search.
    pub(super) fn take_in(
        &mut self,
        mut sequence: Sequence,
        cache: impl FnOnce() -> Box<dyn Cache>,
    ) {
        sequence.usage.queued += sequence.age();
        match sequence.search.take() {
            Some(search) => self.searches.push(Beams::new(search, sequence, cache())),
            None => self.newcomer = Some(Newcomer { sequence, read: 0 }),
        }
    }

    /// Reads a piece of the newcomer's prompt, and steps all others; who was served how much.
    pub(super) fn turn(&mut self) -> Vec<Served> {
        let mut served = Vec::new();
        self.read(&mut served);
        self.step(&mut served);
        self.searches.retain_mut(|search| {
            let tokens = search.turn();
            served.push((search.tenant(), tokens.unwrap_or(0)));
            tokens.is_some()
        });
        served
    }

    fn read(&mut self, served: &mut Vec<Served>) {
        let Some(mut newcomer) = self.newcomer.take() else {
            return;
        };
        let read = self.read_piece(&mut newcomer, served);
        let sequence = &mut newcomer.sequence;
        let lent = match read {
            Ok(lent) => lent,
            Err(error) => {
                self.cache.dismiss();
                return sequence.handover.end(Err(error));
            }
        };
        sequence.ran(lent.computed, 1);
        match newcomer.read < newcomer.sequence.prompt {
            true => self.newcomer = Some(newcomer),
            false => self.admit(newcomer.sequence, &lent.made),
        }
    }

    /// Reads what the newcomer answers, where that is not done yet, and the next piece of its prompt.
    fn read_piece(
        &mut self,
        newcomer: &mut Newcomer,
        served: &mut Vec<Served>,
    ) -> Result<Lent<Logits>> {
        let sequence = &mut newcomer.sequence;
        let tokens = read_source(sequence, &mut *self.cache)?;
        let alone = self.rows.is_empty() && self.searches.is_empty();
        let most = if alone { PIECE_ALONE } else { PIECE };
        let end = sequence.prompt.min(newcomer.read + most);
        let piece = sequence.history[newcomer.read..end].to_vec();
        served.push((sequence.tenant().cloned(), tokens + piece.len()));
        newcomer.read = end;
        sequence.check(Phase::Run)?;
        let (cache, stop) = (&mut self.cache, sequence.stop());
        lend(&sequence.seat, sequence.parts[0], |instance| {
            cache.prefill(instance, &piece, stop)
        })
    }

    /// Writes the first token of a text whose prompt was read, and lets it step with the others.
    fn admit(&mut self, mut sequence: Sequence, logits: &Logits) {
        let goes_on = settle(&mut sequence, logits, 0);
        match goes_on.then(|| self.cache.admit()) {
            None => self.cache.dismiss(),
            Some(Ok(())) => self.rows.push(sequence),
            Some(Err(error)) => sequence.handover.end(Err(error)),
        }
    }

    fn step(&mut self, served: &mut Vec<Served>) {
        let Some(first) = self.rows.first() else {
            return;
        };
        served.extend(self.rows.iter().map(|row| (row.tenant().cloned(), 1)));
        let tokens: Vec<_> = self.rows.iter().map(Sequence::last).collect();
        let (seat, part) = (first.seat.clone(), first.parts[1]);
        let stop = (self.rows.len() == 1)
            .then(|| first.stop().cloned())
            .flatten();
        let cache = &mut self.cache;
        let lent = lend(&seat, part, |instance| {
            cache.step(instance, &tokens, stop.as_ref())
        });
        match lent {
            Ok(lent) => self.write(&lent),
            Err(error) if self.rows.len() == 1 => {
                let sequence = self.rows.swap_remove(0);
                sequence.handover.end(Err(error));
                self.forget(0);
            }
            Err(_) => self.step_apart((&seat, part), &tokens),
        }
    }

    /// Writes a token of each row.
    fn write(&mut self, lent: &Lent<Logits>) {
        let together = self.rows.len();
        // From the last to the first: whoever leaves is replaced by one that was seen already.
        for row in (0..together).rev() {
            let sequence = &mut self.rows[row];
            sequence.usage.queued += lent.queued;
            sequence.ran(lent.computed, together);
            if !settle(sequence, &lent.made, row) {
                self.rows.swap_remove(row);
                self.forget(row);
            }
        }
    }

    /// Steps each row alone; those that fail end.
    fn step_apart(&mut self, (seat, part): (&Seat, Option<&str>), tokens: &[u32]) {
        for row in (0..self.rows.len()).rev() {
            let cache = &mut self.cache;
            let lent = lend(seat, part, |instance| {
                cache.step_row(instance, row, tokens[row])
            });
            let sequence = &mut self.rows[row];
            let goes_on = match lent {
                Ok(lent) => {
                    sequence.ran(lent.computed, 1);
                    settle(sequence, &lent.made, 0)
                }
                Err(error) => {
                    sequence.handover.end(Err(error));
                    false
                }
            };
            if !goes_on {
                self.rows.swap_remove(row);
                self.forget(row);
            }
        }
    }

    /// Takes a row out of the cache; where that fails, nothing there can be trusted.
    fn forget(&mut self, row: usize) {
        if let Err(error) = self.cache.remove(row) {
            for sequence in self.rows.drain(..) {
                sequence.handover.end(Err(error.again()));
            }
        }
    }
}

/// Writes a token of a text; false when it has ended, however it did.
pub(super) fn settle(sequence: &mut Sequence, logits: &Logits, row: usize) -> bool {
    let written = catch_unwind(AssertUnwindSafe(|| sequence.write(logits, row)));
    let written = written.unwrap_or_else(|panic| {
        std::mem::forget(panic); // dropping it could panic again
        Err(panicked())
    });
    match written.transpose() {
        None => true,
        Some(end) => {
            sequence.handover.end(end);
            false
        }
    }
}

/// Reads what a text answers, where that is not done yet; how many tokens that were.
///
/// # Errors
/// As [`Sequence::check`], and whatever the run ends with.
pub(super) fn read_source(sequence: &mut Sequence, cache: &mut dyn Cache) -> Result<usize> {
    let Some(source) = sequence.source.take() else {
        return Ok(0);
    };
    sequence.check(Phase::Run)?;
    let stop = sequence.stop();
    let lent = lend(&sequence.seat, None, |instance| {
        cache.read_source(instance, &source, stop)
    })?;
    sequence.ran(lent.computed, 1);
    Ok(source.len())
}

/// Lends an instance to `work`, whose panic is an error.
pub(super) fn lend<T>(
    seat: &Seat,
    part: Option<&str>,
    work: impl FnOnce(&mut dyn Instance) -> Result<T>,
) -> Result<Lent<T>> {
    catch_unwind(AssertUnwindSafe(|| seat.lend(part, work))).unwrap_or_else(|panic| {
        std::mem::forget(panic); // dropping it could panic again
        Err(panicked())
    })
}
