//! `amaas.toml`: what the author of a package writes about it.
//!
//! ```
//! use amaas_core::model::Manifest;
//!
//! let manifest = Manifest::parse(r#"
//!     schema = 1
//!
//!     [package]
//!     name = "sentiment"
//!     version = "1.0.0"
//!     license = "MIT"
//! "#)?;
//! assert_eq!(manifest.package.version.to_string(), "1.0.0");
//!
//! let error = Manifest::parse("schema = 7").unwrap_err();
//! assert_eq!(error.kind(), amaas_core::ErrorKind::InvalidPackage);
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! Unknown keys are refused: a misspelt limit must not pass for no limit. The same rules stand
//! as a JSON Schema in `docs/amaas.schema.json`, and a test holds the two together.

mod embedding;
mod generation;
mod golden;
mod task;
mod tokenizer;

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};

pub use self::embedding::{Pooling, TextEmbedding};
pub use self::generation::{CacheKind, GenerationDefaults, TextGeneration};
pub use self::golden::{Expected, Golden, TensorLiteral};
pub use self::task::{Function, Task, TextClassification};
pub use self::tokenizer::{Overflow, Padding, Side, TokenizerInputs, TokenizerSettings};
use super::{ModelName, PackagePath};
use crate::{Error, ErrorKind, Result};

/// Where the manifest itself lies.
const FILE: &str = "amaas.toml";

/// The format this build reads and writes.
const SCHEMA: u32 = 1;

/// A manifest may not be larger: it is read whole before anything is known about it.
const MAX_BYTES: usize = 1 << 20;

/// The parsed, valid `amaas.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this format: 1.
    pub schema: u32,
    /// Identity and licence.
    pub package: PackageInfo,
    /// Where the graph lies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub model: ModelFile,
    /// How inputs become tensors and tensors become answers; without it only `run` works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// How text becomes token ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<TokenizerSettings>,
    /// What the author knows about running requests together.
    #[serde(default, skip_serializing_if = "is_default")]
    pub batching: Batching,
    /// Names of the numbers in an output's last dimension, by the output's name; for whoever
    /// reads the tensors that `run` gives. A task has labels of its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Vec<String>>,
    /// Figures that the author measured, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, f64>,
    /// Inputs with known answers, checked before the package serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub golden: Vec<Golden>,
}

/// Who the package is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageInfo {
    /// The model's name.
    pub name: ModelName,
    /// The package's version, by semantic versioning.
    pub version: Version,
    /// An SPDX expression.
    pub license: String,
    /// One sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// People, as `Name <address>`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
}

/// Where the graph lies in the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// The ONNX graph. Files of external data are found through it, relative to it.
    pub file: PackagePath,
}

impl Default for ModelFile {
    fn default() -> Self {
        Self {
            file: PackagePath::model(),
        }
    }
}

/// Hints for running several requests as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Batching {
    /// False when the answers of a row depend on the rows beside it.
    pub enabled: bool,
    /// The most rows worth running together.
    pub max_rows: usize,
}

impl Default for Batching {
    fn default() -> Self {
        Self {
            enabled: true,
            max_rows: 64,
        }
    }
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// `InvalidPackage`, with the line at fault or the rule that is broken.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_BYTES {
            let message = format!("the manifest has `{}` bytes", text.len());
            return Err(invalid(message).advise("keep it under 1 MiB; put data into files"));
        }
        let manifest: Self = toml::from_str(text).map_err(|cause| {
            invalid(format!("the manifest cannot be read: {}", cause.message()))
                .with("line", line_of(text, cause.span()))
                .advise("see docs/manifest.md for every key")
        })?;
        manifest.validate()?;
        Ok(manifest)
    }

    /// The manifest of a bare `.onnx` file: a name, version 0.0.0, no task.
    pub fn bare(name: ModelName) -> Self {
        let version = Version::new(0, 0, 0);
        let license = "LicenseRef-unknown".to_owned();
        let package = PackageInfo {
            name,
            version,
            license,
            description: None,
            authors: Vec::new(),
        };
        Self {
            schema: SCHEMA,
            package,
            model: ModelFile::default(),
            task: None,
            tokenizer: None,
            batching: Batching::default(),
            labels: BTreeMap::new(),
            metrics: BTreeMap::new(),
            golden: Vec::new(),
        }
    }

    /// The manifest as TOML.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string_pretty(self)
            .map_err(|cause| invalid("the manifest cannot be written").because(cause))
    }

    /// The files that the manifest names, the graph first.
    pub fn files(&self) -> impl Iterator<Item = &PackagePath> {
        std::iter::once(&self.model.file)
            .chain(self.tokenizer.iter().map(|tokenizer| &tokenizer.file))
            .chain(self.task.iter().filter_map(Task::file))
    }

    fn validate(&self) -> Result<()> {
        if self.schema != SCHEMA {
            let message = format!("the manifest has schema `{}`", self.schema);
            return Err(invalid(message).advise("this version of amaas reads schema 1"));
        }
        if self.package.license.trim().is_empty() {
            return Err(invalid("the licence is empty")
                .advise("set `package.license` to an SPDX expression"));
        }
        if self.batching.max_rows == 0 {
            return Err(invalid("`batching.max_rows` is `0`").advise("use at least 1"));
        }
        if let Some((name, value)) = self.metrics.iter().find(|(_, value)| !value.is_finite()) {
            return Err(
                invalid(format!("metric `{name}` is `{value}`")).advise("use a finite number")
            );
        }
        let nameless =
            |labels: &Vec<String>| labels.is_empty() || labels.iter().any(String::is_empty);
        if let Some((output, _)) = self.labels.iter().find(|(_, labels)| nameless(labels)) {
            return Err(invalid(format!(
                "the labels of `{output}` are none, or one is empty"
            ))
            .advise("name every number of the output's last dimension"));
        }
        self.package.validate()?;
        self.check_files()?;
        if let Some(tokenizer) = &self.tokenizer {
            tokenizer.validate()?;
        }
        if let Some(task) = &self.task {
            task.validate(self.tokenizer.is_some())?;
        }
        let task = self.task.as_ref();
        self.golden
            .iter()
            .try_for_each(|golden| golden.validate(task))
    }

    fn check_files(&self) -> Result<()> {
        let files: Vec<_> = self.files().map(PackagePath::as_str).collect();
        if let Some(path) = files.iter().find(|path| **path == FILE) {
            return Err(invalid(format!("`{path}` is named as a file of the model"))
                .advise("that is the manifest itself; name the graph or the tokenizer"));
        }
        match files.as_slice() {
            [graph, tokenizer, ..] if graph == tokenizer => Err(invalid(format!(
                "`{graph}` is named as the graph and as the tokenizer"
            ))
            .advise("name a file of its own for each")),
            [rest @ .., template] if rest.len() > 1 && rest.contains(template) => Err(invalid(
                format!("`{template}` is named as the chat template and as another file"),
            )
            .advise("name a file of its own for each")),
            _ => Ok(()),
        }
    }
}

impl PackageInfo {
    /// A version becomes a tag, and tags end there.
    const MAX_VERSION: usize = 128;

    fn validate(&self) -> Result<()> {
        match self.version.to_string().len() {
            length if length > Self::MAX_VERSION => Err(invalid(format!(
                "`package.version` has `{length}` characters"
            ))
            .advise(format!("use at most {}", Self::MAX_VERSION))),
            _ => Ok(()),
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidPackage, message)
}

fn line_of(text: &str, span: Option<std::ops::Range<usize>>) -> usize {
    let end = span.map_or(0, |span| span.start.min(text.len()));
    text.as_bytes()[..end]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}
