//! Settings of text generation: which ports of the graph are its cache, how long texts may become,
//! and what calls get that say nothing else.
//!
//! ```
//! use amaas_core::model::{CacheKind, Manifest, Task};
//!
//! let manifest = Manifest::parse(r#"
//!     schema = 1
//!     [package]
//!     name = "writer"
//!     version = "1.0.0"
//!     license = "MIT"
//!     [task]
//!     kind = "text-generation"
//!     max_length = 2048
//!     eos_ids = [2]
//!     [task.defaults]
//!     temperature = 0.7
//!     [tokenizer]
//!     file = "tokenizer.json"
//!     max_tokens = 2047
//! "#)?;
//! let Some(Task::TextGeneration(settings)) = manifest.task else { panic!() };
//! assert_eq!(settings.cache, CacheKind::Growing);
//! assert_eq!(settings.defaults.temperature, Some(0.7));
//! # Ok::<(), amaas_core::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use super::super::PackagePath;
use super::invalid;
use crate::Result;

/// Settings of text generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextGeneration {
    /// The most tokens that prompt and answer may have together.
    pub max_length: usize,
    /// The tokens that end a text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub eos_ids: Vec<u32>,
    /// The token that begins a text, for the chat template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bos_id: Option<u32>,
    /// The output with the scores of the vocabulary, float of `[batch, tokens, vocabulary]`, of whose
    /// tokens the last is read.
    #[serde(default = "logits")]
    pub output: String,
    /// What the names of the cache's inputs begin with.
    #[serde(default = "past")]
    pub past: String,
    /// What the names of its outputs begin with; the rest is as in the input's name.
    #[serde(default = "present")]
    pub present: String,
    /// How the graph treats its cache.
    #[serde(default)]
    pub cache: CacheKind,
    /// The input with the place of each token in its text, where the graph has it.
    #[serde(default = "positions")]
    pub position_ids: String,
    /// How many texts are written at once; others wait.
    #[serde(default = "sequences")]
    pub sequences: usize,
    /// The Jinja template that makes a prompt of the messages of a chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_template: Option<PackagePath>,
    /// What calls get that say nothing else.
    #[serde(default, skip_serializing_if = "GenerationDefaults::is_empty")]
    pub defaults: GenerationDefaults,
}

/// How a graph treats its cache of keys and values, `[batch, heads, tokens, width]` for each layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheKind {
    /// The output is the input with the new tokens behind it: one that is longer at each step.
    #[default]
    Growing,
    /// Input and output may be one buffer with room for more tokens than there are, into which the
    /// graph writes in place; the mask says how many there are. So does ONNX Runtime's
    /// `GroupQueryAttention`.
    Shared,
}

/// The most tokens of a guess.
pub(crate) const MOST_GUESSED: usize = 64;
/// The most beams of a search.
pub(crate) const MOST_BEAMS: usize = 64;

/// What calls get that say nothing else; the names are those of `generation_config.json`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationDefaults {
    /// The most tokens of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_new_tokens: Option<usize>,
    /// Whether tokens are drawn; else the most probable one is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub do_sample: Option<bool>,
    /// What scores are divided by before drawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// Only so many of the most probable tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<usize>,
    /// Only the fewest tokens whose probabilities reach this sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    /// Only tokens at least this share as probable as the most probable one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f32>,
    /// How much tokens that stand in the text already are held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f32>,
    /// No run of so many tokens stands in a text twice; 0 for no such rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_repeat_ngram_size: Option<usize>,
    /// The most tokens that are guessed at once, for a text that is written alone; 0 for no guesses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_lookup_num_tokens: Option<usize>,
    /// So many beams are searched for the most probable text; 1 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_beams: Option<usize>,
    /// The power of the length by which scores of beams are divided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_penalty: Option<f32>,
    /// When a search ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
}

/// When a search with beams ends, once as many texts have ended as there are beams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EarlyStopping {
    /// As soon as no beam would beat the worst of them were it to end now.
    #[default]
    Likely,
    /// At once.
    Always,
    /// Only when no beam can beat the worst of them any more, however it goes on.
    Never,
}

impl GenerationDefaults {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

pub(super) fn logits() -> String {
    "logits".to_owned()
}

pub(super) fn past() -> String {
    "past_key_values".to_owned()
}

pub(super) fn present() -> String {
    "present".to_owned()
}

fn positions() -> String {
    "position_ids".to_owned()
}

pub(super) fn sequences() -> usize {
    8
}

impl TextGeneration {
    pub(super) fn validate(&self, has_tokenizer: bool) -> Result<()> {
        if !has_tokenizer {
            return Err(invalid("the task `text-generation` has no tokenizer")
                .advise("add a `[tokenizer]` table"));
        }
        check_limits(self.max_length, self.sequences)?;
        check_names(&self.past, &self.present)?;
        self.defaults.validate()
    }
}

/// Refuses texts that are too short or too long, and too many at once.
pub(super) fn check_limits(max_length: usize, sequences: usize) -> Result<()> {
    const LIMIT: usize = 1 << 20;
    const MOST: usize = 1024;
    if !(2..=LIMIT).contains(&max_length) {
        return Err(invalid(format!("`task.max_length` is `{max_length}`"))
            .advise(format!("use a number from 2 to {LIMIT}")));
    }
    if !(1..=MOST).contains(&sequences) {
        return Err(invalid(format!("`task.sequences` is `{sequences}`"))
            .advise(format!("use a number from 1 to {MOST}")));
    }
    Ok(())
}

/// Refuses names that every port begins with.
pub(super) fn check_names(past: &str, present: &str) -> Result<()> {
    if past.is_empty() || present.is_empty() {
        return Err(invalid("`task.past` or `task.present` is empty")
            .advise("give what the names of the cache's ports begin with"));
    }
    Ok(())
}

impl GenerationDefaults {
    pub(crate) fn validate(&self) -> Result<()> {
        let numbers = [
            ("temperature", self.temperature, 0.0..=f32::MAX),
            ("top_p", self.top_p, f32::MIN_POSITIVE..=1.0),
            ("min_p", self.min_p, 0.0..=1.0),
            (
                "repetition_penalty",
                self.repetition_penalty,
                f32::MIN_POSITIVE..=f32::MAX,
            ),
        ];
        for (name, value, range) in numbers {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                return Err(
                    invalid(format!("`task.defaults.{name}` is `{value}`")).advise(format!(
                        "use a number from {:?} to {:?}",
                        range.start(),
                        range.end()
                    )),
                );
            }
        }
        self.check_beams()?;
        if let Some(most) = self
            .prompt_lookup_num_tokens
            .filter(|most| *most > MOST_GUESSED)
        {
            let message = format!("`task.defaults.prompt_lookup_num_tokens` is `{most}`");
            return Err(
                invalid(message).advise(format!("use a number from 0 to {MOST_GUESSED}; 0 is off"))
            );
        }
        match self.max_new_tokens {
            Some(0) => Err(invalid("`task.defaults.max_new_tokens` is `0`")
                .advise("use at least 1, or leave it out")),
            _ => Ok(()),
        }
    }

    fn check_beams(&self) -> Result<()> {
        if let Some(beams) = self.num_beams {
            if !(1..=MOST_BEAMS).contains(&beams) {
                return Err(invalid(format!("`task.defaults.num_beams` is `{beams}`"))
                    .advise(format!("use a number from 1 to {MOST_BEAMS}")));
            }
            if beams > 1 && self.do_sample == Some(true) {
                let message =
                    "`task.defaults.num_beams` and `task.defaults.do_sample` are both set";
                return Err(invalid(message)
                    .advise("beams search for the most probable text; leave one of them out"));
            }
        }
        if let Some(penalty) = self.length_penalty.filter(|penalty| !penalty.is_finite()) {
            return Err(
                invalid(format!("`task.defaults.length_penalty` is `{penalty}`"))
                    .advise("use a number; 1 divides by the length, 0 by nothing"),
            );
        }
        Ok(())
    }
}
