//! Output that follows a JSON schema, token by token.
//!
//! ```text
//! compile(schema) ─► mask(logits) ─► sampler ─► commit(token) ─┐
//!                        ▲                                     │ until nothing but the end may follow
//!                        └─────────────────────────────────────┘
//! ```
//!
//! The grammar engine is `llguidance`; here stands what it is told of a tokenizer, its limits, and
//! what its words mean to callers. A [`Vocabulary`] is made once for a model, a [`Constraint`] for
//! each sequence. Values are written with at most one blank after commas and colons and no line
//! breaks, so that a model cannot fill its limit of tokens with blanks.
//!
//! The trap: what follows the schema is the whole text. A text that was cut off by the limit of
//! tokens is only the beginning of one, as its finish says.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use llguidance::api::{ParserLimits, TopLevelGrammar};
use llguidance::earley::SlicedBiasComputer;
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};
use tokenizers::{Decoder as _, DecoderWrapper, Tokenizer};
use toktrie::{ApproximateTokEnv, InferenceCapabilities, TokRxInfo, TokTrie};

use super::delta;
use crate::{Error, ErrorKind, Result};

/// The most bytes of a schema.
const LONGEST: usize = 1 << 20;

/// How deep a schema may be nested: as deep as JSON text may be.
const DEEPEST: usize = 128;

/// What the tokens of a model are as bytes.
pub(crate) struct Vocabulary {
    factory: ParserFactory,
    size: usize,
}

impl fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vocabulary")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Vocabulary {
    /// Reads the tokens of `tokenizer`, of which `ends` end a sequence. Takes some tenths of a second
    /// for large vocabularies.
    ///
    /// # Errors
    /// `InvalidPackage` when no token ends a sequence, or when the tokens cannot be read.
    pub(crate) fn new(tokenizer: &Tokenizer, ends: &[u32]) -> Result<Self> {
        let refused = |message: &str| {
            Error::new(ErrorKind::InvalidPackage, message)
                .advise("name the token that ends a text; tokenizer.json must have it")
        };
        let words = words(tokenizer)?;
        let Some(first) = ends.first() else {
            return Err(refused("no token ends a text, so none can follow a schema"));
        };
        if let Some(end) = ends.iter().find(|end| **end as usize >= words.len()) {
            return Err(
                refused("a token that ends a text is not in the vocabulary").with("token", end)
            );
        }
        let size = words.len();
        let made = guarded(|| {
            let trie = TokTrie::from(&TokRxInfo::new(size as u32, *first), &words);
            let environment: Arc<_> = Arc::new(ApproximateTokEnv::new(trie.with_eos_tokens(ends)));
            let slices = SlicedBiasComputer::json_slices();
            let mut factory = ParserFactory::new(
                &(environment as _),
                InferenceCapabilities::default(),
                &slices,
            )?;
            factory.quiet();
            *factory.limits_mut() = limits();
            Ok(factory)
        });
        let factory =
            made.map_err(|cause| refused("the vocabulary cannot be read").with("cause", cause))?;
        Ok(Self { factory, size })
    }
}

/// What one schema may cost. A refusal never repeats the text so far.
fn limits() -> ParserLimits {
    ParserLimits {
        verbose_errors: false,
        ..ParserLimits::default()
    }
}

/// The state of one sequence.
pub(crate) struct Constraint {
    matcher: Matcher,
}

impl fmt::Debug for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Constraint").finish_non_exhaustive()
    }
}

/// A copy stands where the original stands, for another way to go on.
impl Clone for Constraint {
    fn clone(&self) -> Self {
        Self {
            matcher: self.matcher.deep_clone(),
        }
    }
}

impl Constraint {
    /// Makes `schema` ready for a sequence of tokens of `vocabulary`.
    ///
    /// # Errors
    /// `InvalidArgument` when the schema is malformed, asks for what this build cannot hold a model
    /// to, costs too much, or can be met by no value.
    pub(crate) fn compile(schema: &Value, vocabulary: &Vocabulary) -> Result<Self> {
        let too_much = |message| {
            Error::new(ErrorKind::InvalidArgument, message)
                .advise("leave out what the answer does not need")
        };
        if is_deep(schema) {
            let message = format!("the JSON schema is nested over `{DEEPEST}` deep");
            return Err(too_much(message));
        }
        if schema.to_string().len() > LONGEST {
            return Err(too_much("the JSON schema has over 1 MiB".to_owned()));
        }
        let grammar = TopLevelGrammar::from_json_schema(laid_out(schema));
        let made = guarded(|| {
            let mut matcher = Matcher::new(vocabulary.factory.create_parser(grammar));
            // A schema that allows no first token can never be met.
            let mask = matcher.compute_mask()?;
            if mask.is_zero() {
                return Err("no value meets it".into());
            }
            Ok(matcher)
        });
        let matcher = made.map_err(|cause| {
            Error::new(
                ErrorKind::InvalidArgument,
                "no output can follow this JSON schema",
            )
            .with("cause", cause)
            .advise("correct what is named, or leave it out and check the answer yourself")
        })?;
        Ok(Self { matcher })
    }

    /// Forbids, with `-inf`, each token that cannot go on from here. Once nothing may follow, only
    /// the tokens that end a text are left.
    ///
    /// # Errors
    /// `InvalidArgument` when the schema has become too costly to follow.
    pub(crate) fn mask(&mut self, logits: &mut [f32]) -> Result<()> {
        let allowed = guarded(|| Ok(self.matcher.compute_mask_or_eos()?)).map_err(stuck)?;
        let words = allowed.as_slice();
        for (place, chunk) in logits.chunks_mut(u32::BITS as usize).enumerate() {
            match words.get(place).copied().unwrap_or(0) {
                0 => chunk.fill(f32::NEG_INFINITY),
                word => {
                    let forbidden = chunk
                        .iter_mut()
                        .enumerate()
                        .filter(|(bit, _)| word >> bit & 1 == 0);
                    forbidden.for_each(|(_, logit)| *logit = f32::NEG_INFINITY);
                }
            }
        }
        Ok(())
    }

    /// Tokens for what must come next whatever the model wants, such as the name of a member; often
    /// none. A model may cut the same text into other tokens.
    pub(crate) fn forced(&mut self) -> Vec<u32> {
        if self.is_finished() {
            return Vec::new();
        }
        let forced = guarded(|| {
            let bytes = self.matcher.compute_ff_bytes();
            Ok(self.matcher.tok_env()?.tok_trie().greedy_tokenize(&bytes))
        });
        forced.unwrap_or_default()
    }

    /// Goes on by `token`.
    ///
    /// # Errors
    /// `InvalidArgument` for a token that the last mask forbade.
    pub(crate) fn commit(&mut self, token: u32) -> Result<()> {
        if self.is_finished() {
            return Ok(());
        }
        guarded(|| Ok(self.matcher.consume_token(token)?)).map_err(stuck)
    }

    /// Whether the text so far is a whole value that meets the schema.
    #[cfg(test)]
    pub(crate) fn is_complete(&mut self) -> bool {
        self.is_finished() || guarded(|| Ok(self.matcher.is_accepting()?)).unwrap_or(false)
    }

    /// Whether nothing but the end may follow.
    pub(crate) fn is_finished(&self) -> bool {
        self.matcher.is_stopped() && !self.matcher.is_error()
    }
}

/// Whether a schema is nested so deep that whoever walks down it could run out of stack.
fn is_deep(schema: &Value) -> bool {
    let mut level = vec![schema];
    for _ in 0..DEEPEST {
        level = level.into_iter().flat_map(below).collect();
    }
    !level.is_empty()
}

fn below(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    }
}

fn stuck(cause: String) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "the output cannot follow the JSON schema any further",
    )
    .with("cause", cause)
    .advise("simplify the schema: fewer alternatives, shorter patterns")
}

/// What `work` gives; a panic of the grammar engine is the schema's fault, not the host's.
fn guarded<T>(
    work: impl FnOnce() -> Result<T, Box<dyn std::error::Error + Send + Sync>>,
) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(made)) => Ok(made),
        Ok(Err(cause)) => Err(first_line(&cause.to_string())),
        Err(_) => Err("it breaks the grammar engine".to_owned()),
    }
}

/// Causes may go on over many lines, down to a backtrace.
fn first_line(cause: &str) -> String {
    cause
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(300)
        .collect()
}

/// The schema with how values are laid out, where it does not say so itself.
fn laid_out(schema: &Value) -> Value {
    let layout =
        json!({"whitespace_flexible": false, "item_separator": ", ?", "key_separator": ": ?"});
    let mut schema = schema.clone();
    if let Some(object) = schema.as_object_mut() {
        object.entry("x-guidance").or_insert(layout);
    }
    schema
}

/// Each token's bytes, as they stand within a text; special tokens are marked as no text.
fn words(tokenizer: &Tokenizer) -> Result<Vec<Vec<u8>>> {
    let vocabulary = tokenizer.get_vocab(true);
    let size = vocabulary
        .values()
        .max()
        .map_or(0, |last| *last as usize + 1);
    let reader = Reader::of(tokenizer.get_decoder());
    let added = tokenizer.get_added_vocabulary();
    let mut words: Vec<Vec<u8>> = (0..size).map(|id| special(&format!("[{id}]"))).collect();
    for (token, id) in &vocabulary {
        words[*id as usize] = if added.is_special_token(token) {
            special(token)
        } else {
            reader.read(token)?
        };
    }
    Ok(words)
}

fn special(name: &str) -> Vec<u8> {
    [&[TokTrie::SPECIAL_TOKEN_MARKER], name.as_bytes()].concat()
}

/// Reads tokens as their decoder does.
enum Reader<'a> {
    /// Each character stands for a byte.
    Level(Box<[Option<u8>; 0x200]>),
    /// Whatever the decoder makes of a token that follows another.
    Decoder(&'a DecoderWrapper),
    /// Tokens are their text, and a blank stands between them.
    Plain,
}

impl<'a> Reader<'a> {
    fn of(decoder: Option<&'a DecoderWrapper>) -> Self {
        match decoder {
            None => Self::Plain,
            Some(decoder) if delta::is_byte_level(decoder) => Self::Level(byte_level()),
            Some(decoder) => Self::Decoder(decoder),
        }
    }

    fn read(&self, token: &str) -> Result<Vec<u8>> {
        match self {
            Self::Level(bytes) => {
                let byte = |letter: char| bytes.get(letter as usize).copied().flatten();
                let read: Option<Vec<u8>> = token.chars().map(byte).collect();
                Ok(read.unwrap_or_else(|| token.as_bytes().to_vec()))
            }
            Self::Decoder(_) if delta::is_byte(token) => {
                Ok(delta::byte(token).into_iter().collect())
            }
            Self::Decoder(decoder) => within(decoder, token),
            Self::Plain => Ok(format!(" {token}").into_bytes()),
        }
    }
}

/// The text of `token` behind another.
fn within(decoder: &DecoderWrapper, token: &str) -> Result<Vec<u8>> {
    let before = "x";
    let decoded = decoder.decode(vec![before.to_owned(), token.to_owned()]);
    let text = decoded.map_err(|cause| {
        Error::new(
            ErrorKind::InvalidPackage,
            "the tokenizer cannot decode its own tokens",
        )
        .with("cause", cause)
        .advise("check the decoder in tokenizer.json")
    })?;
    Ok(text
        .strip_prefix(before)
        .unwrap_or(&text)
        .as_bytes()
        .to_vec())
}

/// Which byte each character stands for in byte-level vocabularies: the printable ones of Latin-1
/// for themselves, and all others, in order, the characters from U+0100 on (Radford et al., GPT-2,
/// 2019).
fn byte_level() -> Box<[Option<u8>; 0x200]> {
    let mut bytes = Box::new([None; 0x200]);
    let mut other = 0x100;
    for byte in 0..=u8::MAX {
        let place = match byte {
            b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => byte.into(),
            _ => {
                other += 1;
                other - 1
            }
        };
        bytes[place] = Some(byte);
    }
    bytes
}

#[cfg(test)]
mod tests;
