//! What holds tokens back that stand in the text already, before one is chosen.
//!
//! - repetition penalty: Keskar et al., CTRL, 2019 (arXiv:1909.05858): scores of tokens that stand in
//!   the text are divided by it where positive, and multiplied by it where negative
//! - repeated n-grams: no run of so many tokens stands in the text twice
//!
//! The trap: beams give logarithms of probabilities, all of which are negative, and a sampler gives the
//! scores as the model gave them. One penalty means two things, in the field's `generate` as here.

/// The penalties of one text.
#[derive(Debug, Clone)]
pub(super) struct Penalties {
    repetition: f32,
    ngram: usize,
    /// Room that is used again at each step.
    seen: Vec<bool>,
}

impl Penalties {
    /// A penalty of 1 and runs of 0 tokens hold nothing back.
    pub(super) fn new(repetition: f32, ngram: usize) -> Self {
        Self {
            repetition,
            ngram,
            seen: Vec::new(),
        }
    }

    /// Whether they change nothing.
    pub(super) fn are_idle(&self) -> bool {
        self.repetition == 1.0 && self.ngram == 0
    }

    /// Changes `scores`, one for each token of the vocabulary, for the token that comes after `history`;
    /// what is forbidden becomes `-inf`.
    pub(super) fn apply(&mut self, scores: &mut [f32], history: &[u32]) {
        self.hold_back(scores, history);
        forbid_repeats(scores, history, self.ngram);
    }

    fn hold_back(&mut self, scores: &mut [f32], history: &[u32]) {
        let penalty = self.repetition;
        if penalty == 1.0 {
            return;
        }
        self.seen.clear();
        self.seen.resize(scores.len(), false);
        for id in history {
            let place = *id as usize;
            let (Some(score), Some(seen)) = (scores.get_mut(place), self.seen.get_mut(place))
            else {
                continue;
            };
            if !std::mem::replace(seen, true) {
                *score *= if *score < 0.0 { penalty } else { 1.0 / penalty };
            }
        }
    }
}

/// Forbids each token that would complete a run of `length` tokens that stands in `history`.
fn forbid_repeats(scores: &mut [f32], history: &[u32], length: usize) {
    if length == 0 || history.len() < length {
        return;
    }
    let tail = &history[history.len() + 1 - length..];
    for run in history.windows(length) {
        if let Some((last, front)) = run.split_last()
            && front == tail
            && let Some(score) = scores.get_mut(*last as usize)
        {
            *score = f32::NEG_INFINITY;
        }
    }
}
