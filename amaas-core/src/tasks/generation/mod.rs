//! Text that a model writes.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::{Chat, Service};
//!
//! let writer = Service::builder().registry("models/").build()?.load("smollm2")?;
//! let answers = writer.generate(&["The capital of France is"])?;
//! println!("{}", answers[0].text);
//! let answer = writer.chat(&Chat::new([("user", "What is the capital of France?")]))?;
//! println!("{}", answer.text);
//! # Ok(())
//! # }
//! ```
//!
//! An [`engine`] writes all texts of a version at once, a token of each at a time, over a [`cache`] that
//! no step copies. What stands around the graph are pure pieces, one a file: a [`constraint`] masks the
//! scores that a run gave, a [`sampler`] (or a [`beam`]) chooses a token of them, [`delta`] makes text
//! of it, and [`stop`] says whether that was the end. A [`template`] made the prompt. For a text that is
//! written alone [`lookup`] guesses ahead.
//!
//! The trap: texts that run together may differ in the last digits of their scores from texts that run
//! alone, and so may choose another token where two are nearly as probable.

mod answer;
mod beam;
mod beams;
mod cache;
mod chat;
mod constraint;
mod delta;
mod desk;
mod engine;
mod handover;
mod logits;
mod lookup;
mod options;
mod pen;
mod penalties;
mod ports;
mod sampler;
mod sequence;
mod stages;
mod stop;
mod stream;
mod template;
mod writer;

use std::sync::Arc;

use self::answer::{Batch, charge};
pub use self::chat::Chat;
pub use self::options::{Finish, GenerateOptions, Generated, Generation};
pub use self::stream::{TextReady, TextStream};
use self::writer::Prompt;
pub(super) use self::writer::Writer;
use crate::service::{Admitted, Call, LoadedModel, Route, Ticket};
use crate::{Error, ErrorKind, Result};

const KIND: &str = "text-generation";

impl Route {
    /// Writes a text after each prompt, all of them at once.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InputTooLong` for a prompt that leaves no room;
    /// `InferenceFailed` when scores are no numbers; `QuotaExceeded` and `BudgetExhausted` also in the
    /// middle of a text; and as [`Route::run`].
    pub fn generate<T: AsRef<str> + Sync>(&self, prompts: &[T]) -> Result<Vec<Generation>> {
        Ok(self
            .generate_with(prompts, &GenerateOptions::default())?
            .answers)
    }

    /// Writes a text after each prompt, with options of this call.
    ///
    /// # Errors
    /// As [`Route::generate`], and `InvalidArgument` for options out of range or a schema that nothing
    /// meets.
    pub fn generate_with<T: AsRef<str> + Sync>(
        &self,
        prompts: &[T],
        options: &GenerateOptions,
    ) -> Result<Generated> {
        let texts = || {
            prompts
                .iter()
                .map(|prompt| prompt.as_ref().to_owned())
                .collect()
        };
        let list: Vec<_> = prompts
            .iter()
            .map(|prompt| Prompt::Text(prompt.as_ref()))
            .collect();
        self.write(&list, options, || Prompts::Texts(texts()))
    }

    /// As [`Route::generate_with`], without waiting: the prompts are tokenised on this thread, and what
    /// comes of them comes through the ticket.
    pub fn submit_generate<T: AsRef<str> + Send + Sync + 'static>(
        &self,
        prompts: Vec<T>,
        options: &GenerateOptions,
    ) -> Ticket<Generated> {
        let texts = prompts
            .into_iter()
            .map(|prompt| prompt.as_ref().to_owned())
            .collect();
        self.write_later(Prompts::Texts(texts), options)
    }

    /// Writes a text after a prompt, piece by piece.
    ///
    /// # Errors
    /// As [`Route::generate_with`], as far as it is known before the first token; the rest comes
    /// through the stream.
    pub fn stream_generate(&self, prompt: &str, options: &GenerateOptions) -> Result<TextStream> {
        self.write_stream(&Prompts::Texts(vec![prompt.to_owned()]), options)
    }

    /// Writes the answer to a chat.
    ///
    /// # Errors
    /// As [`Route::chat_with`].
    pub fn chat(&self, chat: &Chat) -> Result<Generation> {
        let answers = self.chat_with(chat, &GenerateOptions::default())?.answers;
        answers.into_iter().next().ok_or_else(sequence::panicked)
    }

    /// Writes the answer to a chat, with options of this call.
    ///
    /// # Errors
    /// As [`Route::generate_with`]; `Unsupported` when the package has no chat template, and
    /// `InvalidArgument` when the template refuses the messages.
    pub fn chat_with(&self, chat: &Chat, options: &GenerateOptions) -> Result<Generated> {
        self.write(&[Prompt::Chat(chat)], options, || {
            Prompts::Chat(chat.clone())
        })
    }

    /// As [`Route::chat_with`], without waiting.
    pub fn submit_chat(&self, chat: Chat, options: &GenerateOptions) -> Ticket<Generated> {
        self.write_later(Prompts::Chat(chat), options)
    }

    /// Writes the answer to a chat, piece by piece.
    ///
    /// # Errors
    /// As [`Route::chat_with`], as far as it is known before the first token.
    pub fn stream_chat(&self, chat: &Chat, options: &GenerateOptions) -> Result<TextStream> {
        self.write_stream(&Prompts::Chat(chat.clone()), options)
    }

    /// The prompt that the package's template makes of a chat.
    ///
    /// # Errors
    /// As [`Route::chat_with`].
    pub fn chat_prompt(&self, chat: &Chat) -> Result<String> {
        let model = self.lease();
        model.task::<Writer>(KIND)?.prompt(&model, chat)
    }

    fn write(
        &self,
        prompts: &[Prompt<'_>],
        options: &GenerateOptions,
        own: impl FnOnce() -> Prompts,
    ) -> Result<Generated> {
        let admitted = Arc::new(self.admit(&options.call)?);
        let model = admitted.model();
        let answer = Batch::start((model, Some(&admitted)), prompts, options).and_then(|batch| {
            let answer = batch.wait(model);
            answer.map_err(|error| charge(&admitted, batch.usage(model), error))
        });
        admitted.finish(answer, || own().again(options))
    }

    fn write_later(&self, prompts: Prompts, options: &GenerateOptions) -> Ticket<Generated> {
        let opened = self.admit(&options.call);
        let model = match &opened {
            Ok(admitted) => Arc::clone(admitted.model()),
            Err(_) => self.lease(),
        };
        let own = options.clone();
        Ticket::start(&model, &options.call, |_, call| async move {
            let admitted = Arc::new(opened?);
            let options = GenerateOptions { call, ..own };
            let answer = later(&admitted, &prompts, &options).await;
            admitted.finish(answer, || prompts.again(&options))
        })
    }

    fn write_stream(&self, prompts: &Prompts, options: &GenerateOptions) -> Result<TextStream> {
        let admitted = self.admit(&options.call)?;
        let list = prompts.list();
        let first = list.first().copied().ok_or_else(no_prompt)?;
        let again = prompts.clone().again(options);
        TextStream::start(admitted, first, options, Box::new(again))
    }
}

/// The prompts of a request, to keep.
#[derive(Debug, Clone)]
enum Prompts {
    Texts(Vec<String>),
    Chat(Chat),
}

impl Prompts {
    fn list(&self) -> Vec<Prompt<'_>> {
        match self {
            Self::Texts(texts) => texts.iter().map(|text| Prompt::Text(text)).collect(),
            Self::Chat(chat) => vec![Prompt::Chat(chat)],
        }
    }

    /// The same request once more, as another call.
    fn again(
        self,
        options: &GenerateOptions,
    ) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<Generated> + Send + 'static + use<> {
        let options = options.clone();
        move |model, call| {
            let options = GenerateOptions { call, ..options };
            Batch::start((model, None), &self.list(), &options)?.wait(model)
        }
    }
}

async fn later(
    admitted: &Arc<Admitted>,
    prompts: &Prompts,
    options: &GenerateOptions,
) -> Result<Generated> {
    let model = admitted.model();
    let batch = Batch::start((model, Some(admitted)), &prompts.list(), options)?;
    let answer = batch.wait_later(model).await;
    answer.map_err(|error| charge(admitted, batch.usage(model), error))
}

fn no_prompt() -> Error {
    Error::new(ErrorKind::InvalidArgument, "no prompt was given").advise("give one")
}
