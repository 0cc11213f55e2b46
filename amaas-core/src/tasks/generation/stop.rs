//! Texts at which generation ends, wherever tokens break them.
//!
//! ```text
//! stop at "\n\nUser:"      pushed "Fine.\n"   → passes "Fine.", holds "\n" back
//!                          pushed "\nUs"      → holds "\n\nUs" back
//!                          pushed "er: and"   → stopped; nothing more passes
//! ```
//!
//! Every stop string runs through the text as a Knuth–Morris–Pratt automaton of its own, whose state
//! is how much of it stands at the end of the text. The longest of these is what is held back, no
//! longer than it may still become a stop string.
//!
//! The trap: what comes out does not depend on where the text was cut into pieces. Generation ends
//! where the first stop string is complete, and of several that end there the longest counts.

use crate::{Error, ErrorKind, Result};

/// The most stop strings of a call.
const MOST: usize = 64;
/// The most bytes of one.
const LONGEST: usize = 1024;

/// The stop strings of one sequence, and how much of them was seen.
#[derive(Debug, Clone)]
pub(crate) struct StopStrings {
    patterns: Vec<Pattern>,
    held: String,
    stopped: Option<usize>,
}

/// What may be shown after a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Text that is part of no stop string, and cannot become one.
    pub(crate) text: String,
    /// The place in the list of the stop string that is now complete.
    pub(crate) stopped: Option<usize>,
}

impl StopStrings {
    /// Stops at the first of `strings`; never where there are none.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty string, for one over 1,024 bytes, and for more than 64.
    pub(crate) fn new<T: AsRef<str>>(strings: &[T]) -> Result<Self> {
        let refused = |message: String, remedy: &str| {
            Err(Error::new(ErrorKind::InvalidArgument, message).advise(remedy))
        };
        if strings.len() > MOST {
            return refused(
                format!("`{}` stop strings were given", strings.len()),
                "give at most 64",
            );
        }
        let lengths = strings.iter().map(|text| text.as_ref().len());
        if let Some((place, length)) = lengths.enumerate().find(|(_, n)| *n == 0 || *n > LONGEST) {
            return refused(
                format!("stop string `{place}` has `{length}` bytes"),
                "give 1 to 1,024 bytes",
            );
        }
        Ok(Self {
            patterns: strings
                .iter()
                .map(|text| Pattern::new(text.as_ref()))
                .collect(),
            held: String::new(),
            stopped: None,
        })
    }

    /// Takes the next piece of text, and gives what may be shown. Nothing passes once stopped.
    pub(crate) fn push(&mut self, text: &str) -> Passed {
        if self.stopped.is_none() {
            let before = self.held.len();
            self.held.push_str(text);
            for (place, byte) in text.bytes().enumerate() {
                if let Some((stopped, length)) = self.advance(byte) {
                    self.stopped = Some(stopped);
                    // It began in what was held: no more than its front was let pass before.
                    self.held
                        .truncate((before + place + 1).saturating_sub(length));
                    return self.pass(self.held.len());
                }
            }
            let keep = self.patterns.iter().map(|pattern| pattern.matched).max();
            return self.pass(self.held.len().saturating_sub(keep.unwrap_or(0)));
        }
        self.pass(0)
    }

    /// What is still held back, once no more text comes.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    fn pass(&mut self, length: usize) -> Passed {
        let rest = self.held.split_off(length);
        Passed {
            text: std::mem::replace(&mut self.held, rest),
            stopped: self.stopped,
        }
    }

    /// Steps every pattern; the longest that is now complete, and its length.
    fn advance(&mut self, byte: u8) -> Option<(usize, usize)> {
        let mut complete: Option<(usize, usize)> = None;
        for (place, pattern) in self.patterns.iter_mut().enumerate() {
            if pattern.advance(byte) && complete.is_none_or(|(_, n)| pattern.bytes.len() > n) {
                complete = Some((place, pattern.bytes.len()));
            }
        }
        complete
    }
}

/// One stop string as an automaton.
#[derive(Debug, Clone)]
struct Pattern {
    bytes: Box<[u8]>,
    /// For each front of it the length of the longest shorter front that it ends with.
    borders: Box<[usize]>,
    /// How many of its bytes stand at the end of the text.
    matched: usize,
}

impl Pattern {
    fn new(text: &str) -> Self {
        let mut pattern = Self {
            bytes: text.as_bytes().into(),
            borders: vec![0; text.len()].into(),
            matched: 0,
        };
        // The automaton runs over itself to learn what to fall back to.
        for place in 1..text.len() {
            pattern.advance(text.as_bytes()[place]);
            pattern.borders[place] = pattern.matched;
        }
        pattern.matched = 0;
        pattern
    }

    /// Whether `byte` completes it.
    fn advance(&mut self, byte: u8) -> bool {
        while self.matched > 0 && self.bytes.get(self.matched) != Some(&byte) {
            self.matched = self.borders[self.matched - 1];
        }
        if self.bytes.get(self.matched) == Some(&byte) {
            self.matched += 1;
        }
        self.matched == self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pushes pieces until it stops; what passed, and where it stopped.
    fn run(strings: &[&str], pieces: &[&str]) -> (String, Option<usize>) {
        let mut stop = StopStrings::new(strings).unwrap();
        let mut shown = String::new();
        for piece in pieces {
            let passed = stop.push(piece);
            shown.push_str(&passed.text);
            if passed.stopped.is_some() {
                assert_eq!(
                    stop.push("more"),
                    Passed {
                        text: String::new(),
                        stopped: passed.stopped
                    }
                );
                return (shown, passed.stopped);
            }
        }
        shown.push_str(&stop.finish());
        (shown, None)
    }

    /// The rule, said once more without automata.
    fn whole(strings: &[&str], text: &str) -> (String, Option<usize>) {
        for end in 1..=text.len() {
            let complete =
                |(_, string): &(usize, &&str)| text.as_bytes()[..end].ends_with(string.as_bytes());
            let found = strings.iter().enumerate().filter(complete);
            if let Some((place, string)) =
                found.min_by_key(|(_, string)| std::cmp::Reverse(string.len()))
            {
                return (text[..end - string.len()].to_owned(), Some(place));
            }
        }
        (text.to_owned(), None)
    }

    #[test]
    fn text_is_held_only_as_long_as_it_may_become_a_stop_string() {
        let mut stop = StopStrings::new(&["\n\nUser:"]).unwrap();
        let mut push = |text: &str| stop.push(text).text;
        assert_eq!(push("Fine.\n"), "Fine.");
        assert_eq!(push("\nUs"), "");
        assert_eq!(push("e it"), "\n\nUse it");
        assert_eq!(push("\n\n\nUser"), "\n");
        assert_eq!(
            stop.push(": and"),
            Passed {
                text: String::new(),
                stopped: Some(0)
            }
        );
        assert_eq!(stop.finish(), "");
    }

    #[test]
    fn overlapping_and_nested_strings_stop_where_the_first_is_complete() {
        assert_eq!(
            run(&["abc", "b"], &["xa", "bc"]),
            ("xa".to_owned(), Some(1))
        );
        assert_eq!(run(&["c", "abc"], &["xab", "c"]), ("x".to_owned(), Some(1)));
        assert_eq!(
            run(&["aab"], &["a", "a", "a", "b"]),
            ("a".to_owned(), Some(0))
        );
        assert_eq!(run(&["ß→"], &["aß", "→b"]), ("a".to_owned(), Some(0)));
        assert_eq!(run(&[], &["a", "b"]), ("ab".to_owned(), None));
    }

    #[test]
    fn strings_that_cannot_be_stopped_at_are_refused() {
        for strings in [
            vec![String::new()],
            vec!["a".repeat(1025)],
            vec!["a".to_owned(); 65],
        ] {
            let error = StopStrings::new(&strings).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.remedy().is_some());
        }
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            strings in prop::collection::vec("[abß]{1,4}", 0..4),
            pieces in prop::collection::vec("[abß]{0,3}", 0..12),
        ) {
            let strings: Vec<_> = strings.iter().map(String::as_str).collect();
            let pieces: Vec<_> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(run(&strings, &pieces), whole(&strings, &pieces.concat()));
        }

        #[test]
        fn what_is_held_is_the_longest_end_that_may_go_on(
            strings in prop::collection::vec("[ab]{2,5}", 1..4),
            text in "[ab]{0,12}",
        ) {
            let mut stop = StopStrings::new(&strings).unwrap();
            let passed = stop.push(&text);
            prop_assume!(passed.stopped.is_none());
            let may = |end: &str| strings.iter().any(|string| string.starts_with(end));
            let longest = (0..=text.len()).find(|start| may(&text[*start..])).unwrap();
            prop_assert_eq!(stop.finish(), &text[longest..]);
        }
    }
}
