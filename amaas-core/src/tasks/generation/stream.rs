//! A text as it is written: an iterator over its pieces.
//!
//! The trap: a stream that is dropped gives its text up, and what was written by then is charged.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::answer::{Batch, charge};
use super::handover::{Handover, Next};
use super::options::{Finish, GenerateOptions, Generated};
use super::writer::Prompt;
use crate::runtime::Stop;
use crate::service::{Admitted, Call, LoadedModel};
use crate::usage::Usage;
use crate::{Error, Result};

/// The same request once more, as another call.
type Again = Box<dyn FnOnce(&Arc<LoadedModel>, Call) -> Result<Generated> + Send + 'static>;

/// A text as it is written, piece by piece; no piece splits a character.
///
/// ```no_run
/// # fn main() -> amaas_core::Result<()> {
/// use amaas_core::{GenerateOptions, Service};
///
/// let writer = Service::builder().registry("models/").build()?.load("smollm2")?;
/// let mut stream = writer.stream_generate("The capital of France is", &GenerateOptions::default())?;
/// for piece in &mut stream {
///     print!("{}", piece?);
/// }
/// println!("\n{} tokens", stream.generated().map_or(0, |whole| whole.usage.tokens_out));
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream that is dropped gives its text up"]
pub struct TextStream {
    admitted: Arc<Admitted>,
    batch: Batch,
    text: String,
    again: Option<Again>,
    generated: Option<Generated>,
    ended: bool,
}

impl std::fmt::Debug for TextStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextStream")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl TextStream {
    /// Lets a text be written after `prompt`; `again` asks for it once more, for a shadow.
    pub(super) fn start(
        admitted: Admitted,
        prompt: Prompt<'_>,
        options: &GenerateOptions,
        again: Again,
    ) -> Result<Self> {
        let admitted = Arc::new(admitted);
        let model = admitted.model();
        match Batch::start((model, Some(&admitted)), &[prompt], options) {
            Ok(batch) => Ok(Self {
                batch,
                admitted,
                text: String::new(),
                again: Some(again),
                generated: None,
                ended: false,
            }),
            Err(error) => {
                let failed = admitted.finish(Err::<Generated, _>(error), || again);
                Err(failed.err().unwrap_or_else(super::sequence::panicked))
            }
        }
    }

    /// The whole answer and its receipt, once the last piece was taken.
    pub fn generated(&self) -> Option<&Generated> {
        self.generated.as_ref()
    }

    /// What was used so far.
    pub fn usage(&self) -> Usage {
        match &self.generated {
            Some(generated) => generated.usage.clone(),
            None => self.batch.usage(self.admitted.model()),
        }
    }

    /// Gives the text up between two tokens: the stream then ends with `Cancelled`, unless it ended
    /// before.
    pub fn cancel(&self) {
        self.batch.cancel();
    }

    /// The flag that gives the text up when it is raised, for threads that do not have the stream.
    pub fn stop(&self) -> &Stop {
        self.batch.stop()
    }

    /// What tells when the next piece is there, for threads that do not have the stream.
    pub fn ready(&self) -> TextReady {
        TextReady(
            self.batch
                .first()
                .map(|started| Arc::clone(&started.handover)),
        )
    }

    /// The next piece if it is there, nothing at the end; else the context's waker is called when it is
    /// there: what an asynchronous stream asks for.
    pub fn poll_next(&mut self, context: &Context<'_>) -> Poll<Option<Result<String>>> {
        let Some(handover) = self.handover().filter(|_| !self.ended) else {
            return Poll::Ready(None);
        };
        handover.poll(context).map(|next| self.take(next))
    }

    /// Takes all that is left; the whole answer and its receipt.
    ///
    /// # Errors
    /// Whatever the text ends with.
    pub fn wait(mut self) -> Result<Generated> {
        for piece in &mut self {
            drop(piece?);
        }
        self.generated.take().ok_or_else(super::sequence::panicked)
    }

    fn handover(&self) -> Option<&Arc<Handover>> {
        self.batch.first().map(|started| &started.handover)
    }

    fn take(&mut self, next: Next) -> Option<Result<String>> {
        match next {
            Next::Piece(piece) => {
                self.text.push_str(&piece);
                Some(Ok(piece))
            }
            Next::End(end) => self.finish(end).err().map(Err),
        }
    }

    fn finish(&mut self, end: Result<Finish>) -> Result<()> {
        self.ended = true;
        let usage = self.batch.usage(self.admitted.model());
        let answer = match (end, self.batch.first()) {
            (Ok(finish), Some(started)) => Ok(Generated {
                answers: vec![started.generation(std::mem::take(&mut self.text), finish)],
                usage,
            }),
            (Err(error), _) => Err(charge(&self.admitted, usage, error)),
            (Ok(_), None) => Err(super::sequence::panicked()),
        };
        let Some(again) = self.again.take() else {
            return Ok(());
        };
        self.generated = Some(self.admitted.finish(answer, || again)?);
        Ok(())
    }
}

/// Tells when the next piece of a stream, or its end, can be taken without waiting.
#[derive(Debug, Clone)]
pub struct TextReady(Option<Arc<Handover>>);

impl TextReady {
    /// Whether it can.
    pub fn is_ready(&self) -> bool {
        self.0.as_ref().is_none_or(|handover| handover.is_ready())
    }

    /// Calls `callback` once when it can; now if it can. A panic of the callback is its own affair.
    pub fn when_ready(&self, callback: impl FnOnce() + Send + 'static) {
        match &self.0 {
            Some(handover) => handover.when_ready(callback),
            None => callback(),
        }
    }
}

impl Iterator for TextStream {
    type Item = Result<String>;

    /// Blocks until the next piece is there; nothing at the end.
    fn next(&mut self) -> Option<Result<String>> {
        if self.ended {
            return None;
        }
        let next = self.handover()?.wait();
        self.take(next)
    }
}

impl Drop for TextStream {
    fn drop(&mut self) {
        if !self.ended {
            self.batch.cancel();
            // The receipt says what was written; whom could an error be told?
            drop(self.finish(Err(given_up())));
        }
    }
}

fn given_up() -> Error {
    Error::new(crate::ErrorKind::Cancelled, "the stream was dropped")
}
