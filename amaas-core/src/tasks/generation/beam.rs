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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const END: u32 = 0;

    /// The scores of the next token after `text`: a small model that is the same each time.
    fn model(text: &[u32], vocabulary: usize, seed: u64) -> Vec<f32> {
        let mut state = text.iter().fold(seed, |state, token| {
            (state ^ u64::from(*token))
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(23)
        });
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 22) as f32
        };
        (0..vocabulary).map(|_| next()).collect()
    }

    fn none() -> Penalties {
        Penalties::new(1.0, 0)
    }

    fn search(options: &BeamOptions, most: usize, vocabulary: usize, seed: u64) -> Vec<Hypothesis> {
        let mut search = BeamSearch::new(options, none(), &[END], most).unwrap();
        let mut texts: Vec<Vec<u32>> = vec![Vec::new()];
        while !search.is_done() {
            assert_eq!(search.beams().collect::<Vec<_>>(), texts);
            let mut logits: Vec<f32> = texts
                .iter()
                .flat_map(|text| model(text, vocabulary, seed))
                .collect();
            let step = search.step(&mut logits, &[]).unwrap();
            let ways = step.parents.iter().zip(&step.tokens);
            texts = ways
                .map(|(parent, token)| [texts[*parent].as_slice(), &[*token]].concat())
                .collect();
        }
        search.finish()
    }

    /// Every sequence of up to `most` tokens with its score.
    fn all(most: usize, vocabulary: usize, seed: u64, penalty: f32) -> Vec<Hypothesis> {
        let (mut open, mut found) = (vec![(Vec::new(), 0.0)], Vec::new());
        for length in 1..=most {
            let score = |sum: f64| sum / (length as f64).powf(f64::from(penalty));
            let mut longer = Vec::new();
            for (tokens, sum) in open {
                let row = model(&tokens, vocabulary, seed);
                let whole = log_sum_exp(&row).unwrap();
                for (token, logit) in row.iter().enumerate() {
                    let sum: f64 = sum + f64::from(*logit) - whole;
                    if token as u32 == END {
                        found.push(Hypothesis {
                            tokens: tokens.clone(),
                            score: score(sum),
                            ended: true,
                        });
                    } else {
                        longer.push(([tokens.as_slice(), &[token as u32]].concat(), sum));
                    }
                }
            }
            open = longer;
            if length == most {
                found.extend(open.iter().map(|(tokens, sum)| Hypothesis {
                    tokens: tokens.clone(),
                    score: score(*sum),
                    ended: false,
                }));
            }
        }
        found.sort_by(|one, other| other.score.total_cmp(&one.score));
        found
    }

    #[test]
    fn options_out_of_range_are_refused() {
        for refused in [
            BeamOptions {
                width: 0,
                ..BeamOptions::default()
            },
            BeamOptions {
                width: 65,
                ..BeamOptions::default()
            },
            BeamOptions {
                length_penalty: f32::NAN,
                ..BeamOptions::default()
            },
        ] {
            let error = BeamSearch::new(&refused, none(), &[END], 5).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
    }

    #[test]
    fn scores_that_are_no_numbers_fail() {
        for mut logits in [
            [0.0, f32::NAN],
            [f32::INFINITY, 0.0],
            [f32::NEG_INFINITY; 2],
        ] {
            let mut search = BeamSearch::new(&BeamOptions::default(), none(), &[END], 5).unwrap();
            assert_eq!(
                search.step(&mut logits, &[]).unwrap_err().kind(),
                ErrorKind::InferenceFailed
            );
        }
        let mut search = BeamSearch::new(&BeamOptions::default(), none(), &[END], 5).unwrap();
        assert_eq!(
            search.step(&mut [], &[]).unwrap_err().kind(),
            ErrorKind::Internal
        );
    }

    #[test]
    fn the_search_ends_when_nothing_may_follow() {
        let mut search = BeamSearch::new(&BeamOptions::default(), none(), &[END], 5).unwrap();
        let step = search
            .step(&mut [0.0, f32::NEG_INFINITY, f32::NEG_INFINITY], &[])
            .unwrap();
        assert!(search.is_done() && step == Step::default());
        assert_eq!(search.step(&mut [1.0], &[]).unwrap(), Step::default());
        assert_eq!(
            search.finish(),
            [Hypothesis {
                tokens: vec![],
                score: 0.0,
                ended: true
            }]
        );
    }

    #[test]
    fn stopping_early_keeps_what_ended_though_a_beam_is_better() {
        let early = BeamOptions {
            width: 1,
            length_penalty: 0.0,
            early_stopping: EarlyStopping::Always,
        };
        let mut search = BeamSearch::new(&early, none(), &[END], 5).unwrap();
        search.step(&mut [0.0, 1.0], &[]).unwrap();
        // Only the first of the ranks counts, so the end must be the more probable one.
        search.step(&mut [3.0, 0.0], &[]).unwrap();
        assert!(search.is_done());
        let found = search.finish();
        assert!(found.len() == 1 && found[0].ended && found[0].tokens == [1]);
    }

    #[test]
    fn the_penalty_prefers_long_or_short() {
        let find = |length_penalty| {
            let options = BeamOptions {
                width: 40,
                length_penalty,
                early_stopping: EarlyStopping::Never,
            };
            search(&options, 3, 3, 5)[0].tokens.len()
        };
        assert!(find(4.0) >= find(-4.0));
        // Two tokens and an end are as long as three.
        assert!(find(9.0) >= 2 && find(-9.0) == 0);
    }

    #[test]
    fn penalties_count_the_prompt_and_the_tokens_of_each_beam() {
        let options = BeamOptions {
            width: 2,
            ..BeamOptions::default()
        };
        let begin = |penalties| BeamSearch::new(&options, penalties, &[END], 9).unwrap();
        let tokens =
            |search: &mut BeamSearch, logits: &mut [f32]| search.step(logits, &[1]).unwrap().tokens;
        assert_eq!(tokens(&mut begin(none()), &mut [0.0, 1.0, 1.0]), [1, 2]);
        let mut held_back = begin(Penalties::new(1.5, 0));
        assert_eq!(tokens(&mut held_back, &mut [0.0, 1.0, 1.0]), [2, 1]);
        let mut once = begin(Penalties::new(1.0, 1));
        assert_eq!(tokens(&mut once, &mut [0.0, 2.0, 1.0, 0.5]), [2, 3]);
        // The beams of 2 and of 3 may each write what the other has, and nothing of the prompt.
        let mut rows = [[0.0, 2.0, 1.0, 0.5]; 2].concat();
        assert_eq!(tokens(&mut once, &mut rows), [3, 2]);
    }

    proptest! {
        #[test]
        fn beams_enough_find_the_very_best(seed: u64, most in 1_usize..4, penalty in 0.0_f32..2.0) {
            let options = BeamOptions { width: 64, length_penalty: penalty, early_stopping: EarlyStopping::Never };
            let found = search(&options, most, 4, seed);
            let best = all(most, 4, seed, penalty);
            for (one, other) in found.iter().zip(&best) {
                prop_assert!((one.score - other.score).abs() < 1e-9, "{one:?} {other:?}");
            }
            prop_assert_eq!(found.len(), best.len().min(64));
        }

        #[test]
        fn one_beam_is_greedy(seed: u64, most in 1_usize..8) {
            let options = BeamOptions { width: 1, early_stopping: EarlyStopping::Always, ..BeamOptions::default() };
            let mut greedy = Vec::new();
            while greedy.len() < most {
                let row = model(&greedy, 5, seed);
                let best = (0..5).max_by(|one, other| row[*one].total_cmp(&row[*other])).unwrap();
                if best as u32 == END {
                    break;
                }
                greedy.push(best as u32);
            }
            let found = search(&options, most, 5, seed);
            prop_assert_eq!(&found[0].tokens, &greedy);
        }

        #[test]
        fn few_beams_find_ordered_sequences_that_exist(seed: u64, width in 1_usize..5) {
            let found = search(&BeamOptions { width, ..BeamOptions::default() }, 5, 4, seed);
            let all = all(5, 4, seed, 1.0);
            prop_assert!(!found.is_empty() && found.len() <= width);
            prop_assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
            for one in &found {
                let same = all.iter().find(|other| other.tokens == one.tokens && other.ended == one.ended).unwrap();
                prop_assert!((same.score - one.score).abs() < 1e-9);
            }
        }
    }
}
