//! The part of `config.json` that says what a model is for.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::super::oci::distinct;

pub(super) const FILE: &str = "config.json";

/// What `transformers` saves about a model.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Config {
    pub(super) architectures: Option<Vec<String>>,
    pub(super) model_type: Option<String>,
    pub(super) problem_type: Option<String>,
    pub(super) function_to_apply: Option<String>,
    pub(super) id2label: Option<Labels>,
    pub(super) max_position_embeddings: Option<f64>,
    pub(super) pad_token_id: Option<f64>,
}

/// Labels by the number of their score, as it is written.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Labels(
    #[serde(deserialize_with = "distinct")] pub(super) BTreeMap<String, String>,
);

impl Config {
    pub(super) fn is_classifier(&self) -> bool {
        self.is_for("ForSequenceClassification")
    }

    pub(super) fn is_tagger(&self) -> bool {
        self.is_for("ForTokenClassification")
    }

    pub(super) fn is_image_classifier(&self) -> bool {
        self.is_for("ForImageClassification")
    }

    pub(super) fn is_decoder(&self) -> bool {
        self.is_for("ForCausalLM") || self.is_for("LMHeadModel")
    }

    /// Whether an architecture ends so.
    fn is_for(&self, end: &str) -> bool {
        let mut names = self.architectures.iter().flatten();
        names.any(|name| name.ends_with(end))
    }
}
