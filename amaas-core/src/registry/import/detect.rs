//! Which tool a folder comes from, told by the files that only that tool writes.

use std::fmt;
use std::fs;
use std::path::Path;

use super::super::contained::Folder;
use super::super::pack::MANIFEST_FILE;
use super::{hugging_face, mlflow, serving, triton};
use crate::{Error, ErrorKind, Result};

/// What a model lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// A folder with an `amaas.toml`.
    Package,
    /// One `.onnx` file, its weights in it or beside it.
    Onnx,
    /// A snapshot of a Hugging Face repository, in a folder or in the cache of the hub.
    HuggingFace,
    /// An MLflow model with the flavour `onnx`.
    Mlflow,
    /// A Triton model, or a repository of them, with `config.pbtxt`.
    Triton,
    /// Numbered versions as TensorFlow Serving lays them out: `name/N/model.onnx`.
    Serving,
}

const NAMES: [(Format, &str); 6] = [
    (Format::Package, "package"),
    (Format::Onnx, "onnx"),
    (Format::HuggingFace, "hugging-face"),
    (Format::Mlflow, "mlflow"),
    (Format::Triton, "triton"),
    (Format::Serving, "serving"),
];

impl Format {
    /// Every format.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(format, _)| *format)
    }

    /// The word for it on the command line and in errors.
    pub fn name(self) -> &'static str {
        let named = NAMES.iter().find(|(format, _)| *format == self);
        named.map_or("unknown", |(_, name)| name)
    }

    /// What lies at `path`.
    ///
    /// # Errors
    /// `NotFound` when nothing is there, `InvalidArgument` when it is nothing known.
    pub fn detect(path: &Path) -> Result<Self> {
        let facts = fs::metadata(path).map_err(|cause| {
            let message = format!("nothing can be read at `{}`", path.display());
            Error::new(ErrorKind::NotFound, message)
                .because(cause)
                .advise("name a folder with a model, or an `.onnx` file")
        })?;
        if facts.is_file() && path.extension().is_some_and(|found| found == "onnx") {
            return Ok(Self::Onnx);
        }
        let found = if facts.is_dir() {
            Self::of_folder(&hugging_face::open(path)?)?
        } else {
            None
        };
        found.ok_or_else(|| {
            let message = format!("`{}` is no model of a known format", path.display());
            Error::new(ErrorKind::InvalidArgument, message).advise(
                "name an `.onnx` file, or a folder with one of: amaas.toml, MLmodel, config.pbtxt, \
                 1/model.onnx, config.json, modules.json",
            )
        })
    }

    fn of_folder(folder: &Folder) -> Result<Option<Self>> {
        for (file, format) in [
            (MANIFEST_FILE, Self::Package),
            (mlflow::FILE, Self::Mlflow),
            (triton::FILE, Self::Triton),
        ] {
            if folder.has(file)? {
                return Ok(Some(format));
            }
        }
        if !serving::numbers(folder)?.is_empty() {
            return Ok(Some(Self::Serving));
        }
        if hugging_face::is_snapshot(folder)? {
            return Ok(Some(Self::HuggingFace));
        }
        Self::of_repository(folder)
    }

    /// A folder of models, each in a folder of its own.
    fn of_repository(folder: &Folder) -> Result<Option<Self>> {
        let mut found = None;
        for name in folder.names()? {
            let Some(model) = folder.folder(&name)? else {
                continue;
            };
            if model.has(triton::FILE)? {
                return Ok(Some(Self::Triton));
            }
            if !serving::numbers(&model)?.is_empty() {
                found = Some(Self::Serving);
            }
        }
        Ok(found)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(format, _)| *format).ok_or_else(|| {
            let known: Vec<_> = NAMES.iter().map(|(_, name)| *name).collect();
            let message = format!("`{name}` is not a format");
            Error::new(ErrorKind::InvalidArgument, message)
                .advise(format!("use one of: {}", known.join(", ")))
        })
    }
}
