//! What lies before the thread that writes: the texts it writes, and those whose prompts it reads.
//!
//! Newcomers lie in a row, the shortest prompt first. Those in front that are of one length are read in
//! one run, which costs one pass over the weights. Nothing is padded, and a prompt that a piece does not
//! hold is read alone.
//!
//! A text that is written alone reads what it guesses along with its last token; see
//! [`lookup`](super::lookup).
//!
//! The trap: a run that fails, or panics, does not say whose fault it was. Each row is run alone then,
//! and only those that fail alone end.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::beams::Beams;
use super::cache::Cache;
use super::logits::Logits;
use super::sequence::{Sequence, panicked};
use crate::runtime::Instance;
use crate::scheduler::Lent;
use crate::service::Seat;
use crate::{Error, Phase, Result};

/// So many tokens of newcomers' prompts are read between two steps of the others.
const PIECE: usize = 128;
/// So many where there are no others.
const PIECE_ALONE: usize = 2048;

/// Texts under way and their cache.
pub(super) struct Desk {
    cache: Box<dyn Cache>,
    /// In the order of the cache's rows.
    rows: Vec<Sequence>,
    newcomers: VecDeque<Newcomer>,
    /// Whether they are being read; nobody joins them until all of them were.
    reading: bool,
    /// Texts that are searched for, each over rows of its own.
    searches: Vec<Beams>,
    /// Whether the graph reads what is guessed, for all that is known.
    guesses: bool,
    most: usize,
}

/// A text whose prompt is being read, or waits to be.
struct Newcomer {
    sequence: Sequence,
    read: usize,
}

impl Newcomer {
    fn is_read(&self) -> bool {
        self.read == self.sequence.prompt
    }
}

/// A tenant, and how many tokens were computed for it.
type Served = (Option<Arc<str>>, usize);

impl Desk {
    /// An empty one, with room for so many texts.
    pub(super) fn new(mut cache: Box<dyn Cache>, most: usize) -> Self {
        Self {
            guesses: cache.ahead().is_some(),
            cache,
            rows: Vec::new(),
            newcomers: VecDeque::new(),
            reading: false,
            searches: Vec::new(),
            most,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.newcomers.is_empty() && self.searches.is_empty()
    }

    /// Whether another text can be taken in now.
    pub(super) fn has_room(&self) -> bool {
        let searched: usize = self.searches.iter().map(Beams::width).sum();
        let texts = self.rows.len() + self.newcomers.len() + searched;
        !self.reading && self.newcomers.len() < self.cache.newcomers() && texts < self.most
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
            None => self.newcomers.push_back(Newcomer { sequence, read: 0 }),
        }
    }

    /// Reads a piece of the newcomers' prompts, and steps all others; who was served how much beside the
    /// prompts.
    pub(super) fn turn(&mut self) -> Vec<Served> {
        let mut served = Vec::new();
        self.read();
        self.step(&mut served);
        self.searches.retain_mut(|search| {
            let tokens = search.turn();
            served.push((search.tenant(), tokens.unwrap_or(0)));
            tokens.is_some()
        });
        served
    }

    fn read(&mut self) {
        if !self.reading {
            let newcomers = self.newcomers.make_contiguous();
            newcomers.sort_by_key(|newcomer| newcomer.sequence.prompt);
        }
        self.give_up();
        let alone = self.rows.is_empty() && self.searches.is_empty();
        let most = if alone { PIECE_ALONE } else { PIECE };
        let group: Vec<_> = self.newcomers.drain(..self.alike(most)).collect();
        if !group.is_empty() {
            self.read_group(group, most);
        }
        self.reading = !self.newcomers.is_empty();
    }

    /// Ends those newcomers that nobody wants any more.
    fn give_up(&mut self) {
        let cache = &mut self.cache;
        self.newcomers.retain(|newcomer| {
            let Err(error) = newcomer.sequence.check(Phase::Run) else {
                return true;
            };
            if newcomer.read > 0 {
                cache.dismiss();
            }
            newcomer.sequence.handover.end(Err(error));
            false
        });
    }

    /// How many newcomers are read together: those as long as the first whose prompts a piece holds.
    fn alike(&self, most: usize) -> usize {
        let Some(first) = self.newcomers.front() else {
            return 0;
        };
        let length = first.sequence.prompt;
        let fit = match first.read {
            0 => most / length.max(1),
            _ => 1, // the cache has it already, and no other
        };
        let alike = |newcomer: &&Newcomer| newcomer.sequence.prompt == length;
        self.newcomers
            .iter()
            .take(fit.max(1))
            .take_while(alike)
            .count()
    }

    /// Reads the next piece of these prompts.
    fn read_group(&mut self, mut group: Vec<Newcomer>, most: usize) {
        match self.read_piece(&mut group, most) {
            Ok(lent) if group.iter().all(Newcomer::is_read) => self.admit(group, &lent.made),
            Ok(_) => {
                let back = group.into_iter();
                back.for_each(|newcomer| self.newcomers.push_front(newcomer));
            }
            Err(error) => self.blame(group, error, most),
        }
    }

    /// Ends a newcomer whose run failed; of several, those that fail alone.
    fn blame(&mut self, group: Vec<Newcomer>, error: Error, most: usize) {
        self.cache.dismiss();
        if let [alone] = &group[..] {
            return alone.sequence.handover.end(Err(error));
        }
        for newcomer in group {
            self.read_group(vec![newcomer], most);
        }
    }

    /// Reads what a lone newcomer answers, where that is not done yet, and the next piece of all prompts.
    fn read_piece(&mut self, group: &mut [Newcomer], most: usize) -> Result<Lent<Logits>> {
        let together = group.len();
        if let [alone] = group {
            read_source(&mut alone.sequence, &mut *self.cache)?;
            alone.sequence.check(Phase::Run)?;
        }
        let (first, read) = (&group[0].sequence, group[0].read);
        let piece = read..first.prompt.min(read + most);
        let pieces = group.iter().map(|one| &one.sequence.history[piece.clone()]);
        let tokens = pieces.collect::<Vec<_>>().concat();
        let (cache, stop) = (&mut self.cache, first.stop().filter(|_| together == 1));
        let lent = lend(&first.seat, first.parts[0], |instance| {
            cache.prefill(instance, &tokens, together, stop)
        })?;
        for newcomer in group {
            newcomer.read = piece.end;
            newcomer.sequence.usage.queued += lent.queued;
            newcomer.sequence.ran(lent.computed, together);
        }
        Ok(lent)
    }

    /// Writes the first token of texts whose prompts were read, and lets them step with the others.
    fn admit(&mut self, group: Vec<Newcomer>, logits: &Logits) {
        let (mut places, mut staying) = (Vec::new(), Vec::new());
        for (place, Newcomer { mut sequence, .. }) in group.into_iter().enumerate() {
            if settle(&mut sequence, logits, place) {
                places.push(place);
                staying.push(sequence);
            }
        }
        match self.cache.admit(&places) {
            Ok(()) => self.rows.append(&mut staying),
            Err(error) => {
                for sequence in staying {
                    sequence.handover.end(Err(error.again()));
                }
            }
        }
    }

    fn step(&mut self, served: &mut Vec<Served>) {
        let guess = match &mut self.rows[..] {
            [alone] if self.guesses => alone.guess(),
            _ => Vec::new(),
        };
        if guess.is_empty() || !self.step_ahead(&guess, served) {
            self.step_together(served);
        }
    }

    /// Steps the only row, and reads what it guesses with its last token; false when nothing was done,
    /// since the graph cannot do that.
    fn step_ahead(&mut self, guess: &[u32], served: &mut Vec<Served>) -> bool {
        let (Some(ahead), [sequence]) = (self.cache.ahead(), &mut self.rows[..]) else {
            return false;
        };
        let tokens = [&[sequence.last()], guess].concat();
        let lent = lend(&sequence.seat, sequence.parts[1], |instance| {
            ahead.read(instance, &tokens, sequence.stop())
        });
        let Ok(lent) = lent else {
            // It is no fault of the graph when nobody wants the text any more.
            self.guesses = sequence.check(Phase::Run).is_err();
            return false;
        };
        sequence.usage.queued += lent.queued;
        sequence.ran(lent.computed, 1);
        let mut written = 0;
        let goes_on = loop {
            if !settle(sequence, &lent.made, written) {
                break false;
            }
            written += 1;
            if guess.get(written - 1) != Some(&sequence.last()) {
                break true;
            }
        };
        served.push((sequence.tenant().cloned(), written.max(1)));
        if !goes_on {
            self.rows.clear();
            self.forget(0);
            return true;
        }
        sequence.lookup.learn(guess.len(), written - 1);
        if let Err(error) = ahead.take_back(tokens.len() - written) {
            self.lose(&error);
        }
        true
    }

    /// Steps all rows by a token.
    fn step_together(&mut self, served: &mut Vec<Served>) {
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

    /// Takes a row out of the cache.
    fn forget(&mut self, row: usize) {
        if let Err(error) = self.cache.remove(row) {
            self.lose(&error);
        }
    }

    /// Ends all texts whose cache cannot be trusted any more.
    fn lose(&mut self, error: &Error) {
        for sequence in self.rows.drain(..) {
            sequence.handover.end(Err(error.again()));
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

/// Reads what a text answers, where that is not done yet.
///
/// # Errors
/// As [`Sequence::check`], and whatever the run ends with.
pub(super) fn read_source(sequence: &mut Sequence, cache: &mut dyn Cache) -> Result<()> {
    let Some(source) = sequence.source.take() else {
        return Ok(());
    };
    sequence.check(Phase::Run)?;
    let stop = sequence.stop();
    let lent = lend(&sequence.seat, None, |instance| {
        cache.read_source(instance, &source, stop)
    })?;
    sequence.ran(lent.computed, 1);
    Ok(())
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
