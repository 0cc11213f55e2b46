//! Guesses at what a text goes on with: what its schema leaves no choice about, and what stands in it
//! already.
//!
//! Where the last tokens stand in the text before, what came after them there may well come again: a
//! name, a quotation, a line of code, whatever an answer takes from its prompt. And a schema says which
//! members an object has, and in which order. A run over one text reads all weights for one token, and
//! takes little longer for a few. So what is guessed is read along with the last token, and the scores
//! after each choose a token as ever. As far as those are the guessed ones they needed no run of their
//! own; from the first that is another on, what was read is forgotten. So a text is the one that it
//! would be without guesses.
//!
//! ```text
//! … the red house … the red        guessed: house , said
//!                                  chosen:  house , and      two tokens more, in one run
//! ```
//!
//! A guess that comes true is followed by one twice as long, one that does not by silence, twice as
//! long each time: a text that repeats nothing pays next to nothing.
//!
//! Source: A. Saxena, *Prompt Lookup Decoding*, 2023 (`prompt_lookup_num_tokens` of `transformers`).

use crate::model::MOST_GUESSED;
use crate::{Error, ErrorKind, Result};

/// The most where nothing is said.
pub(super) const USUAL: usize = 12;
/// How many tokens the first guess has, and one after a wrong one.
const FIRST: usize = 2;
/// So many last tokens are looked for, the more the better.
const TAILS: [usize; 2] = [3, 2];
/// The longest silence after wrong guesses, in steps, as a power of two.
const SILENCE: u32 = 5;

/// The guesses at one text.
#[derive(Debug)]
pub(super) struct Lookup {
    most: usize,
    /// How many tokens the next guess may have.
    next: usize,
    /// For how many steps nothing is guessed.
    silent: usize,
    /// How many guesses in a row were all wrong, as far as that is counted.
    wrong: u32,
}

impl Lookup {
    /// Guesses of so many tokens at most; 0 for none.
    ///
    /// # Errors
    /// `InvalidArgument` beyond [`MOST_GUESSED`].
    pub(super) fn new(most: usize) -> Result<Self> {
        if most > MOST_GUESSED {
            let message = format!("`prompt_lookup_num_tokens` is `{most}`");
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise(format!("choose 0 to {MOST_GUESSED}; 0 is off")));
        }
        Ok(Self {
            most,
            next: FIRST,
            silent: 0,
            wrong: 0,
        })
    }

    /// What may come after `history`, of which `left` more tokens are wanted; often nothing. What is
    /// `forced` is as good as known.
    pub(super) fn guess(
        &mut self,
        history: &[u32],
        left: usize,
        forced: impl FnOnce() -> Vec<u32>,
    ) -> Vec<u32> {
        if self.silent > 0 {
            self.silent -= 1;
            return Vec::new();
        }
        // One is chosen after the last guess, too.
        let most = self.most.min(left.saturating_sub(1));
        if most == 0 {
            return Vec::new();
        }
        let mut guess = forced();
        if guess.is_empty() {
            let mut after = TAILS.iter().filter_map(|tail| again(history, *tail));
            let after = after.next().unwrap_or_default().iter();
            guess.extend(after.take(self.next));
        }
        guess.truncate(most);
        guess
    }

    /// Learns how many of so many tokens were guessed right.
    pub(super) fn learn(&mut self, guessed: usize, right: usize) {
        if right == 0 {
            self.next = FIRST;
            self.silent = 1 << self.wrong;
            self.wrong = (self.wrong + 1).min(SILENCE);
        } else {
            self.next = if right == guessed {
                2 * guessed
            } else {
                right + 1
            };
            self.wrong = 0;
        }
    }
}

/// What follows where the last `tail` tokens stood last before.
fn again(history: &[u32], tail: usize) -> Option<&[u32]> {
    let (before, last) = history.split_at(history.len().checked_sub(tail)?);
    // An earlier one may reach into the last ones, as in `la la la`.
    let all = &history[..history.len() - 1];
    let place = all.windows(tail).rposition(|window| window == last)?;
    debug_assert!(place < before.len());
    Some(&history[place + tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(letters: &str) -> Vec<u32> {
        letters.bytes().map(u32::from).collect()
    }

    fn guess(lookup: &mut Lookup, letters: &str) -> String {
        let guessed = lookup.guess(&text(letters), 100, Vec::new);
        guessed.into_iter().filter_map(char::from_u32).collect()
    }

    fn lookup() -> Lookup {
        Lookup::new(USUAL).unwrap()
    }

    #[test]
    fn what_came_after_the_last_tokens_is_guessed() {
        assert_eq!(guess(&mut lookup(), "the red house, the red"), " h");
        assert_eq!(guess(&mut lookup(), "abc abd ab"), "d ", "the latest place");
        assert_eq!(
            guess(&mut lookup(), "xab1 yab2 xab"),
            "1 ",
            "the longest tail"
        );
        assert_eq!(guess(&mut lookup(), "aaaa"), "a", "as far as the text goes");
        for nothing in ["", "a", "ab", "abcd", "ab b"] {
            assert_eq!(guess(&mut lookup(), nothing), "", "{nothing}");
        }
    }

    #[test]
    fn what_is_forced_comes_before_what_may_come_again() {
        let mut lookup = lookup();
        let forced = || text("0123456789abcdef");
        let guess = lookup.guess(&text("the red house, the red"), 100, forced);
        assert_eq!(guess, text("0123456789ab"), "as many as any guess");
    }

    #[test]
    fn guesses_that_come_true_grow() {
        let mut lookup = lookup();
        let all = "0123456789abcdefghij 01";
        let mut lengths = Vec::new();
        for _ in 0..5 {
            let guessed = guess(&mut lookup, all).len();
            lookup.learn(guessed, guessed);
            lengths.push(guessed);
        }
        assert_eq!(lengths, [2, 4, 8, 12, 12]);
        lookup.learn(12, 4);
        assert_eq!(guess(&mut lookup, all).len(), 5);
    }

    #[test]
    fn wrong_guesses_are_followed_by_silence() {
        let mut lookup = lookup();
        let mut steps = Vec::new();
        for step in 0..200 {
            if !guess(&mut lookup, "abcab").is_empty() {
                lookup.learn(2, 0);
                steps.push(step);
            }
        }
        assert_eq!(steps, [0, 2, 5, 10, 19, 36, 69, 102, 135, 168]);
        lookup.silent = 0;
        lookup.learn(2, 1);
        lookup.learn(2, 0);
        assert_eq!(lookup.silent, 1, "what came true makes up for it");
    }

    #[test]
    fn no_guess_goes_beyond_what_is_wanted() {
        for (left, wanted) in [(0, 0), (1, 0), (2, 1), (3, 2), (9, 2)] {
            let guessed = lookup().guess(&text("abcdabcdab"), left, Vec::new).len();
            assert_eq!(guessed, wanted, "{left} left");
            let forced = lookup().guess(&[], left, || vec![7; 30]).len();
            assert_eq!(forced, left.saturating_sub(1), "{left} left");
        }
        let mut off = Lookup::new(0).unwrap();
        assert!(off.guess(&text("abcabc"), 9, || vec![7]).is_empty());
        let error = Lookup::new(65).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}
