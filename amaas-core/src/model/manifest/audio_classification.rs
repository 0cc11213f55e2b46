//! Settings of audio classification: a recording in, labels with scores out.

use serde::{Deserialize, Serialize};

use super::Function;
use super::task::check_labels;
use crate::Result;

/// Settings of audio classification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioClassification {
    /// Label names in the order of the output's last dimension.
    pub labels: Vec<String>,
    /// What turns the raw output into scores.
    #[serde(default)]
    pub function_to_apply: Function,
    /// The output that holds the scores, of shape `[batch, labels]`; the model's first output when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

impl AudioClassification {
    pub(super) fn validate(&self) -> Result<()> {
        check_labels(&self.labels, 1)
    }
}
