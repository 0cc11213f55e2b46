//! Preprocessing by a graph: a part of the package that makes the main graph's inputs of what a
//! caller gives.
//!
//! ```
//! use amaas_core::model::Manifest;
//!
//! let manifest = Manifest::parse(r#"
//!     schema = 1
//!     [package]
//!     name = "photos"
//!     version = "1.0.0"
//!     license = "MIT"
//!
//!     [parts.pixels]
//!     file = "pixels.onnx"
//!
//!     [preprocess]
//!     part = "pixels"
//!     feeds = { pixel_values = "scaled" }
//! "#)?;
//! assert_eq!(manifest.preprocess.unwrap().feeds["pixel_values"], "scaled");
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: a package is data. Operators that ONNX Runtime has not come from a library that the host
//! gives the service; a library in the package is a file like any other and never loaded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Manifest, Task, invalid};
use crate::Result;

/// Which part prepares what, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocess {
    /// The part that runs first. Callers give its inputs, and those of the main graph that it does
    /// not feed.
    pub part: String,
    /// The main graph's inputs, each with the output of the part that it takes. Without any, each
    /// output goes to the input of its own name, if there is one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub feeds: BTreeMap<String, String>,
    /// The part's output that is 1 for a token and 0 for padding, int64 or int32 of
    /// `[batch, tokens]`. A task over texts counts and pools by it; without one receipts count no
    /// tokens and every place of a row is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention_mask: Option<String>,
}

impl Manifest {
    /// Whether a graph prepares the texts of the task.
    pub(super) fn prepares_texts(&self) -> bool {
        let takes = |task: &Task| is_over_texts(task);
        self.preprocess.is_some() && self.task.as_ref().is_some_and(takes)
    }

    /// Refuses preprocessing by what is not there, or beside what does the same.
    pub(super) fn validate_preprocess(&self) -> Result<()> {
        let Some(preprocess) = &self.preprocess else {
            return Ok(());
        };
        self.part(&preprocess.part)
            .map_err(|error| error.with("in", "`preprocess.part`"))?;
        if let Some(task) = self.task.as_ref().filter(|task| !is_over_texts(task)) {
            let message = format!("the task `{}` takes no `[preprocess]`", task.kind());
            return Err(invalid(message).advise(
                "leave out the task and let callers `run` the graphs, or the preprocessing",
            ));
        }
        if self.tokenizer.is_some() {
            return Err(
                invalid("the manifest has both `[tokenizer]` and `[preprocess]`")
                    .advise("keep the one that prepares texts"),
            );
        }
        let is_fed = |input: &&str| preprocess.feeds.contains_key(*input);
        let mut states = self.state.iter().map(|state| state.input.as_str());
        match states.find(is_fed) {
            Some(input) => Err(fed_twice(input)),
            None => Ok(()),
        }
    }
}

fn is_over_texts(task: &Task) -> bool {
    matches!(task, Task::TextClassification(_) | Task::TextEmbedding(_))
}

/// A state would go in a circle if it were made anew for each call.
pub(crate) fn fed_twice(input: &str) -> crate::Error {
    invalid(format!(
        "input `{input}` is fed by `[preprocess]` and by `[[state]]`"
    ))
    .advise("feed it by one of them")
}
