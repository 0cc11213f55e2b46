//! What a run costs, learned from the runs there were.
//!
//! Starting a run takes about the same time however much it computes; the rest grows with the
//! tokens. Joining two requests saves one start and costs padding, so the one figure that decides
//! is how many tokens a start is worth. It differs by a factor of a hundred between models and
//! devices, which is why nobody is asked for it: a line is laid through the time and the tokens of
//! recent runs (least squares; each run counts a little less than the one after it).
//!
//! The trap: runs that all computed about the same number of tokens say nothing about the line.
//! Then a guess stands in, which is small enough to join little and so to learn more.

use std::time::Duration;

/// How much of what was seen still counts after one more run.
const KEPT: f64 = 0.98;
/// So many runs must count before they are believed.
const ENOUGH: f64 = 8.0;
/// The spread of tokens, as a share of their mean, below which runs are all alike.
const ALIKE: f64 = 0.05;
/// What a start is worth while nothing is known, in tokens.
const GUESS: f64 = 8.0;
/// More than any batch has.
const MOST: f64 = 1e6;

/// Sums over the runs there were.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    runs: f64,
    tokens: f64,
    seconds: f64,
    squares: f64,
    products: f64,
}

impl Cost {
    /// Takes in a run that computed so many tokens, padding included.
    pub(super) fn saw(&mut self, tokens: usize, took: Duration) {
        let (tokens, seconds) = (tokens as f64, took.as_secs_f64());
        let add = |sum: &mut f64, value: f64| *sum = *sum * KEPT + value;
        add(&mut self.runs, 1.0);
        add(&mut self.tokens, tokens);
        add(&mut self.seconds, seconds);
        add(&mut self.squares, tokens * tokens);
        add(&mut self.products, tokens * seconds);
    }

    /// How many tokens could be computed in the time that starting a run takes.
    pub(super) fn start(&self) -> f64 {
        let mean = self.tokens / self.runs;
        let variance = self.squares / self.runs - mean * mean;
        // Also false where nothing was seen, since then neither is a number.
        let is_known = self.runs >= ENOUGH && variance > (ALIKE * mean).powi(2);
        if !is_known || self.seconds <= 0.0 {
            return GUESS;
        }
        let seconds = self.seconds / self.runs;
        let each = (self.products / self.runs - mean * seconds) / variance;
        if each <= 0.0 {
            return MOST;
        }
        (seconds / each - mean).clamp(0.0, MOST)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(runs: impl IntoIterator<Item = (usize, f64)>) -> f64 {
        let mut cost = Cost::default();
        for (tokens, micros) in runs {
            cost.saw(tokens, Duration::from_secs_f64(micros * 1e-6));
        }
        cost.start()
    }

    #[test]
    fn nothing_seen_is_a_guess() {
        assert_eq!(seen([]), GUESS);
        assert_eq!(seen([(10, 1.0), (20, 2.0)]), GUESS);
    }

    #[test]
    fn runs_that_are_alike_are_a_guess() {
        assert_eq!(seen((0..100).map(|_| (100, 50.0))), GUESS);
    }

    #[test]
    fn a_clock_that_stands_still_is_a_guess() {
        assert_eq!(seen((0..100).map(|tokens| (tokens, 0.0))), GUESS);
    }

    #[test]
    fn tokens_that_cost_nothing_are_worth_any_batch() {
        assert_eq!(seen((0..100).map(|tokens| (tokens, 50.0))), MOST);
    }

    #[test]
    fn what_changes_is_learned_again() {
        let slow = (0..200).map(|run| (run % 50, 100.0 + (run % 50) as f64));
        let fast = (0..400).map(|run| (run % 50, 5.0 + (run % 50) as f64));
        let start = seen(slow.chain(fast));
        assert!((start - 5.0).abs() < 1.0, "{start}");
    }

    proptest! {
        #[test]
        fn a_line_is_found(
            start in 0.0_f64..500.0, each in 0.5_f64..50.0,
            tokens in prop::collection::vec(1_usize..2000, 30..200),
        ) {
            prop_assume!(tokens.iter().any(|count| count.abs_diff(tokens[0]) > 200));
            let runs = tokens.iter().map(|count| (*count, (start + *count as f64) * each));
            let found = seen(runs);
            // Durations have whole nanoseconds.
            prop_assert!(found == GUESS || (found - start).abs() < 0.1, "{found} against {start}");
        }

        #[test]
        fn whatever_is_seen_the_answer_is_a_number(
            runs in prop::collection::vec((0_usize..100_000, 0.0_f64..1e9), 0..100),
        ) {
            let start = seen(runs);
            prop_assert!((0.0..=MOST).contains(&start));
        }
    }
}
