//! What the author knows about running requests together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Hints for running several requests as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Batching {
    /// False when the answers of a row depend on the rows beside it.
    pub enabled: bool,
    /// The most rows worth running together.
    pub max_rows: usize,
    /// Which dimension counts the rows, by the name of an input or output, for graphs that do not
    /// name their dimensions. Inputs that are not written here have no rows and must be equal to
    /// run together; outputs must all be written.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub axes: BTreeMap<String, usize>,
}

impl Default for Batching {
    fn default() -> Self {
        Self {
            enabled: true,
            max_rows: 64,
            axes: BTreeMap::new(),
        }
    }
}
