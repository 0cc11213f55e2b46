//! An error for programs to read: the same facts as [`Error::report`], in fields.
//!
//! ```
//! use amaas_core::{Error, ErrorKind};
//!
//! let error = Error::new(ErrorKind::NotFound, "no model is called `sentimant`").with("registry", "models/");
//! let json: serde_json::Value = serde_json::from_str(&error.details().to_json()).unwrap();
//! assert_eq!(json["kind"], "not_found");
//! assert_eq!(json["details"][0]["value"], "models/");
//! assert_eq!(json["retryable"], false);
//! ```
//!
//! The trap: facts are a list, not a table, since several may have one name, as places tried have.

use serde::Serialize;

use super::Error;

/// What an error knows, as every face tells it in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ErrorDetails {
    /// The kind, as [`ErrorKind::name`](super::ErrorKind::name) spells it.
    pub kind: &'static str,
    /// What happened, in one line.
    pub message: String,
    /// The facts, in the order in which they were added.
    pub details: Vec<Detail>,
    /// The texts of all sources, the nearest first.
    pub causes: Vec<String>,
    /// What to do about it, if the error knows.
    pub remedy: Option<String>,
    /// Whether the same call may succeed a little later without any change.
    pub retryable: bool,
}

/// One fact about an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Detail {
    /// What it is about, as `model`.
    pub name: &'static str,
    /// What it says.
    pub value: String,
}

impl ErrorDetails {
    /// One object on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() // texts and lists can always be written
    }
}

impl Error {
    /// The same facts for programs to read.
    pub fn details(&self) -> ErrorDetails {
        let details = self.context().map(|(name, value)| Detail {
            name,
            value: value.to_owned(),
        });
        let first = std::error::Error::source(self);
        let causes = std::iter::successors(first, |cause| cause.source());
        ErrorDetails {
            kind: self.kind().name(),
            message: self.message().to_owned(),
            details: details.collect(),
            causes: causes.map(ToString::to_string).collect(),
            remedy: self.remedy().map(ToOwned::to_owned),
            retryable: self.is_retryable(),
        }
    }
}
