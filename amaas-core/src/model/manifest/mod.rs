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

mod audio;
mod audio_classification;
mod batching;
mod embedding;
mod generation;
mod golden;
mod image;
mod pairs;
mod parts;
mod preprocess;
mod state;
mod tagging;
mod task;
mod text2text;
mod tokenizer;
mod vision;
mod voice_activity;

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde::{Deserialize, Serialize};

pub use self::audio::{AudioInputs, AudioSettings};
pub use self::audio_classification::AudioClassification;
pub use self::batching::Batching;
pub use self::embedding::{Pooling, TextEmbedding};
pub use self::generation::{CacheKind, EarlyStopping, GenerationDefaults, TextGeneration};
#[cfg(feature = "generation")]
pub(crate) use self::generation::{MOST_BEAMS, MOST_GUESSED};
pub use self::golden::{Expected, ExpectedEntity, Golden, TensorLiteral};
pub use self::image::{Channels, Extent, Fit, ImageSettings, ImageSize, Layout, Resample};
pub(crate) use self::pairs::check_template;
pub use self::pairs::{PairTruncation, TextRanking, ZeroShotClassification};
pub use self::parts::PartFile;
pub use self::preprocess::Preprocess;
pub(crate) use self::preprocess::fed_twice;
pub use self::state::StateSettings;
pub use self::tagging::{Aggregation, TokenClassification, Transitions};
pub use self::task::{Function, Task, TextClassification};
pub use self::text2text::Text2TextGeneration;
pub use self::tokenizer::{Overflow, Padding, Side, TokenizerInputs, TokenizerSettings};
pub use self::vision::{BoxFormat, BoxOutputs, ImageClassification, ObjectDetection, Ocr};
pub use self::voice_activity::VoiceActivity;
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
    /// Where further graphs lie, by their names: those that a task needs beside the first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, PartFile>,
    /// How inputs become tensors and tensors become answers; without it only `run` works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// How text becomes token ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<TokenizerSettings>,
    /// How an image becomes the graph's input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageSettings>,
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
    /// What the graph gives to its own next call; see `route.stream`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub state: Vec<StateSettings>,
    /// How sound becomes the graph's input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<AudioSettings>,
    /// Which part prepares the main graph's inputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preprocess: Option<Preprocess>,
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
            parts: BTreeMap::new(),
            task: None,
            tokenizer: None,
            image: None,
            batching: Batching::default(),
            labels: BTreeMap::new(),
            metrics: BTreeMap::new(),
            state: Vec::new(),
            audio: None,
            preprocess: None,
            golden: Vec::new(),
        }
    }

    /// The manifest as TOML.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string_pretty(self)
            .map_err(|cause| invalid("the manifest cannot be written").because(cause))
    }

    /// The files that the manifest names, the graphs first.
    pub fn files(&self) -> impl Iterator<Item = &PackagePath> {
        let images = self
            .golden
            .iter()
            .filter_map(|golden| golden.image.as_ref());
        self.model_files().chain(images)
    }

    /// The graphs and what they cannot do without.
    fn model_files(&self) -> impl Iterator<Item = &PackagePath> {
        let tokenizer = self.tokenizer.iter().map(|tokenizer| &tokenizer.file);
        let template = self.task.iter().filter_map(Task::file);
        self.graph_files().chain(tokenizer).chain(template)
    }

    /// The files of the main graph and of each part.
    pub fn graph_files(&self) -> impl Iterator<Item = &PackagePath> {
        let parts = self.parts.values().map(|part| &part.file);
        std::iter::once(&self.model.file).chain(parts)
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
        parts::validate(&self.parts)?;
        self.check_files()?;
        if let Some(tokenizer) = &self.tokenizer {
            tokenizer.validate()?;
        }
        if let Some(image) = &self.image {
            image.validate()?;
        }
        state::validate(&self.state)?;
        self.validate_preprocess()?;
        if let Some(audio) = &self.audio {
            audio.validate()?;
        }
        if let Some(task) = &self.task {
            task.validate(self.tokenizer.is_some() || self.prepares_texts())?;
            task.validate_audio(self.audio.as_ref())?;
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
        let model: Vec<_> = self.model_files().map(PackagePath::as_str).collect();
        let images = files.iter().skip(model.len()).collect::<BTreeSet<_>>();
        let mut seen = BTreeSet::new();
        let mut all = model.iter().chain(images);
        match all.find(|path| !seen.insert(**path)) {
            Some(path) => Err(invalid(format!(
                "`{path}` is named twice among the graphs, the tokenizer, the chat template and \
                 the golden images"
            ))
            .advise("name a file of its own for each")),
            None => Ok(()),
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
