//! What a call says of the text it wants, and what it gets.

use super::sampler::SamplingOptions;
use crate::model::{GenerationDefaults, Overflow};
use crate::service::Call;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// What a call may say otherwise than the package.
///
/// ```
/// use amaas_core::GenerateOptions;
///
/// let options = GenerateOptions {
///     max_new_tokens: Some(40),
///     temperature: Some(0.7),
///     do_sample: Some(true),
///     seed: Some(2014),
///     stop: vec!["\n\n".to_owned()],
///     ..GenerateOptions::default()
/// };
/// assert!(options.schema.is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct GenerateOptions {
    /// The most tokens of the answer; as many as the package says, or as there is room for, when
    /// absent.
    pub max_new_tokens: Option<usize>,
    /// Whether tokens are drawn; else the most probable one is taken. When absent they are drawn if
    /// the package says so, or if this call says how.
    pub do_sample: Option<bool>,
    /// What scores are divided by before drawing; 0 takes the most probable token.
    pub temperature: Option<f32>,
    /// Only so many of the most probable tokens; 0 for all.
    pub top_k: Option<usize>,
    /// Only the fewest tokens whose probabilities reach this sum.
    pub top_p: Option<f32>,
    /// Only tokens at least this share as probable as the most probable one.
    pub min_p: Option<f32>,
    /// How much tokens that stand in the text already are held back; 1 for not at all.
    pub repetition_penalty: Option<f32>,
    /// No run of so many tokens stands in the text twice.
    pub no_repeat_ngram_size: Option<usize>,
    /// The seed of the draws: the same one draws the same tokens.
    pub seed: Option<u64>,
    /// Texts at which the answer ends; they are not part of it.
    pub stop: Vec<String>,
    /// The JSON schema that the answer follows.
    pub schema: Option<serde_json::Value>,
    /// So many beams are searched for the most probable text; 1 for none. When absent as many as the
    /// package says, unless this call draws or has a schema.
    pub num_beams: Option<usize>,
    /// The power of the length by which scores of beams are divided; the package's word when absent, or
    /// else 1.
    pub length_penalty: Option<f32>,
    /// The most tokens that are guessed at once, for a text that is written alone: of what its schema
    /// forces, or what stands in the text already. Up to 64; 0 for no guesses. What is written does not depend on it.
    pub prompt_lookup_num_tokens: Option<usize>,
    /// What happens to a prompt that is too long; the package's word when absent. Windows there are
    /// none.
    pub overflow: Option<Overflow>,
    /// By when, how urgent, and a flag to cancel it.
    pub call: Call,
}

/// Why a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finish {
    /// The model ended it, or a stop string did.
    Stop,
    /// It has as many tokens as it may.
    Length,
}

impl Finish {
    /// The reason as one stable lower-case word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
        }
    }
}

/// The text that a model wrote after one prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Generation {
    /// The text, without the prompt.
    pub text: String,
    /// Why it ended there.
    pub finish: Finish,
    /// Tokens of the prompt that were cut off because it was too long; 0 when all was read.
    pub truncated: usize,
    /// The seed of the draws: with it the same tokens are drawn again.
    pub seed: u64,
}

/// The answers to a call, in the order of its prompts, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Generated {
    /// One answer for each prompt.
    pub answers: Vec<Generation>,
    /// What the call used.
    pub usage: Usage,
}

impl GenerateOptions {
    /// Sets the schema from JSON text.
    ///
    /// # Errors
    /// `InvalidArgument` when it is no JSON.
    pub fn set_schema(&mut self, json: &str) -> Result<()> {
        let schema = serde_json::from_str(json).map_err(|cause| {
            Error::new(ErrorKind::InvalidArgument, "the schema is no JSON")
                .because(cause)
                .advise("pass a JSON schema")
        })?;
        self.schema = Some(schema);
        Ok(())
    }

    /// How tokens are chosen, with the package's word for what is not said here.
    pub(super) fn sampling(&self, defaults: &GenerationDefaults) -> SamplingOptions {
        let plain = SamplingOptions::default();
        let says_how = self.temperature.is_some()
            || self.top_k.is_some()
            || self.top_p.is_some()
            || self.min_p.is_some();
        SamplingOptions {
            do_sample: self
                .do_sample
                .unwrap_or(says_how || defaults.do_sample == Some(true)),
            temperature: self
                .temperature
                .or(defaults.temperature)
                .unwrap_or(plain.temperature),
            top_k: self.top_k.or(defaults.top_k).unwrap_or(plain.top_k),
            top_p: self.top_p.or(defaults.top_p).unwrap_or(plain.top_p),
            min_p: self.min_p.or(defaults.min_p).unwrap_or(plain.min_p),
            repetition_penalty: self
                .repetition_penalty
                .or(defaults.repetition_penalty)
                .unwrap_or(plain.repetition_penalty),
            no_repeat_ngram: self
                .no_repeat_ngram_size
                .or(defaults.no_repeat_ngram_size)
                .unwrap_or(plain.no_repeat_ngram),
            seed: self.seed,
        }
    }
}
