//! A text without what was sensitive in it, and the way back for what was only put aside.
//!
//! The trap: the way back holds what was sensitive. It is wiped when it is dropped, shows nothing when
//! it is printed, and should live no longer than the answer takes.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use zeroize::Zeroize as _;

use super::redactor::Sensitive;

/// What [`Redactor::redact`](super::Redactor::redact) made of a text.
#[derive(Clone, Default)]
pub struct Redaction {
    pub(super) text: String,
    pub(super) found: Vec<(Sensitive, Range<usize>)>,
    /// Where what replaces each of them lies in the text.
    pub(super) replaced: Vec<Range<usize>>,
    pub(super) originals: HashMap<String, String>,
}

impl Redaction {
    /// The text, as it may be shown.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, for whoever needs no way back.
    pub fn into_text(mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// What was found, and where in the text that was given, in bytes.
    pub fn found(&self) -> &[(Sensitive, Range<usize>)] {
        &self.found
    }

    /// Where in the text that was given lies what has the place `range` here, in bytes; what replaced
    /// something stands for all of it.
    pub(crate) fn origin(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.origin_of(range.start, |original| original.start);
        let end = match range.end.checked_sub(1) {
            Some(last) if last >= range.start => {
                self.origin_of(last, |original| original.end.saturating_sub(1)) + 1
            }
            _ => start,
        };
        start..end
    }

    /// Where the byte at `place` came from; `edge` says which byte of what was replaced.
    fn origin_of(&self, place: usize, edge: impl Fn(&Range<usize>) -> usize) -> usize {
        let before = self
            .replaced
            .partition_point(|replaced| replaced.start <= place);
        let Some(last) = before.checked_sub(1) else {
            return place;
        };
        let (replaced, (_, original)) = (&self.replaced[last], &self.found[last]);
        if place < replaced.end {
            edge(original)
        } else {
            original.end + place - replaced.end
        }
    }

    /// `output` with every placeholder of this text turned back into what it stood for. Placeholders
    /// that are not of this text stay, and nothing is turned back twice.
    pub fn restore(&self, output: &str) -> String {
        let (mut text, mut shown) = (String::with_capacity(output.len()), 0);
        for range in placeholders(output) {
            let placeholder = &output[range.clone()];
            text.push_str(&output[shown..range.start]);
            let original = self.originals.get(placeholder).map(String::as_str);
            text.push_str(original.unwrap_or(placeholder));
            shown = range.end;
        }
        text.push_str(&output[shown..]);
        text
    }
}

impl Drop for Redaction {
    fn drop(&mut self) {
        self.originals
            .values_mut()
            .for_each(zeroize::Zeroize::zeroize);
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redaction({} found)", self.found.len())
    }
}

/// Every `<EMAIL_1>` in a text, and what looks like one: no longer than any of ours is.
fn placeholders(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    const MOST: usize = 32;
    text.match_indices('<').filter_map(|(start, _)| {
        let mut window = text.as_bytes()[start..].iter().take(MOST);
        let length = window.position(|byte| *byte == b'>')? + 1;
        let inner = text.as_bytes().get(start + 1..start + length - 1)?;
        let is_ours =
            |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
        inner.iter().all(is_ours).then_some(start..start + length)
    })
}

/// Numbers for placeholders, which the text itself does not have.
pub(super) struct Numbers {
    taken: HashSet<String>,
    given: HashMap<(Sensitive, String), String>,
    last: HashMap<Sensitive, usize>,
}

impl Numbers {
    /// Those that do not stand in any of `texts`.
    pub(super) fn beside<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let taken = texts
            .into_iter()
            .flat_map(|text| placeholders(text).map(move |range| text[range].to_owned()));
        Self {
            taken: taken.collect(),
            given: HashMap::new(),
            last: HashMap::new(),
        }
    }

    /// The placeholder of a value: the one it has, or the next.
    pub(super) fn placeholder(&mut self, kind: Sensitive, value: &str) -> String {
        let key = (kind, value.to_owned());
        if let Some(known) = self.given.get(&key) {
            return known.clone();
        }
        let last = self.last.entry(kind).or_default();
        let placeholder = loop {
            *last += 1;
            let next = format!("<{}_{last}>", kind.name());
            if !self.taken.contains(&next) {
                break next;
            }
        };
        self.given.insert(key, placeholder.clone());
        placeholder
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        for ((_, mut value), _) in self.given.drain() {
            value.zeroize();
        }
    }
}
