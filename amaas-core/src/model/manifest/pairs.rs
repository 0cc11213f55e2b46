//! Settings of tasks over pairs of texts: ranking and zero-shot classification.

use serde::{Deserialize, Serialize};

use super::task::check_text;
use super::{Function, invalid};
use crate::{Error, ErrorKind, Result};

/// Settings of text ranking: how well a document answers a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRanking {
    /// What turns the raw output into scores. Its default, `sigmoid`, gives 0 to 1.
    #[serde(default = "sigmoid")]
    pub function_to_apply: Function,
    /// The output that holds the scores, of shape `[batch, 1]` or `[batch]`, or `[batch, 2]` whose
    /// second column is that of a fitting document; the model's first output when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// Settings of zero-shot classification: labels that a call names, by inference between a text and
/// a sentence about each label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZeroShotClassification {
    /// The labels of the inference, in the order of the output's last dimension.
    pub labels: Vec<String>,
    /// The label of a sentence that follows from the text.
    #[serde(default = "entailment")]
    pub entailment: String,
    /// The label of a sentence that the text speaks against; what `multi_label` compares with.
    #[serde(default = "contradiction")]
    pub contradiction: String,
    /// The sentence about a label, with `{}` where the label stands.
    #[serde(default = "template")]
    pub hypothesis_template: String,
    /// Whether labels hold independently; when not, exactly one holds.
    #[serde(default)]
    pub multi_label: bool,
    /// The output that holds the logits, of shape `[batch, labels]`; the model's first output when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// Which text of a pair is cut when both are too long together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairTruncation {
    /// The longer one, token by token.
    #[default]
    LongestFirst,
    /// The second one.
    OnlySecond,
}

impl std::str::FromStr for PairTruncation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "longest-first" | "longest_first" => Ok(Self::LongestFirst),
            "only-second" | "only_second" => Ok(Self::OnlySecond),
            _ => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("`{name}` is not a truncation of pairs"),
            )
            .advise("use `longest-first` or `only-second`")),
        }
    }
}

fn sigmoid() -> Function {
    Function::Sigmoid
}

fn entailment() -> String {
    "entailment".to_owned()
}

fn contradiction() -> String {
    "contradiction".to_owned()
}

fn template() -> String {
    "This example is {}.".to_owned()
}

impl TextRanking {
    pub(super) fn validate(&self, has_tokenizer: bool) -> Result<()> {
        if has_tokenizer {
            return Ok(());
        }
        Err(invalid("the task `text-ranking` has no tokenizer").advise("add a `[tokenizer]` table"))
    }
}

impl ZeroShotClassification {
    pub(super) fn validate(&self, has_tokenizer: bool) -> Result<()> {
        check_text("zero-shot-classification", &self.labels, has_tokenizer)?;
        let keys = [
            ("entailment", &self.entailment),
            ("contradiction", &self.contradiction),
        ];
        if let Some((key, label)) = keys
            .into_iter()
            .find(|(_, label)| !self.labels.contains(label))
        {
            return Err(
                invalid(format!("`task.{key}` is `{label}`, which is no label")).advise(format!(
                    "use one of `task.labels`: {}",
                    self.labels.join(", ")
                )),
            );
        }
        check_template(&self.hypothesis_template).map_err(|remedy| {
            invalid("`task.hypothesis_template` has no one place for a label").advise(remedy)
        })
    }
}

/// A template has one `{}`; the remedy when not.
pub(crate) fn check_template(template: &str) -> std::result::Result<(), &'static str> {
    match template.matches("{}").count() {
        1 => Ok(()),
        _ => Err("write `{}` once, where the label stands: `This text is about {}.`"),
    }
}
