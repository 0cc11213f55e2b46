//! Further graphs of a package: a decoder beside an encoder, a recogniser beside a detector.
//!
//! The trap: parts are one version with the main graph. They load, warm up, leave the memory and
//! are charged together, so a package of two models that nobody needs together is better two.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Manifest, invalid};
use crate::Result;
use crate::model::PackagePath;
use crate::model::graphs::no_part;

/// Where the graph of a part lies in the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartFile {
    /// The ONNX graph. Files of external data are found through it, relative to it.
    pub file: PackagePath,
}

/// More parts than any package needs, which each take instances of their own.
const MOST: usize = 16;
/// Characters of a name.
const LONGEST: usize = 64;

/// Refuses names that are no words and packages of too many parts.
pub(super) fn validate(parts: &BTreeMap<String, PartFile>) -> Result<()> {
    if parts.len() > MOST {
        return Err(invalid(format!("`parts` has `{}` tables", parts.len()))
            .advise(format!("keep to {MOST} graphs beside the first")));
    }
    match parts.keys().find(|name| !is_word(name)) {
        Some(name) => Err(invalid(format!("`{name}` is no name of a part"))
            .advise("use small letters, digits, `_` and `-`, a letter first, 64 at most")),
        None => Ok(()),
    }
}

fn is_word(name: &str) -> bool {
    let is_inside = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
    name.len() <= LONGEST
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(is_inside)
}

impl Manifest {
    /// The file of a part's graph.
    ///
    /// # Errors
    /// `InvalidPackage`, listing the parts there are.
    pub fn part(&self, name: &str) -> Result<&PackagePath> {
        let part = self.parts.get(name).map(|part| &part.file);
        part.ok_or_else(|| no_part(name, self.parts.keys()))
    }
}
