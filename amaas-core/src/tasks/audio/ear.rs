//! What is remembered of one recording between its pieces: the samples that are no whole window yet,
//! the end of the window before, and how far the speech in it has come.

use std::sync::Arc;

use super::segments::{Segment, Segmenter};
use crate::model::AudioSettings;
use crate::service::Memory;

/// The memory of one recording.
#[derive(Debug, Clone)]
pub(super) struct Ear {
    window: usize,
    /// The end of the window before.
    context: Vec<f32>,
    /// What is no whole window yet.
    rest: Vec<f32>,
    /// Samples in windows so far, without those that filled the last one up.
    heard: usize,
    segmenter: Segmenter,
}

impl Ear {
    pub(super) fn new(settings: &AudioSettings, window: usize, segmenter: Segmenter) -> Self {
        Self {
            window,
            context: vec![0.0; settings.context],
            rest: Vec::new(),
            heard: 0,
            segmenter,
        }
    }

    /// Takes samples in and gives the rows of the windows that are whole now, one after the other.
    pub(super) fn listen(&mut self, samples: &[f32]) -> Vec<f32> {
        self.rest.extend_from_slice(samples);
        let whole = self.rest.len() / self.window * self.window;
        let rest = self.rest.split_off(whole);
        let windows = std::mem::replace(&mut self.rest, rest);
        self.rows(&windows)
    }

    /// The row of what is left, filled up with zeros; nothing where nothing is left.
    pub(super) fn listen_to_end(&mut self) -> Vec<f32> {
        let mut rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            return rest;
        }
        let missing = self.window - rest.len();
        rest.resize(self.window, 0.0);
        let row = self.rows(&rest);
        self.heard -= missing;
        row
    }

    fn rows(&mut self, windows: &[f32]) -> Vec<f32> {
        let count = windows.len() / self.window;
        let mut rows = Vec::with_capacity(count * (self.window + self.context.len()));
        for window in windows.chunks_exact(self.window) {
            rows.extend_from_slice(&self.context);
            rows.extend_from_slice(window);
            let end = window.len() - self.context.len();
            self.context.copy_from_slice(&window[end..]);
        }
        self.heard += windows.len();
        rows
    }

    /// Takes in what the model said of the windows of the last rows.
    pub(super) fn understand(&mut self, probabilities: &[f32]) -> Vec<Segment> {
        let before = probabilities.len();
        for (place, probability) in probabilities.iter().enumerate() {
            let missing = (before - place - 1) * self.window;
            let length = self.heard.saturating_sub(missing);
            self.segmenter.hear(f64::from(*probability), length);
        }
        self.segmenter.take()
    }

    /// The rest of the speech: the recording has ended.
    pub(super) fn end(&mut self) -> Vec<Segment> {
        self.segmenter.finish(self.heard)
    }

    /// Whether speech is going on.
    pub(super) fn is_speaking(&self) -> bool {
        self.segmenter.is_speaking()
    }
}

impl Memory for Ear {
    fn anew(&self) -> Arc<dyn Memory> {
        Arc::new(Self {
            window: self.window,
            context: vec![0.0; self.context.len()],
            rest: Vec::new(),
            heard: 0,
            segmenter: self.segmenter.anew(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Manifest, VoiceActivity};
    use crate::tasks::audio::segments::Rule;

    fn ear() -> Ear {
        let manifest = Manifest::parse(
            r#"
            schema = 1
            [package]
            name = "a"
            version = "1.0.0"
            license = "MIT"
            [audio]
            sampling_rate = 16000
            window = 4
            context = 2
            "#,
        );
        let rule = Rule::of(&VoiceActivity::default(), 16_000, 4);
        Ear::new(&manifest.unwrap().audio.unwrap(), 4, Segmenter::new(rule))
    }

    #[test]
    fn each_window_stands_behind_the_end_of_the_one_before() {
        let mut ear = ear();
        let samples: Vec<_> = (1..=9_u8).map(f32::from).collect();
        let rows = ear.listen(&samples);
        assert_eq!(rows, [0., 0., 1., 2., 3., 4., 3., 4., 5., 6., 7., 8.]);
        assert_eq!(ear.listen_to_end(), [7., 8., 9., 0., 0., 0.]);
        assert_eq!(ear.heard, 9);
        assert!(ear.listen_to_end().is_empty());
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(lengths in prop::collection::vec(0_usize..13, 0..20)) {
            let total: usize = lengths.iter().sum();
            let samples: Vec<_> = (0..total).map(|place| place as f32).collect();
            let (mut whole, mut pieces) = (ear(), ear());
            let expected = [whole.listen(&samples), whole.listen_to_end()].concat();
            let mut rows = Vec::new();
            let mut rest = &samples[..];
            for length in lengths {
                let (piece, after) = rest.split_at(length);
                rows.extend(pieces.listen(piece));
                rest = after;
            }
            rows.extend(pieces.listen_to_end());
            prop_assert_eq!(rows, expected);
        }
    }
}
