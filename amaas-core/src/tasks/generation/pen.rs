//! What makes text of scores, for one text: masks, chooses, decodes, and knows where the end is.

use super::constraint::Constraint;
use super::delta::Deltas;
use super::options::Finish;
use super::sampler::Sampler;
use super::stop::StopStrings;
use crate::Result;

/// The state of one text.
#[derive(Debug)]
pub(super) struct Pen {
    pub(super) sampler: Sampler,
    pub(super) constraint: Option<Constraint>,
    pub(super) deltas: Deltas,
    pub(super) stops: StopStrings,
    /// The tokens that end a text.
    pub(super) ends: Vec<u32>,
    /// How many more tokens it may write.
    pub(super) left: usize,
}

/// One step of it.
#[derive(Debug)]
pub(super) struct Stroke {
    /// The token that was chosen.
    pub(super) token: u32,
    /// The text that it settles, often none.
    pub(super) piece: String,
    /// Why it was the last one, if it was.
    pub(super) finish: Option<Finish>,
}

impl Pen {
    /// Tokens for what its schema leaves no choice about; often none.
    pub(super) fn forced(&mut self) -> Vec<u32> {
        let constraint = self.constraint.as_mut();
        constraint.map(Constraint::forced).unwrap_or_default()
    }

    /// Chooses the next token of `logits`; `history` is the text so far, prompt and all.
    ///
    /// # Errors
    /// `InferenceFailed` when a score is no number; `InvalidArgument` when the schema cannot be
    /// followed any further.
    pub(super) fn write(&mut self, logits: &mut [f32], history: &[u32]) -> Result<Stroke> {
        if let Some(constraint) = &mut self.constraint {
            constraint.mask(logits)?;
        }
        let token = self.sampler.next(logits, history)?;
        self.take(token)
    }

    /// Goes on by a token that was chosen elsewhere.
    ///
    /// # Errors
    /// As [`Pen::write`].
    pub(super) fn take(&mut self, token: u32) -> Result<Stroke> {
        self.left = self.left.saturating_sub(1);
        if self.ends.contains(&token) {
            let piece = self.rest()?;
            return Ok(self.stroke(token, piece, Some(Finish::Stop)));
        }
        let piece = self.deltas.push(token)?;
        let passed = self.stops.push(&piece);
        if passed.stopped.is_some() {
            return Ok(self.stroke(token, passed.text, Some(Finish::Stop)));
        }
        let whole = match &mut self.constraint {
            Some(constraint) => {
                constraint.commit(token)?;
                constraint.is_finished()
            }
            None => false,
        };
        let finish = match (whole, self.left) {
            (true, _) => Some(Finish::Stop),
            (false, 0) => Some(Finish::Length),
            _ => None,
        };
        if finish.is_none() {
            return Ok(self.stroke(token, passed.text, None));
        }
        let rest = self.rest()?;
        Ok(self.stroke(token, passed.text + &rest, finish))
    }

    fn stroke(&self, token: u32, piece: String, finish: Option<Finish>) -> Stroke {
        Stroke {
            token,
            piece,
            finish,
        }
    }

    /// What was held back, once no more tokens come.
    pub(super) fn rest(&mut self) -> Result<String> {
        let last = self.deltas.finish()?;
        let passed = self.stops.push(&last);
        Ok(match passed.stopped {
            Some(_) => passed.text,
            None => passed.text + &self.stops.finish(),
        })
    }
}
