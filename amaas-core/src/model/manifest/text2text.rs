//! Settings of text that answers a text: an encoder reads it, a decoder writes.
//!
//! The main graph is the encoder. The part `decoder` writes; where that reads no cache of its own, the
//! part `decoder_with_past`, if there is one, writes all but the first token.
//!
//! ```
//! use amaas_core::model::{Manifest, Task};
//!
//! let manifest = Manifest::parse(r#"
//!     schema = 1
//!     [package]
//!     name = "translator"
//!     version = "1.0.0"
//!     license = "MIT"
//!     [model]
//!     file = "encoder_model.onnx"
//!     [parts.decoder]
//!     file = "decoder_model_merged.onnx"
//!     [task]
//!     kind = "text2text-generation"
//!     max_length = 512
//!     eos_ids = [1]
//!     start_ids = [0]
//!     [tokenizer]
//!     file = "tokenizer.json"
//!     max_tokens = 512
//! "#)?;
//! let Some(Task::Text2TextGeneration(settings)) = manifest.task else { panic!() };
//! assert_eq!(settings.states, "last_hidden_state");
//! # Ok::<(), amaas_core::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use super::generation::{
    GenerationDefaults, check_limits, check_names, logits, past, present, sequences,
};
use super::invalid;
use crate::Result;

/// Settings of text that answers a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text2TextGeneration {
    /// The most tokens that the decoder may have, those that it begins with among them.
    pub max_length: usize,
    /// The tokens that end a text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub eos_ids: Vec<u32>,
    /// The tokens that the decoder begins with: `decoder_start_token_id`, and behind it
    /// `forced_bos_token_id` for models that have one.
    pub start_ids: Vec<u32>,
    /// The encoder's output that the decoder reads, `[batch, tokens, width]`.
    #[serde(default = "states")]
    pub states: String,
    /// The decoder's output with the scores of the vocabulary, float of `[batch, tokens, vocabulary]`,
    /// of whose tokens the last is read.
    #[serde(default = "logits")]
    pub output: String,
    /// What the names of the cache's inputs begin with; those that go on `.N.encoder.` are of the
    /// tokens that were read.
    #[serde(default = "past")]
    pub past: String,
    /// What the names of its outputs begin with; the rest is as in the input's name.
    #[serde(default = "present")]
    pub present: String,
    /// How many texts are written at once; others wait.
    #[serde(default = "sequences")]
    pub sequences: usize,
    /// What calls get that say nothing else.
    #[serde(default, skip_serializing_if = "GenerationDefaults::is_empty")]
    pub defaults: GenerationDefaults,
}

fn states() -> String {
    "last_hidden_state".to_owned()
}

impl Text2TextGeneration {
    /// The most tokens to begin with.
    const START: usize = 16;

    pub(super) fn validate(&self, has_tokenizer: bool) -> Result<()> {
        if !has_tokenizer {
            return Err(invalid("the task `text2text-generation` has no tokenizer")
                .advise("add a `[tokenizer]` table"));
        }
        check_limits(self.max_length, self.sequences)?;
        check_names(&self.past, &self.present)?;
        let count = self.start_ids.len();
        if count == 0 || count > Self::START || count >= self.max_length {
            return Err(
                invalid(format!("`task.start_ids` has `{count}` tokens")).advise(format!(
                    "give 1 to {} tokens, fewer than `max_length`",
                    Self::START
                )),
            );
        }
        self.defaults.validate()
    }
}
