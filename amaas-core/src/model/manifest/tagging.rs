//! Settings of token classification: which labels tokens get, and how they become spans.

use serde::{Deserialize, Serialize};

use super::invalid;
use super::task::check_text;
use crate::{Error, ErrorKind, Result};

/// Settings of token classification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenClassification {
    /// Label names in the order of the output's last dimension. `B-` begins a span and `I-` goes on
    /// with it; where labels end spans with `E-` (or `L-`), `S-` (or `U-`) is one of a single token.
    pub labels: Vec<String>,
    /// What a label is of.
    #[serde(default)]
    pub aggregation: Aggregation,
    /// Labels that no answer has, whole or without the letter in front.
    #[serde(default = "outside")]
    pub ignore_labels: Vec<String>,
    /// The output that holds the logits, of shape `[batch, tokens, labels]`; the model's first
    /// output when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// How well labels follow each other. The best sequence of labels as a whole is taken then,
    /// rather than the best label of each token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transitions: Option<Transitions>,
}

/// What one label is of, as the field's token-classification pipeline has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregation {
    /// Each token by itself.
    None,
    /// Each run of tokens whose labels go on from each other.
    #[default]
    Simple,
    /// As `simple`, of whole words, each with the label of its first token.
    First,
    /// As `simple`, of whole words, each with the label that its tokens have on average.
    Average,
    /// As `simple`, of whole words, each with the label of its surest token.
    Max,
}

impl std::str::FromStr for Aggregation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "none" => Ok(Self::None),
            "simple" => Ok(Self::Simple),
            "first" => Ok(Self::First),
            "average" => Ok(Self::Average),
            "max" => Ok(Self::Max),
            _ => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("`{name}` is not an aggregation"),
            )
            .advise("use `none`, `simple`, `first`, `average` or `max`")),
        }
    }
}

/// Scores of labels beside each other, which are added to the logarithms of the probabilities;
/// `-inf` forbids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transitions {
    /// For each label the score of each label behind it.
    pub between: Vec<Vec<f64>>,
    /// The score of each label at the front of a text; 0 when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<f64>,
    /// The score of each label at the end of a text; 0 when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub end: Vec<f64>,
}

fn outside() -> Vec<String> {
    vec!["O".to_owned()]
}

impl TokenClassification {
    pub(super) fn validate(&self, has_tokenizer: bool) -> Result<()> {
        check_text("token-classification", &self.labels, has_tokenizer)?;
        match &self.transitions {
            Some(transitions) => transitions.validate(self.labels.len()),
            None => Ok(()),
        }
    }
}

impl Transitions {
    fn validate(&self, labels: usize) -> Result<()> {
        let optional = |scores: &Vec<f64>| scores.is_empty() || scores.len() == labels;
        let fits = self.between.len() == labels
            && self.between.iter().all(|scores| scores.len() == labels)
            && optional(&self.start)
            && optional(&self.end);
        if !fits {
            return Err(
                invalid("`task.transitions` does not fit the labels").advise(format!(
                    "give {labels} rows of {labels} scores, and as many for `start` and `end`"
                )),
            );
        }
        let all = self
            .between
            .iter()
            .chain([&self.start, &self.end])
            .flatten();
        let broken = all
            .into_iter()
            .find(|score| score.is_nan() || **score == f64::INFINITY);
        broken.map_or(Ok(()), |score| {
            Err(
                invalid(format!("a score of `task.transitions` is `{score}`"))
                    .advise("use finite numbers, or `-inf` for what must not follow"),
            )
        })
    }
}
