//! From labels to spans: which labels go on from each other, and what becomes of windows.
//!
//! The rules are those of the field's token-classification pipeline, which gives the same spans for
//! labels of `B-` and `I-`: a span goes on while its tokens have one label behind the letter, until a
//! `B-`; an `I-` with nothing to go on from begins one; labels without a letter are taken for `I-`.
//! Labels that end spans besides (`E-`, `S-`, or `L-`, `U-`) are read where the package has any.
//!
//! The trap: windows overlap, and may disagree where they do. The longer span stands, of equals the
//! surer one, as in the pipeline.

use super::labels::Unit;

/// A run of tokens with one label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Span {
    pub(super) label: String,
    pub(super) score: f64,
    /// Its place in the text, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The place of its token in its row; of spans that are one token.
    pub(super) index: Option<usize>,
}

/// How labels begin and end spans.
#[derive(Debug)]
pub(super) struct Scheme {
    tags: Vec<Tag>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tag {
    /// Whether it never goes on with what stands before it.
    begins: bool,
    /// Whether nothing goes on with it.
    ends: bool,
    name: String,
}

impl Scheme {
    /// As `labels` are written.
    pub(super) fn of(labels: &[String]) -> Self {
        let has_ends = labels
            .iter()
            .any(|label| matches!(label.split_once('-'), Some(("E" | "S" | "L" | "U", _))));
        let tag = |label: &String| match label.split_once('-') {
            Some(("B", name)) => Tag::new(true, false, name),
            Some(("I" | "M", name)) => Tag::new(false, false, name),
            Some(("E" | "L", name)) if has_ends => Tag::new(false, true, name),
            Some(("S" | "U", name)) if has_ends => Tag::new(true, true, name),
            _ => Tag::new(false, false, label),
        };
        Self {
            tags: labels.iter().map(tag).collect(),
        }
    }

    /// The runs of `units` whose labels go on from each other.
    pub(super) fn group(&self, units: &[Unit], labels: &[usize]) -> Vec<Span> {
        let mut groups: Vec<Vec<(&Unit, usize)>> = Vec::new();
        for (unit, label) in units.iter().zip(labels) {
            let tag = &self.tags[*label];
            match groups.last_mut() {
                Some(group) if group.last().is_some_and(|(_, last)| self.joins(*last, tag)) => {
                    group.push((unit, *label));
                }
                _ => groups.push(vec![(unit, *label)]),
            }
        }
        groups.iter().filter_map(|group| self.span(group)).collect()
    }

    fn joins(&self, last: usize, tag: &Tag) -> bool {
        let last = &self.tags[last];
        last.name == tag.name && !tag.begins && !last.ends
    }

    fn span(&self, group: &[(&Unit, usize)]) -> Option<Span> {
        let ((first, label), (last, _)) = (group.first()?, group.last()?);
        let sum: f64 = group.iter().map(|(unit, label)| unit.scores[*label]).sum();
        Some(Span {
            label: self.tags[*label].name.clone(),
            score: sum / group.len() as f64,
            start: first.start,
            end: last.end,
            index: None,
        })
    }
}

impl Tag {
    fn new(begins: bool, ends: bool, name: &str) -> Self {
        let name = name.to_owned();
        Self { begins, ends, name }
    }
}

/// The spans of all windows of a text as one list, in order.
pub(super) fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| span.start);
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start < last.end => {
                let (old, new) = (last.end - last.start, span.end - span.start);
                if new > old || (new == old && span.score > last.score) {
                    *last = span;
                }
            }
            _ => merged.push(span),
        }
    }
    merged
}

/// The tokens of all windows as one list: each from the window in which more stands around it.
pub(super) fn merge_tokens(windows: Vec<Vec<Span>>) -> Vec<Span> {
    let mut merged: Vec<(Span, usize)> = Vec::new();
    for window in windows {
        let count = window.len();
        let around = move |place: usize| place.min(count - 1 - place);
        // Tokens that were there before lie at the end of the list.
        let first = window.first().map_or(0, |token| token.start);
        let shared = merged.partition_point(|(token, _)| token.start < first);
        for (place, token) in window.into_iter().enumerate() {
            match merged.get_mut(shared + place) {
                Some(kept) if kept.1 >= around(place) => {}
                Some(kept) => *kept = (token, around(place)),
                None => merged.push((token, around(place))),
            }
        }
    }
    merged.into_iter().map(|(token, _)| token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(labels: &[&str], given: &[&str]) -> Vec<(String, usize, usize)> {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        let number = |label: &&str| labels.iter().position(|known| known == label).unwrap_or(0);
        let numbers: Vec<_> = given.iter().map(number).collect();
        let unit = |place: usize| Unit {
            scores: vec![0.5; labels.len()],
            start: 2 * place,
            end: 2 * place + 1,
            index: place,
        };
        let units: Vec<_> = (0..given.len()).map(unit).collect();
        let found = Scheme::of(&labels).group(&units, &numbers);
        let named = found.into_iter().filter(|span| span.label != "O");
        named
            .map(|span| (span.label, span.start, span.end))
            .collect()
    }

    fn span(label: &str, start: usize, end: usize) -> (String, usize, usize) {
        (label.to_owned(), start, end)
    }

    #[test]
    fn spans_begin_and_go_on_as_the_letters_say() {
        let bio = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"];
        for (given, wanted) in [
            (vec!["B-PER", "I-PER", "O"], vec![span("PER", 0, 3)]),
            (
                vec!["B-PER", "B-PER"],
                vec![span("PER", 0, 1), span("PER", 2, 3)],
            ),
            (vec!["O", "I-PER", "I-PER"], vec![span("PER", 2, 5)]),
            (
                vec!["B-PER", "I-LOC"],
                vec![span("PER", 0, 1), span("LOC", 2, 3)],
            ),
            (
                vec!["I-PER", "B-PER", "I-PER"],
                vec![span("PER", 0, 1), span("PER", 2, 5)],
            ),
            (vec!["O", "O"], vec![]),
            (vec![], vec![]),
        ] {
            assert_eq!(spans(&bio, &given), wanted, "{given:?}");
        }
    }

    #[test]
    fn labels_that_end_spans_end_them() {
        let bioes = ["O", "B-PER", "I-PER", "E-PER", "S-PER"];
        for (given, wanted) in [
            (vec!["B-PER", "I-PER", "E-PER"], vec![span("PER", 0, 5)]),
            (
                vec!["S-PER", "S-PER"],
                vec![span("PER", 0, 1), span("PER", 2, 3)],
            ),
            (
                vec!["B-PER", "E-PER", "I-PER"],
                vec![span("PER", 0, 3), span("PER", 4, 5)],
            ),
            (
                vec!["E-PER", "S-PER"],
                vec![span("PER", 0, 1), span("PER", 2, 3)],
            ),
        ] {
            assert_eq!(spans(&bioes, &given), wanted, "{given:?}");
        }
        assert_eq!(
            spans(&["O", "B-X", "L-X", "U-X"], &["B-X", "L-X", "U-X"]),
            [span("X", 0, 3), span("X", 4, 5)]
        );
    }

    #[test]
    fn labels_without_letters_join_with_their_like() {
        assert_eq!(
            spans(&["O", "VERB", "NOUN"], &["VERB", "VERB", "NOUN"]),
            [span("VERB", 0, 3), span("NOUN", 4, 5)]
        );
        assert_eq!(
            spans(&["O", "B-PRO-X"], &["B-PRO-X"]),
            [span("PRO-X", 0, 1)]
        );
    }

    fn found(start: usize, end: usize, score: f64) -> Span {
        Span {
            label: "X".to_owned(),
            score,
            start,
            end,
            index: None,
        }
    }

    #[test]
    fn of_overlapping_spans_the_longer_stands_and_then_the_surer() {
        let merged = merge(vec![
            found(5, 9, 0.9),
            found(0, 4, 0.5),
            found(6, 12, 0.1),
            found(0, 4, 0.7),
            found(12, 13, 0.2),
        ]);
        let expected = [found(0, 4, 0.7), found(6, 12, 0.1), found(12, 13, 0.2)];
        assert_eq!(merged, expected);
    }

    #[test]
    fn shared_tokens_come_from_the_window_with_more_around_them() {
        let window = |from: usize, score: f64| {
            (from..from + 4)
                .map(|place| found(place, place + 1, score))
                .collect::<Vec<_>>()
        };
        let merged = merge_tokens(vec![window(0, 0.1), window(2, 0.2)]);
        let scores: Vec<_> = merged.iter().map(|token| token.score).collect();
        assert_eq!(scores, [0.1, 0.1, 0.1, 0.2, 0.2, 0.2]);
        assert!(merge_tokens(vec![vec![], vec![]]).is_empty());
    }
}
