//! Chat templates: from messages to a prompt, as the model was trained to read it.
//!
//! A template is written in Jinja and comes with the model, as `chat_template` of
//! `tokenizer_config.json` or as `chat_template.jinja`. It sees what the field's libraries give it:
//! `messages`, `tools`, `documents`, `add_generation_prompt`, `bos_token`, `eos_token` and whatever
//! else a caller passes, the methods of Python's strings and dictionaries, `raise_exception`,
//! `strftime_now`, and a `tojson` that writes as Python's `json.dumps` does. Blocks of `generation`,
//! which only mark text for training, are read as plain blocks.
//!
//! A template is code of a stranger. It has no access to anything but its values; fuel bounds its
//! steps and the memory it fills, and its output has a greatest size.
//!
//! The trap: `raise_exception` may repeat what a user wrote. Its words are shown only where they
//! stand in the template itself.

mod json;
mod time;

use std::io;
use std::sync::LazyLock;
use std::time::SystemTime;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, Value, ValueKind};
use minijinja::{Environment, State, UndefinedBehavior};
use regex::Regex;

use crate::privacy::Redacted;
use crate::{Error, ErrorKind, Result};

/// The most bytes of a template.
const LONGEST: usize = 1 << 20;
/// The most bytes of a prompt.
const MOST_OUTPUT: usize = 32 << 20;
/// Steps for any template, and for each byte that it is given.
const FUEL: u64 = 2_000_000;
const FUEL_A_BYTE: u64 = 64;
/// The deepest nesting of calls, so that a small stack is enough.
const DEEPEST: usize = 64;
const NAME: &str = "chat";

/// A compiled template of one model.
#[derive(Debug)]
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    /// As it was written, to tell its words from those of users.
    source: String,
    tokens: Vec<(String, String)>,
}

/// What a prompt is made of.
#[derive(Debug, Clone)]
pub(crate) struct Chat<'a> {
    /// A list of `{"role": …, "content": …}`.
    pub(crate) messages: &'a serde_json::Value,
    /// The tools the model may call, as JSON schemas of functions.
    pub(crate) tools: Option<&'a serde_json::Value>,
    /// Whether the prompt ends where the answer of the model begins.
    pub(crate) add_generation_prompt: bool,
    /// Further values by name; they stand before all others.
    pub(crate) values: &'a serde_json::Map<String, serde_json::Value>,
    /// What `strftime_now` says, in UTC.
    pub(crate) now: SystemTime,
}

impl ChatTemplate {
    /// Compiles `source`; `tokens` are values by name, like `bos_token` and `eos_token`.
    ///
    /// # Errors
    /// `InvalidPackage`, with the line, when the template cannot be read.
    pub(crate) fn compile(source: &str, tokens: &[(&str, &str)]) -> Result<Self> {
        if source.len() > LONGEST {
            let message = format!("the chat template has `{}` bytes", source.len());
            return Err(Error::new(ErrorKind::InvalidPackage, message)
                .advise("templates may have 1 MiB; a model's own has a few kilobytes"));
        }
        let mut environment = environment();
        environment
            .add_template_owned(NAME, without_marks(source))
            .map_err(|cause| unreadable(&cause))?;
        let tokens = tokens
            .iter()
            .map(|(name, token)| ((*name).to_owned(), (*token).to_owned()));
        Ok(Self {
            environment,
            source: source.to_owned(),
            tokens: tokens.collect(),
        })
    }

    /// The prompt of `chat`.
    ///
    /// # Errors
    /// `InvalidArgument` when the template refuses the messages, or finds something missing in them;
    /// `InvalidPackage` when it takes too many steps or writes too much; `InputTooLong` for messages
    /// over 32 MiB.
    pub(crate) fn render(&self, chat: &Chat<'_>) -> Result<String> {
        let size = size(chat)?;
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(FUEL + FUEL_A_BYTE * size));
        let now = chat.now;
        environment.add_function("strftime_now", move |format: &str| {
            time::format(now, format)
        });
        let template = environment
            .get_template(NAME)
            .map_err(|cause| unreadable(&cause))?;
        let mut prompt = Bounded(Vec::new());
        template
            .render_captured_to(self.values(chat), &mut prompt)
            .map_err(|cause| self.refused(&cause))?;
        String::from_utf8(prompt.0).map_err(|_| {
            Error::new(ErrorKind::Internal, "a prompt is no text").advise("please report this")
        })
    }

    fn values(&self, chat: &Chat<'_>) -> Value {
        let own = self
            .tokens
            .iter()
            .map(|(name, token)| (name.clone(), Value::from(token)));
        let given = [
            ("messages", Value::from(Serde(chat.messages))),
            ("tools", Value::from(Serde(chat.tools))),
            ("documents", Value::from(())),
            (
                "add_generation_prompt",
                Value::from(chat.add_generation_prompt),
            ),
        ];
        let given = given.map(|(name, value)| (name.to_owned(), value));
        let others = chat
            .values
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(Serde(value))));
        Value::from_pairs(own.chain(given).chain(others))
    }

    /// What went wrong while rendering, without a word of the messages.
    fn refused(&self, cause: &minijinja::Error) -> Error {
        use minijinja::ErrorKind as Cause;
        match cause.kind() {
            Cause::OutOfFuel => Error::new(
                ErrorKind::InvalidPackage,
                "the chat template takes too many steps",
            )
            .advise("check it for loops that grow with themselves"),
            Cause::WriteFailure => Error::new(
                ErrorKind::InvalidPackage,
                "the chat template writes over 32 MiB",
            )
            .advise("check it for loops that repeat the messages"),
            Cause::UnknownFilter
            | Cause::UnknownFunction
            | Cause::UnknownTest
            | Cause::UnknownMethod => located(
                cause,
                ErrorKind::InvalidPackage,
                "the chat template uses what is not there",
            )
            .advise("templates have what the field's libraries give them, and no more"),
            _ => match raised(cause) {
                Some(words) => self.refusal(words),
                None => located(
                    cause,
                    ErrorKind::InvalidArgument,
                    "the chat template fails on these messages",
                )
                .advise("give each message a role and a content, as the model's card shows"),
            },
        }
    }

    /// The template itself refuses the messages.
    fn refusal(&self, words: &str) -> Error {
        let error = Error::new(
            ErrorKind::InvalidArgument,
            "the chat template refuses these messages",
        );
        let error = if self.source.contains(words) {
            error.with("it says", words)
        } else {
            error.with("it says", Redacted(words))
        };
        error.advise("order them as the model expects: its card shows which roles may follow which")
    }
}

/// What every template sees.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_syntax(layout());
    environment.set_recursion_limit(DEEPEST);
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.set_formatter(|out, state, value| match value.kind() {
        ValueKind::Bool if value.is_true() => Ok(out.write_str("True")?),
        ValueKind::Bool => Ok(out.write_str("False")?),
        ValueKind::None => Ok(out.write_str("None")?),
        _ => minijinja::escape_formatter(out, state, value),
    });
    environment.add_filter("tojson", to_json);
    environment.add_function(
        "raise_exception",
        |words: String| -> Result<(), minijinja::Error> {
            Err(
                minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, words)
                    .with_source(Raised),
            )
        },
    );
    environment
}

/// The first line break behind a block, and the blanks before one, are no text.
fn layout() -> SyntaxConfig {
    let mut builder = SyntaxConfig::builder();
    builder.trim_blocks(true).lstrip_blocks(true);
    // Nothing else was asked for, so nothing can contradict it.
    builder.build().unwrap_or_default()
}

/// `value` as Python's `json.dumps` writes it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "filters take their options so"
)]
fn to_json(
    state: &State<'_, '_>,
    value: &Value,
    options: Kwargs,
) -> Result<Value, minijinja::Error> {
    let layout = json::Layout::read(&options)?;
    options.assert_all_used()?;
    let text = layout.write(value)?;
    state.consume_fuel(text.len() as u64 / 64)?;
    Ok(Value::from_safe_string(text))
}

/// Marks errors that the template raised itself.
#[derive(Debug, thiserror::Error)]
#[error("the template raised it")]
struct Raised;

fn raised(cause: &minijinja::Error) -> Option<&str> {
    use std::error::Error as _;
    let source = cause.source()?;
    source.downcast_ref::<Raised>().and(cause.detail())
}

fn unreadable(cause: &minijinja::Error) -> Error {
    let error = located(
        cause,
        ErrorKind::InvalidPackage,
        "the chat template cannot be read",
    );
    // Nothing of a user is in it yet: these are words about the template alone.
    let error = match cause.detail() {
        Some(detail) => error.with("detail", detail),
        None => error,
    };
    error.advise("check `chat_template` against the model's own")
}

/// An error with the line of the template, and without the details, which may repeat values.
fn located(cause: &minijinja::Error, kind: ErrorKind, message: &str) -> Error {
    let error = Error::new(kind, message).with("cause", cause.kind());
    match cause.line() {
        Some(line) => error.with("line", line),
        None => error,
    }
}

/// The template with blocks of `generation` as plain blocks.
fn without_marks(source: &str) -> String {
    static MARK: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\{%([-+]?)\s*(end)?generation\s*([-+]?)%\}").ok());
    let plain = |found: &regex::Captures<'_>| {
        let word = if found.get(2).is_some() {
            "endif"
        } else {
            "if true"
        };
        format!("{{%{} {word} {}%}}", &found[1], &found[3])
    };
    match &*MARK {
        Some(mark) => mark.replace_all(source, plain).into_owned(),
        None => source.to_owned(),
    }
}

/// The bytes that a template is given.
fn size(chat: &Chat<'_>) -> Result<u64> {
    let mut counted = Bounded(Vec::new());
    let parts = (chat.messages, chat.tools, chat.values);
    serde_json::to_writer(&mut counted, &parts).map_err(|_| {
        Error::new(
            ErrorKind::InputTooLong,
            "the messages and tools have over 32 MiB",
        )
        .advise("send fewer or shorter messages")
    })?;
    Ok(counted.0.len() as u64)
}

/// Text that does not grow over [`MOST_OUTPUT`].
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_OUTPUT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
