//! From the probability of speech in each window to the stretches of speech: pure, one window at a
//! time, and the same stretches whether a recording comes whole or in pieces.
//!
//! Speech begins with a window at or above one probability and ends with windows below a lower one
//! that go on for some time; what is too short is left out, and what is left is padded, into the
//! silence between two stretches at most to its middle.
//!
//! The trap: a stretch is told of late. It is not over before the silence after it has lasted, and its
//! padding is not known before the next stretch is further away than both paddings.

use crate::model::VoiceActivity;

/// What makes a stretch of speech, in samples.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub(super) threshold: f64,
    pub(super) release: f64,
    min_speech: f64,
    min_silence: f64,
    padding: f64,
    /// Samples of a window.
    window: usize,
}

impl Rule {
    pub(super) fn of(settings: &VoiceActivity, rate: u32, window: usize) -> Self {
        let samples = |milliseconds: u32| f64::from(milliseconds) * f64::from(rate) / 1000.0;
        Self {
            threshold: settings.threshold,
            release: settings.release(),
            min_speech: samples(settings.min_speech_ms),
            min_silence: samples(settings.min_silence_ms),
            padding: samples(settings.padding_ms),
            window,
        }
    }
}

/// A stretch of speech, in samples from the start of the recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Segment {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The mean probability of its windows.
    pub(super) score: f64,
}

/// Finds the stretches of one recording.
#[derive(Debug, Clone)]
pub(super) struct Segmenter {
    rule: Rule,
    /// Where the next window begins.
    at: usize,
    open: Option<Open>,
    /// The last stretch that is over; what is before it is padded, what is behind it is not.
    last: Option<Segment>,
    ready: Vec<Segment>,
}

/// Speech that is not over.
#[derive(Debug, Clone)]
struct Open {
    start: usize,
    sum: f64,
    windows: usize,
    /// Where silence began that may be its end, and its score up to there.
    quiet: Option<(usize, f64)>,
}

impl Open {
    fn score(&self) -> f64 {
        self.sum / self.windows.max(1) as f64
    }
}

impl Segmenter {
    pub(super) fn new(rule: Rule) -> Self {
        Self {
            rule,
            at: 0,
            open: None,
            last: None,
            ready: Vec::new(),
        }
    }

    /// The same rule, before the first window.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.rule.clone())
    }

    /// Whether speech is going on.
    pub(super) fn is_speaking(&self) -> bool {
        self.open.is_some()
    }

    /// Takes the next window; with it the recording has `length` samples.
    pub(super) fn hear(&mut self, probability: f64, length: usize) {
        let at = self.at;
        self.at += self.rule.window;
        if probability >= self.rule.threshold {
            let open = self.open.get_or_insert(Open {
                start: at,
                sum: 0.0,
                windows: 0,
                quiet: None,
            });
            open.quiet = None;
        } else if probability < self.rule.release {
            self.fall_silent(at);
        }
        if let Some(open) = &mut self.open {
            open.sum += probability;
            open.windows += 1;
        }
        let next = self.open.as_ref().map_or(length, |open| open.start);
        self.tell_before(next);
    }

    /// The stretches that are certain now.
    pub(super) fn take(&mut self) -> Vec<Segment> {
        std::mem::take(&mut self.ready)
    }

    /// The rest, of a recording of `length` samples.
    pub(super) fn finish(&mut self, length: usize) -> Vec<Segment> {
        if let Some(open) = self.open.take() {
            self.close(open.start, length, open.score());
        }
        if let Some(last) = self.last.take() {
            self.ready.push(self.padded(last, length));
        }
        self.take()
    }

    /// A window without speech, in the middle of it or not.
    fn fall_silent(&mut self, at: usize) {
        let Some(open) = &mut self.open else {
            return;
        };
        let score = open.score();
        let (since, score) = *open.quiet.get_or_insert((at, score));
        if ((at - since) as f64) < self.rule.min_silence {
            return;
        }
        let start = open.start;
        self.open = None;
        self.close(start, since, score);
    }

    /// A stretch is over; it counts if it is long enough.
    fn close(&mut self, start: usize, end: usize, score: f64) {
        if end.saturating_sub(start) as f64 <= self.rule.min_speech {
            return;
        }
        let mut next = Segment { start, end, score };
        let before = match self.last.take() {
            None => self.rule.padding,
            Some(mut last) => {
                let silence = start - last.end;
                let is_narrow = (silence as f64) < 2.0 * self.rule.padding;
                let part = if is_narrow {
                    (silence / 2) as f64
                } else {
                    self.rule.padding
                };
                last.end = (last.end as f64 + part) as usize;
                self.ready.push(last);
                part
            }
        };
        next.start = (start as f64 - before).max(0.0) as usize;
        self.last = Some(next);
    }

    /// Tells of the last stretch if nothing that is still to come can be near it.
    fn tell_before(&mut self, next: usize) {
        let is_far =
            |last: &Segment| (next.saturating_sub(last.end)) as f64 >= 2.0 * self.rule.padding;
        if let Some(last) = self.last.filter(is_far) {
            self.last = None;
            self.ready.push(self.padded(last, next));
        }
    }

    fn padded(&self, segment: Segment, length: usize) -> Segment {
        let end = (segment.end as f64 + self.rule.padding) as usize;
        Segment {
            end: end.min(length),
            ..segment
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOW: usize = 512;

    fn rule(min_speech_ms: u32, min_silence_ms: u32, padding_ms: u32) -> Rule {
        let settings = VoiceActivity {
            min_speech_ms,
            min_silence_ms,
            padding_ms,
            ..VoiceActivity::default()
        };
        Rule::of(&settings, 16_000, WINDOW)
    }

    fn find(rule: &Rule, probabilities: &[f64], length: usize) -> Vec<Segment> {
        let mut segmenter = Segmenter::new(rule.clone());
        let mut found = Vec::new();
        for (place, probability) in probabilities.iter().enumerate() {
            segmenter.hear(*probability, length.min((place + 1) * WINDOW));
            found.extend(segmenter.take());
        }
        found.extend(segmenter.finish(length));
        found
    }

    /// The stretches by their definition: all raw ones first, their padding afterwards.
    fn by_definition(rule: &Rule, probabilities: &[f64], length: usize) -> Vec<(usize, usize)> {
        let mut raw: Vec<(usize, usize)> = Vec::new();
        let (mut start, mut quiet) = (None, None);
        for (place, probability) in probabilities.iter().enumerate() {
            let at = place * WINDOW;
            if *probability >= rule.threshold {
                start = start.or(Some(at));
                quiet = None;
            } else if *probability < rule.release && start.is_some() {
                quiet = quiet.or(Some(at));
                if (at - quiet.unwrap()) as f64 >= rule.min_silence {
                    raw.push((start.take().unwrap(), quiet.take().unwrap()));
                }
            }
        }
        raw.extend(start.map(|start| (start, length)));
        raw.retain(|(start, end)| end.saturating_sub(*start) as f64 > rule.min_speech);
        let padding = rule.padding as usize;
        let mut padded = raw.clone();
        for place in 0..raw.len() {
            let before = place
                .checked_sub(1)
                .map(|before| raw[place].0 - raw[before].1);
            let after = raw.get(place + 1).map(|next| next.0 - raw[place].1);
            let share = |silence: Option<usize>| {
                let narrow = silence.filter(|silence| *silence < 2 * padding);
                narrow.map_or(padding, |silence| silence / 2)
            };
            padded[place].0 = raw[place].0.saturating_sub(share(before));
            padded[place].1 = (raw[place].1 + share(after)).min(length);
        }
        padded
    }

    #[test]
    fn speech_is_found_padded_and_scored() {
        let silence = [0.0; 10];
        let speech = [0.9; 20];
        let all = [&silence[..], &speech, &silence].concat();
        let found = find(&rule(250, 100, 30), &all, all.len() * WINDOW);
        let expected = Segment {
            start: 10 * WINDOW - 480,
            end: 30 * WINDOW + 480,
            score: 0.9,
        };
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].start, found[0].end),
            (expected.start, expected.end)
        );
        assert!((found[0].score - 0.9).abs() < 1e-9);
    }

    #[test]
    fn a_stretch_is_told_of_once_it_is_certain_and_not_before() {
        let mut segmenter = Segmenter::new(rule(0, 100, 30));
        for place in 0..20 {
            segmenter.hear(if place < 10 { 0.9 } else { 0.0 }, (place + 1) * WINDOW);
            let told = segmenter.take().len();
            // Silence has lasted 100 ms after four windows of it.
            assert_eq!(told, usize::from(place == 14), "{place}");
        }
    }

    proptest! {
        #[test]
        fn the_stretches_are_those_of_the_definition(
            probabilities in prop::collection::vec(
                prop::sample::select(vec![0.0, 0.2, 0.4, 0.6, 0.9]), 0..80),
            min_speech in 0_u32..300, min_silence in 0_u32..200, padding in 0_u32..120,
            short in 0_usize..WINDOW,
        ) {
            let rule = rule(min_speech, min_silence, padding);
            let length = (probabilities.len() * WINDOW).saturating_sub(short);
            let found = find(&rule, &probabilities, length);
            let spans: Vec<_> = found.iter().map(|one| (one.start, one.end)).collect();
            prop_assert_eq!(spans, by_definition(&rule, &probabilities, length));
            prop_assert!(found.iter().all(|one| (0.0..=1.0).contains(&one.score)));
        }
    }
}
