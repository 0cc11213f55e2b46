//! The task of a package: what its tensors mean.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::PackagePath;
use super::{
    AudioClassification, AudioSettings, ImageClassification, ObjectDetection, Ocr,
    Text2TextGeneration, TextEmbedding, TextGeneration, TextRanking, TokenClassification,
    VoiceActivity, ZeroShotClassification, invalid,
};
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
    /// A text in, spans with labels out.
    TokenClassification(TokenClassification),
    /// A query and documents in, the documents by how well they answer it out.
    TextRanking(TextRanking),
    /// A text and labels in, the labels with scores out.
    ZeroShotClassification(ZeroShotClassification),
    /// An image in, labels with scores out.
    ImageClassification(ImageClassification),
    /// An image in, labels with scores and boxes out.
    ObjectDetection(ObjectDetection),
    /// An image in, the lines of text on it out.
    Ocr(Ocr),
    /// Sound in, the stretches of speech in it out.
    #[serde(rename = "voice-activity-detection")]
    VoiceActivity(VoiceActivity),
    /// Sound in, labels with scores out.
    AudioClassification(AudioClassification),
    /// A text in, the text that a model writes after it out.
    TextGeneration(TextGeneration),
    /// A text in, the text that a model answers out.
    #[serde(rename = "text2text-generation")]
    Text2TextGeneration(Text2TextGeneration),
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
            Self::TokenClassification(_) => "token-classification",
            Self::TextRanking(_) => "text-ranking",
            Self::ZeroShotClassification(_) => "zero-shot-classification",
            Self::ImageClassification(_) => "image-classification",
            Self::ObjectDetection(_) => "object-detection",
            Self::Ocr(_) => "ocr",
            Self::VoiceActivity(_) => "voice-activity-detection",
            Self::AudioClassification(_) => "audio-classification",
            Self::TextGeneration(_) => "text-generation",
            Self::Text2TextGeneration(_) => "text2text-generation",
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
            Self::TokenClassification(settings) => settings.validate(has_tokenizer),
            Self::TextRanking(settings) => settings.validate(has_tokenizer),
            Self::ZeroShotClassification(settings) => settings.validate(has_tokenizer),
            Self::ImageClassification(settings) => settings.validate(),
            Self::ObjectDetection(settings) => settings.validate(),
            Self::Ocr(settings) => settings.validate(),
            Self::VoiceActivity(_) => Ok(()), // all of it is about sound
            Self::AudioClassification(settings) => settings.validate(),
            Self::TextGeneration(settings) => settings.validate(has_tokenizer),
            Self::Text2TextGeneration(settings) => settings.validate(has_tokenizer),
        }
    }

    /// Refuses a task over sound without settings of sound.
    pub(super) fn validate_audio(&self, audio: Option<&AudioSettings>) -> Result<()> {
        let needed = || {
            audio.ok_or_else(|| {
                invalid(format!(
                    "the task `{}` has no settings of sound",
                    self.kind()
                ))
                .advise("add an `[audio]` table with `sampling_rate`")
            })
        };
        match self {
            Self::VoiceActivity(settings) => settings.validate(needed()?),
            Self::AudioClassification(_) => needed().map(drop),
            _ => Ok(()),
        }
    }
}

impl TextClassification {
    fn validate(&self, has_tokenizer: bool) -> Result<()> {
        check_text("text-classification", &self.labels, has_tokenizer)
    }
}

/// The rules of every task that gives texts labels.
pub(super) fn check_text(kind: &str, labels: &[String], has_tokenizer: bool) -> Result<()> {
    if !has_tokenizer {
        return Err(invalid(format!("the task `{kind}` has no tokenizer"))
            .advise("add a `[tokenizer]` table"));
    }
    check_labels(labels, 2)
}

/// Refuses labels that are too few, empty or repeated.
pub(super) fn check_labels(labels: &[String], least: usize) -> Result<()> {
    if labels.len() < least {
        return Err(
            invalid(format!("`task.labels` has `{}` labels", labels.len()))
                .advise(format!("name at least {least}, in the order of the output")),
        );
    }
    let distinct: BTreeSet<_> = labels.iter().collect();
    if distinct.len() != labels.len() || labels.iter().any(String::is_empty) {
        return Err(invalid("`task.labels` has an empty or repeated label")
            .advise("give each label a name of its own"));
    }
    Ok(())
}
