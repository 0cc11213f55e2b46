//! The bookkeeping of beam search, apart from how steps are run.
//!
//! ```text
//! run the beams ─► logits, one row a beam ─► step ─► for each new beam: which beam it goes on from,
//!       ▲                                                               and by which token
//!       └────────────── reorder the caches by the parents ◄──────────────────┘
//! ```
//!
//! A sequence scores the sum of the logarithms of its tokens' probabilities, divided by its length to
//! the power of the length penalty (Wu et al., 2016, arXiv:1609.08144, in the simpler form that the
//! field's `generate` uses): above 0 favours long sequences, below 0 short ones, and 0 leaves the
//! bare sum. Lengths count generated tokens, the one that ends it included.
//!
//! Penalties change the logarithms of the probabilities, which need not sum up to anything then.
//!
//! Each step looks at twice as many continuations as there are beams, so that as many stay alive even
//! if every beam could end. One that ends counts only where it is among the first `width`.
//!
//! The trap: the first step has one row, not `width` equal ones.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::penalties::Penalties;
use crate::model::{EarlyStopping, MOST_BEAMS};
use crate::{Error, ErrorKind, Result};

/// How beams are kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BeamOptions {
    /// How many beams, 1 to 64.
    pub(crate) width: usize,
    /// The power of the length by which scores are divided.
    pub(crate) length_penalty: f32,
    /// When the search ends.
    pub(crate) early_stopping: EarlyStopping,
}

impl Default for BeamOptions {
    fn default() -> Self {
        Self {
            width: 4,
            length_penalty: 1.0,
            early_stopping: EarlyStopping::default(),
        }
    }
}

/// A sequence that was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hypothesis {
    /// The generated tokens, without the one that ended it.
    pub(crate) tokens: Vec<u32>,
    /// The sum of logarithms, divided by length to the power of the length penalty.
    pub(crate) score: f64,
    /// Whether a token ended it, rather than the limit of tokens.
    pub(crate) ended: bool,
}

/// What the next run is made of: beam `i` goes on from the old beam `parents[i]` by `tokens[i]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Step {
    pub(crate) parents: Vec<usize>,
    pub(crate) tokens: Vec<u32>,
}

/// The beams of one request.
#[derive(Debug)]
pub(crate) struct BeamSearch {
    options: BeamOptions,
    ends: Vec<u32>,
    max_tokens: usize,
    penalties: Penalties,
    beams: Vec<Beam>,
    /// Up to `width` sequences that ended, best first.
    found: Vec<Hypothesis>,
    done: bool,
}

#[derive(Debug, Clone)]
struct Beam {
    tokens: Vec<u32>,
    sum: f64,
}

/// One way to go on, the better the greater; of equals, the earlier beam and the lower token.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Continuation {
    sum: f64,
    parent: usize,
    token: u32,
}

impl Eq for Continuation {}

impl Ord for Continuation {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_sum = self.sum.total_cmp(&other.sum);
        by_sum.then_with(|| (other.parent, other.token).cmp(&(self.parent, self.token)))
    }
}

impl PartialOrd for Continuation {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl BeamSearch {
    /// A search for sequences of at most `max_tokens` tokens that end with one of `ends`.
    ///
    /// # Errors
    /// `InvalidArgument` for no beam or too many, and for a length penalty that is not finite.
    pub(crate) fn new(
        options: &BeamOptions,
        penalties: Penalties,
        ends: &[u32],
        max_tokens: usize,
    ) -> Result<Self> {
        let refused = |message: String, remedy: &str| {
            Err(Error::new(ErrorKind::InvalidArgument, message).advise(remedy))
        };
        if !(1..=MOST_BEAMS).contains(&options.width) {
            return refused(
                format!("`{}` beams were asked for", options.width),
                &format!("choose 1 to {MOST_BEAMS}"),
            );
        }
        if !options.length_penalty.is_finite() {
            return refused(
                format!("`length_penalty` is `{}`", options.length_penalty),
                "choose a number; 1 divides by the length, 0 by nothing",
            );
        }
        let start = Beam {
            tokens: Vec::new(),
            sum: 0.0,
        };
        Ok(Self {
            options: options.clone(),
            ends: ends.to_vec(),
            max_tokens,
            penalties,
            beams: vec![start],
            found: Vec::new(),
            done: max_tokens == 0,
        })
    }

    /// The generated tokens of each beam.
    #[cfg(test)]
    pub(crate) fn beams(&self) -> impl Iterator<Item = &[u32]> {
        self.beams.iter().map(|beam| beam.tokens.as_slice())
    }

    /// Whether the search has ended.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// Takes the scores that a run gave, `[rows, vocabulary]` laid end to end, of which `-inf` forbids
    /// a token, and chooses the next beams; `prompt` is the text before all of them. No beam is left
    /// once the search is done.
    ///
    /// # Errors
    /// `InferenceFailed` when a score is not a number; `Internal` when there are not as many rows as
    /// beams.
    pub(crate) fn step(&mut self, logits: &mut [f32], prompt: &[u32]) -> Result<Step> {
        if self.done {
            return Ok(Step::default());
        }
        let best = self.continuations(logits, prompt)?;
        let mut next = Vec::with_capacity(self.options.width);
        let mut step = Step::default();
        for (rank, way) in best.into_iter().enumerate() {
            if self.ends.contains(&way.token) {
                if rank < self.options.width {
                    self.end(&way);
                }
            } else if next.len() < self.options.width {
                let mut tokens = self.beams[way.parent].tokens.clone();
                tokens.push(way.token);
                next.push(Beam {
                    tokens,
                    sum: way.sum,
                });
                step.parents.push(way.parent);
                step.tokens.push(way.token);
            }
        }
        self.beams = next;
        if self.is_beaten() {
            self.beams.clear();
        }
        let longest = self
            .beams
            .first()
            .map_or(self.max_tokens, |beam| beam.tokens.len());
        self.done = longest >= self.max_tokens;
        Ok(if self.done { Step::default() } else { step })
    }

    /// The sequences that were found, best first; beams that did not end fill up to `width`.
    pub(crate) fn finish(mut self) -> Vec<Hypothesis> {
        for beam in std::mem::take(&mut self.beams) {
            if !beam.tokens.is_empty() || self.found.is_empty() {
                let score = self.score(beam.sum, beam.tokens.len());
                self.keep(Hypothesis {
                    tokens: beam.tokens,
                    score,
                    ended: false,
                });
            }
        }
        self.found
    }

    /// The best ways to go on, twice as many as beams, best first.
    fn continuations(&mut self, logits: &mut [f32], prompt: &[u32]) -> Result<Vec<Continuation>> {
        let vocabulary = logits.len() / self.beams.len().max(1);
        if vocabulary == 0 || logits.len() != vocabulary * self.beams.len() {
            let message = format!(
                "`{}` scores came for `{}` beams",
                logits.len(),
                self.beams.len()
            );
            return Err(Error::new(ErrorKind::Internal, message).advise("please report this"));
        }
        // Twice as many as beams, and one more for each further token that ends.
        let wanted =
            2 * self.options.width.max(1) + self.ends.len().saturating_sub(1) * self.options.width;
        let mut best = BinaryHeap::with_capacity(wanted + 1);
        for (parent, row) in logits.chunks_exact_mut(vocabulary).enumerate() {
            let mut whole = log_sum_exp(row)?;
            if !self.penalties.are_idle() {
                let shift = |score: &mut f32| *score = (f64::from(*score) - whole) as f32;
                row.iter_mut().for_each(shift);
                let history = [prompt, &self.beams[parent].tokens].concat();
                self.penalties.apply(row, &history);
                whole = 0.0;
            }
            let sum = self.beams[parent].sum - whole;
            for (token, logit) in row.iter().enumerate() {
                let way = Continuation {
                    sum: sum + f64::from(*logit),
                    parent,
                    token: token as u32,
                };
                offer(&mut best, way, wanted);
            }
        }
        Ok(best
            .into_sorted_vec()
            .into_iter()
            .map(|way| way.0)
            .collect())
    }

    fn end(&mut self, way: &Continuation) {
        let tokens = self.beams[way.parent].tokens.clone();
        let score = self.score(way.sum, tokens.len() + 1);
        self.keep(Hypothesis {
            tokens,
            score,
            ended: true,
        });
    }

    fn keep(&mut self, hypothesis: Hypothesis) {
        let place = self
            .found
            .partition_point(|kept| kept.score >= hypothesis.score);
        self.found.insert(place, hypothesis);
        self.found.truncate(self.options.width);
    }

    fn score(&self, sum: f64, length: usize) -> f64 {
        sum / libm::pow(length.max(1) as f64, f64::from(self.options.length_penalty))
    }

    /// Whether no beam is wanted any more beside the sequences that ended.
    fn is_beaten(&self) -> bool {
        let (Some(best), Some(worst)) =
            (self.beams.first(), self.found.get(self.options.width - 1))
        else {
            return false;
        };
        let length = match self.options.early_stopping {
            EarlyStopping::Always => return true,
            EarlyStopping::Never if self.options.length_penalty > 0.0 => self.max_tokens,
            EarlyStopping::Likely | EarlyStopping::Never => best.tokens.len(),
        };
        worst.score >= self.score(best.sum, length)
    }
}

/// Keeps the `wanted` best of what is offered.
fn offer(best: &mut BinaryHeap<std::cmp::Reverse<Continuation>>, way: Continuation, wanted: usize) {
    if way.sum == f64::NEG_INFINITY {
        return;
    }
    if best.len() < wanted {
        best.push(std::cmp::Reverse(way));
    } else if let Some(mut worst) = best.peek_mut()
        && way > worst.0
    {
        *worst = std::cmp::Reverse(way);
    }
}

/// The logarithm of the sum of exponentials, by which scores become logarithms of probabilities.
fn log_sum_exp(row: &[f32]) -> Result<f64> {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if row.iter().any(|logit| logit.is_nan()) || !greatest.is_finite() {
        return Err(Error::new(
            ErrorKind::InferenceFailed,
            "the scores of a beam are not numbers",
        )
        .with("greatest", greatest)
        .advise("check the model: its weights or the input make it overflow"));
    }
    let greatest = f64::from(greatest);
    let sum: f64 = row
        .iter()
        .map(|logit| libm::exp(f64::from(*logit) - greatest))
        .sum();
    Ok(greatest + libm::log(sum))
}

#[cfg(test)]
mod tests;
