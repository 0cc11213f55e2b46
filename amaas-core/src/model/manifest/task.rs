//! The task of a package: what its tensors mean.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::PackagePath;
use super::{TextEmbedding, TextGeneration, invalid};
use crate::Result;

/// How requests in the user's terms become tensors and back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Task {
    /// A text in, labels with scores out.
    TextClassification(TextClassification),
    /// A text in, a vector out.
    TextEmbedding(TextEmbedding),
    /// A text in, the text that a model writes after it out.
    TextGeneration(TextGeneration),
}

/// Settings of text classification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextClassification {
    /// Label names in the order of the output's last dimension. With one output and two labels
    /// the output is the score of the second.
    pub labels: Vec<String>,
    /// What turns the raw output into scores.
    #[serde(default)]
    pub function_to_apply: Function,
    /// The output that holds the scores, of shape `[batch, labels]`, `[batch, 1]` or `[batch]`;
    /// the model's first output when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// What turns raw outputs into scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// `exp(x) / sum(exp(x))` over the labels: exactly one label holds.
    Softmax,
    /// `1 / (1 + exp(-x))` of each output: labels hold independently, or there are two labels
    /// and one output.
    Sigmoid,
    /// The graph ends in scores already.
    #[default]
    None,
}

impl std::str::FromStr for Function {
    type Err = crate::Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "softmax" => Ok(Self::Softmax),
            "sigmoid" => Ok(Self::Sigmoid),
            "none" => Ok(Self::None),
            _ => Err(crate::Error::new(
                crate::ErrorKind::InvalidArgument,
                format!("`{name}` is not a function to apply"),
            )
            .advise("use `softmax`, `sigmoid` or `none`")),
        }
    }
}

impl Task {
    /// The word for it in manifests, receipts and errors.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TextClassification(_) => "text-classification",
            Self::TextEmbedding(_) => "text-embedding",
            Self::TextGeneration(_) => "text-generation",
        }
    }

    /// The file of the package that it names, if any.
    pub(super) fn file(&self) -> Option<&PackagePath> {
        match self {
            Self::TextGeneration(settings) => settings.chat_template.as_ref(),
            _ => None,
        }
    }

    pub(super) fn validate(&self, has_tokenizer: bool) -> Result<()> {
        match self {
            Self::TextClassification(settings) => settings.validate(has_tokenizer),
            Self::TextEmbedding(settings) => settings.validate(has_tokenizer),
            Self::TextGeneration(settings) => settings.validate(has_tokenizer),
        }
    }
}

impl TextClassification {
    fn validate(&self, has_tokenizer: bool) -> Result<()> {
        if !has_tokenizer {
            return Err(invalid("the task `text-classification` has no tokenizer")
                .advise("add a `[tokenizer]` table"));
        }
        if self.labels.len() < 2 {
            return Err(
                invalid(format!("`task.labels` has `{}` labels", self.labels.len()))
                    .advise("name at least two, in the order of the output"),
            );
        }
        let distinct: BTreeSet<_> = self.labels.iter().collect();
        if distinct.len() != self.labels.len() || self.labels.iter().any(String::is_empty) {
            return Err(invalid("`task.labels` has an empty or repeated label")
                .advise("give each label a name of its own"));
        }
        Ok(())
    }
}
