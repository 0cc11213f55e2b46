//! How a package's text becomes token ids, and what happens to text that is too long.

use serde::{Deserialize, Serialize};

use super::super::PackagePath;
use super::{PairTruncation, invalid, is_default};
use crate::Result;

/// Settings of the tokenizer. They override what `tokenizer.json` says of padding and
/// truncation, which many files carry by accident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenizerSettings {
    /// A `tokenizer.json` of the Hugging Face `tokenizers` format.
    pub file: PackagePath,
    /// The most tokens the model takes in one row, special tokens included.
    pub max_tokens: usize,
    /// What happens to a text with more tokens.
    #[serde(default)]
    pub overflow: Overflow,
    /// Tokens that neighbouring windows share; with `overflow = "window"` only.
    #[serde(default)]
    pub stride: usize,
    /// How far rows are padded.
    #[serde(default)]
    pub padding: Padding,
    /// Where padding goes.
    #[serde(default)]
    pub padding_side: Side,
    /// Which end truncation cuts.
    #[serde(default)]
    pub truncation_side: Side,
    /// Which text of a pair is cut.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pair_truncation: PairTruncation,
    /// The id that pads.
    #[serde(default)]
    pub pad_id: u32,
    /// Whether the tokenizer adds its special tokens.
    #[serde(default = "yes")]
    pub add_special_tokens: bool,
    /// The graph's inputs.
    #[serde(default)]
    pub inputs: TokenizerInputs,
}

/// Which graph input takes what the tokenizer gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenizerInputs {
    /// Token ids, shape `[batch, tokens]`, int64 or int32.
    pub ids: String,
    /// 1 for a token, 0 for padding; same shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention_mask: Option<String>,
    /// Segment ids; same shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_ids: Option<String>,
}

impl Default for TokenizerInputs {
    fn default() -> Self {
        Self {
            ids: "input_ids".to_owned(),
            attention_mask: None,
            type_ids: None,
        }
    }
}

/// What happens to a text with more tokens than the model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overflow {
    /// It is refused with `InputTooLong`.
    #[default]
    Error,
    /// It is cut, and the answer says how many tokens were lost.
    Truncate,
    /// It is read in overlapping windows, whose scores are averaged by their tokens.
    Window,
}

impl std::str::FromStr for Overflow {
    type Err = crate::Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "error" => Ok(Self::Error),
            "truncate" => Ok(Self::Truncate),
            "window" => Ok(Self::Window),
            _ => Err(crate::Error::new(
                crate::ErrorKind::InvalidArgument,
                format!("`{name}` is not an overflow"),
            )
            .advise("use `error`, `truncate` or `window`")),
        }
    }
}

/// How far the rows of a batch are padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// To the longest row.
    #[default]
    Longest,
    /// Always to `max_tokens`.
    Fixed,
}

/// An end of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The front.
    Left,
    /// The end.
    #[default]
    Right,
}

fn yes() -> bool {
    true
}

impl TokenizerSettings {
    pub(super) fn validate(&self) -> Result<()> {
        const LIMIT: usize = 1 << 20;
        if self.max_tokens == 0 || self.max_tokens > LIMIT {
            return Err(
                invalid(format!("`tokenizer.max_tokens` is `{}`", self.max_tokens))
                    .advise(format!("use a number from 1 to {LIMIT}")),
            );
        }
        if self.stride >= self.max_tokens {
            return Err(invalid(format!("`tokenizer.stride` is `{}`", self.stride))
                .advise("windows must advance: use less than `max_tokens`"));
        }
        Ok(())
    }
}
