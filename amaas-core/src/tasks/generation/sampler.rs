//! From the scores of one step to one token.
//!
//! ```text
//! logits ─► repetition penalty ─► repeated n-grams out ─► greedy: the greatest
//!                                                      └► ÷ temperature ─► top-k ─► top-p ─► min-p ─► draw
//! ```
//!
//! The order is that of the field's `generate`: top-p counts the probability of what top-k left, and
//! min-p measures against the most probable token. Each of the three keeps the front of the tokens in
//! the order of their scores, so what they keep together is the shortest of the three fronts, and
//! nothing needs to be sorted beyond it.
//!
//! - repetition penalty and repeated n-grams: see [`penalties`](super::penalties)
//! - top-k: Fan et al., 2018 (arXiv:1805.04833); top-p: Holtzman et al., 2020 (arXiv:1904.09751)
//! - min-p: Nguyen et al., 2024 (arXiv:2407.01082)
//!
//! A seed draws the same tokens from the same scores on every machine: the draws come from ChaCha12,
//! whose stream is fixed by its definition, the exponential function from a library of its own
//! rather than from the system's, and every sum has one order.
//!
//! The trap: a graph may compute other scores in their last digits on another machine, or in another
//! batch. Then the same seed may draw another token all the same.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::hash::{BuildHasher as _, RandomState};

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};

use super::penalties::Penalties;
use crate::{Error, ErrorKind, Result};

/// How a token is chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SamplingOptions {
    /// Whether tokens are drawn; the most probable one is taken when not.
    pub(crate) do_sample: bool,
    /// What scores are divided by before drawing; 0 takes the most probable token.
    pub(crate) temperature: f32,
    /// Only so many of the most probable tokens; 0 for all. Of equal scores, lower ids come first.
    pub(crate) top_k: usize,
    /// Only the fewest tokens whose probabilities reach this sum, over 0 and up to 1.
    pub(crate) top_p: f32,
    /// Only tokens at least this share as probable as the most probable one, 0 to 1.
    pub(crate) min_p: f32,
    /// How much tokens that stand in the text already are held back; 1 for not at all.
    pub(crate) repetition_penalty: f32,
    /// No run of so many tokens stands in the text twice; 0 for no such rule.
    pub(crate) no_repeat_ngram: usize,
    /// The seed of the draws; one that nobody can foretell when absent.
    pub(crate) seed: Option<u64>,
}

impl Default for SamplingOptions {
    fn default() -> Self {
        Self {
            do_sample: true,
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            no_repeat_ngram: 0,
            seed: None,
        }
    }
}

impl SamplingOptions {
    /// Whether the most probable token is taken, so that no seed matters.
    pub(crate) fn is_greedy(&self) -> bool {
        !self.do_sample || self.temperature == 0.0
    }

    /// What holds tokens back that stand in the text already.
    pub(super) fn penalties(&self) -> Penalties {
        Penalties::new(self.repetition_penalty, self.no_repeat_ngram)
    }

    fn check(&self) -> Result<()> {
        let share = |value: f32| (0.0..=1.0).contains(&value);
        let rules = [
            (
                "temperature",
                self.temperature,
                self.temperature.is_finite() && self.temperature >= 0.0,
                "0 or more; 0 is greedy",
            ),
            (
                "top_p",
                self.top_p,
                share(self.top_p) && self.top_p > 0.0,
                "over 0 and up to 1; 1 is off",
            ),
            ("min_p", self.min_p, share(self.min_p), "0 to 1; 0 is off"),
            (
                "repetition_penalty",
                self.repetition_penalty,
                self.repetition_penalty.is_finite() && self.repetition_penalty > 0.0,
                "over 0; 1 is off",
            ),
        ];
        match rules.into_iter().find(|(_, _, holds, _)| !holds) {
            None => Ok(()),
            Some((name, value, _, wanted)) => {
                let message = format!("`{name}` is `{value}`");
                Err(Error::new(ErrorKind::InvalidArgument, message)
                    .advise(format!("choose {wanted}")))
            }
        }
    }
}

/// Chooses the tokens of one sequence.
#[derive(Debug)]
pub(crate) struct Sampler {
    options: SamplingOptions,
    seed: u64,
    generator: ChaCha12Rng,
    /// Room that is used again at each step.
    candidates: Vec<Candidate>,
    penalties: Penalties,
}

/// A token that may be drawn.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    logit: f32,
    id: u32,
    /// Its probability as a share of the most probable token's.
    weight: f64,
}

/// The more probable is the greater; of equals, that with the lower id.
impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_logit = self.logit.total_cmp(&other.logit);
        by_logit.then_with(|| other.id.cmp(&self.id))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl Sampler {
    /// A sampler for one sequence.
    ///
    /// # Errors
    /// `InvalidArgument` for an option out of its range.
    pub(crate) fn new(options: &SamplingOptions) -> Result<Self> {
        options.check()?;
        // The standard library keys its hash maps with the system's randomness: all that is needed.
        let seed = options
            .seed
            .unwrap_or_else(|| RandomState::new().hash_one("seed"));
        Ok(Self {
            options: options.clone(),
            seed,
            generator: ChaCha12Rng::seed_from_u64(seed),
            candidates: Vec::new(),
            penalties: options.penalties(),
        })
    }

    /// The seed of the draws, for whoever wants the same ones again.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Chooses the next token of `logits`, one score for each token of the vocabulary, of which
    /// `-inf` forbids a token. `history` is the text so far, prompt and all. The scores are left as
    /// the penalties made them.
    ///
    /// # Errors
    /// `InferenceFailed` when a score is not a number, is infinite, or when no token is left.
    pub(crate) fn next(&mut self, logits: &mut [f32], history: &[u32]) -> Result<u32> {
        self.penalties.apply(logits, history);
        let best = best(logits)?;
        if self.options.is_greedy() {
            return Ok(best.id);
        }
        let mass = self.weigh(logits, best.logit);
        let mass = self.cut(mass);
        Ok(self.draw(mass).unwrap_or(best.id))
    }

    /// Lists the tokens that have any probability, in the order of their ids; the sum of weights.
    fn weigh(&mut self, logits: &[f32], greatest: f32) -> f64 {
        let temperature = f64::from(self.options.temperature);
        self.candidates.clear();
        let mut mass = 0.0;
        for (id, logit) in logits.iter().enumerate() {
            let below = (f64::from(*logit) - f64::from(greatest)) / temperature;
            // Beyond this the share is under 1e-304.
            if below > -700.0 {
                let weight = libm::exp(below);
                mass += weight;
                self.candidates.push(Candidate {
                    logit: *logit,
                    id: id as u32,
                    weight,
                });
            }
        }
        mass
    }

    /// Leaves the candidates that the options allow; the sum of their weights.
    fn cut(&mut self, mut mass: f64) -> f64 {
        let SamplingOptions {
            top_k,
            top_p,
            min_p,
            ..
        } = self.options;
        let mut kept = &mut self.candidates;
        if top_k > 0 && top_k < kept.len() {
            kept.select_nth_unstable_by(top_k - 1, |one, other| other.cmp(one));
            kept.truncate(top_k);
            // The selection leaves an order that nobody promises.
            kept.sort_unstable_by(|one, other| other.cmp(one));
            mass = sum(kept);
        }
        let wanted = f64::from(top_p) * mass;
        let min_p = f64::from(min_p);
        if min_p > 0.0 {
            kept.retain(|candidate| candidate.weight >= min_p);
            mass = sum(kept);
        }
        if top_p < 1.0 && wanted < mass {
            kept = front(kept, wanted);
            mass = sum(kept);
        }
        mass
    }

    /// The token at a random place of the weights laid end to end.
    fn draw(&mut self, mass: f64) -> Option<u32> {
        // 53 bits: every number of [0, 1) that a double can tell apart from its neighbours there.
        let share = (self.generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let mut left = share * mass;
        let drawn = self.candidates.iter().find(|candidate| {
            left -= candidate.weight;
            left < 0.0
        });
        drawn.or(self.candidates.last()).map(|drawn| drawn.id)
    }
}

fn sum(candidates: &[Candidate]) -> f64 {
    candidates.iter().map(|candidate| candidate.weight).sum()
}

/// The fewest of the most probable candidates whose weights reach `wanted`, most probable first.
fn front(candidates: &mut Vec<Candidate>, wanted: f64) -> &mut Vec<Candidate> {
    // All tokens lighter than this weigh less together than what may be missing: none is needed.
    let spare = (sum(candidates) - wanted) / candidates.len() as f64;
    candidates.retain(|candidate| candidate.weight >= spare);
    let mut heap = BinaryHeap::from(std::mem::take(candidates));
    let mut reached = 0.0;
    while reached < wanted
        && let Some(next) = heap.pop()
    {
        reached += next.weight;
        candidates.push(next);
    }
    candidates
}

/// The token with the greatest score, the lower id of equals.
fn best(logits: &[f32]) -> Result<Candidate> {
    let mut best = None;
    let mut greatest = f32::NEG_INFINITY;
    for (id, logit) in logits.iter().enumerate() {
        if logit.is_nan() || *logit == f32::INFINITY {
            let message = format!("the model gave the score `{logit}` to token `{id}`");
            return Err(Error::new(ErrorKind::InferenceFailed, message)
                .advise("check the model: its weights or the input make it overflow"));
        }
        if *logit > greatest {
            (greatest, best) = (*logit, Some(id));
        }
    }
    let found = best.map(|id| Candidate {
        logit: greatest,
        id: id as u32,
        weight: 1.0,
    });
    found.ok_or_else(|| {
        Error::new(
            ErrorKind::InferenceFailed,
            "no token is left to choose from",
        )
        .with("vocabulary", logits.len())
        .advise("relax `no_repeat_ngram` or the schema, or check the model")
    })
}

#[cfg(test)]
mod tests;
