//! Token classification: a text in, spans with labels out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let names = service.load("names@^1")?;
//! let answers = names.tag(&["Ada Lovelace lived in London."])?;
//! for entity in &answers[0].entities {
//!     println!("{} {} {:.2}", entity.label, entity.word, entity.score);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Places are those of the caller's own text, in characters and in bytes: also where a tokenizer
//! lower-cases or decomposes, where a long text is read in windows, and where what is sensitive was
//! taken out before the model saw it.
//!
//! The trap: a span is what the model saw as tokens. Where its tokenizer keeps the blank before a
//! word, so does the span.

mod labels;
mod spans;
mod tagger;

use std::sync::Arc;

pub(super) use self::tagger::Tagger;
use crate::Result;
use crate::model::{Aggregation, Overflow};
use crate::service::{Answer, Call, LoadedModel, Route, Ticket};
use crate::usage::Usage;

const KIND: &str = "token-classification";

/// A span of a text and what it is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entity {
    /// The label, without the letter in front where spans are of several tokens.
    pub label: String,
    /// How sure it is, 0 to 1: the mean over its tokens or words.
    pub score: f64,
    /// Its first character, from 0.
    pub start: usize,
    /// The character behind its last.
    pub end: usize,
    /// Its first byte, from 0.
    pub start_byte: usize,
    /// The byte behind its last.
    pub end_byte: usize,
    /// What stands there.
    pub word: String,
    /// The place of its token among those of its row, special ones included; without aggregation
    /// only.
    pub index: Option<usize>,
}

/// The answer to one text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Tagging {
    /// Spans in the order of the text.
    pub entities: Vec<Entity>,
    /// Tokens that were cut off because the text was too long; 0 when all of it was read.
    pub truncated: usize,
    /// Windows the text was read in; 1 unless it was long and `overflow` says so.
    pub windows: usize,
}

/// The answers to a call, in the order of its texts, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Tagged {
    /// One answer for each text.
    pub answers: Vec<Tagging>,
    /// What the call used.
    pub usage: Usage,
}

/// What a call may say otherwise than the package.
#[derive(Debug, Clone, Default)]
pub struct TagOptions {
    /// What a label is of; the package's word when absent.
    pub aggregation: Option<Aggregation>,
    /// Labels that no answer has, whole or without the letter in front; the package's when absent.
    pub ignore_labels: Option<Vec<String>>,
    /// What happens to texts that are too long; the package's word when absent.
    pub overflow: Option<Overflow>,
    /// By when, how urgent, and a flag to cancel it.
    pub call: Call,
}

impl Route {
    /// Finds the spans of each text.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InputTooLong` for a text over the limit;
    /// `InferenceFailed` when a score is not a number; and as [`Route::run`].
    pub fn tag<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<Vec<Tagging>> {
        Ok(self.tag_with(texts, &TagOptions::default())?.answers)
    }

    /// Finds the spans of each text, with options of this call.
    ///
    /// # Errors
    /// As [`Route::tag`].
    pub fn tag_with<T: AsRef<str> + Sync>(
        &self,
        texts: &[T],
        options: &TagOptions,
    ) -> Result<Tagged> {
        let copy = || {
            let texts: Vec<_> = texts.iter().map(|text| text.as_ref().to_owned()).collect();
            tag_again(texts.into(), options)
        };
        let tag = |model: &Arc<LoadedModel>| tag(model, texts, options);
        self.answer(&options.call, tag, copy)
    }

    /// As [`Route::tag_with`], without waiting: the texts are tokenised on this thread, and what
    /// comes of them comes through the ticket.
    pub fn submit_tag<T: AsRef<str> + Send + Sync + 'static>(
        &self,
        texts: Vec<T>,
        options: &TagOptions,
    ) -> Ticket<Tagged> {
        let texts: Arc<[T]> = texts.into();
        let (own, again) = (options.clone(), (Arc::clone(&texts), options.clone()));
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let options = TagOptions { call, ..own };
            let task = model.task::<Tagger>(KIND)?;
            task.run_later(&model, &texts, &options).await
        };
        let copy = move || tag_again(again.0, &again.1);
        self.ticket(&options.call, work, copy)
    }
}

fn tag<T: AsRef<str> + Sync>(
    model: &LoadedModel,
    texts: &[T],
    options: &TagOptions,
) -> Result<Tagged> {
    model.task::<Tagger>(KIND)?.run(model, texts, options)
}

/// The same request once more, as another call.
fn tag_again<T: AsRef<str> + Send + Sync + 'static>(
    texts: Arc<[T]>,
    options: &TagOptions,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<Tagged> + Send + 'static + use<T> {
    let options = options.clone();
    move |model, call| tag(model, &texts, &TagOptions { call, ..options })
}

impl Answer for Tagged {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    /// The share of texts with other spans.
    fn apart(&self, other: &Self) -> f64 {
        let spans = |one: &Tagging| {
            let span = |entity: &Entity| (entity.label.clone(), entity.start, entity.end);
            one.entities.iter().map(span).collect::<Vec<_>>()
        };
        let pairs = self.answers.iter().zip(&other.answers);
        let differ = pairs
            .filter(|(one, other)| spans(one) != spans(other))
            .count();
        differ as f64 / self.answers.len().max(1) as f64
    }
}
