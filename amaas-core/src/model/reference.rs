//! What a user writes to say which model: `name@selector`, or a path.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use semver::{Version, VersionReq};

use super::digest::clip;
use super::{AliasName, Digest, ModelName};
use crate::{Error, ErrorKind, Result};

/// Which model, and which of its versions.
///
/// Text that ends in `.onnx`, starts with `.` or holds a path separator before any `@` is a
/// path; anything else is a name, with a selector after `@`.
///
/// ```
/// use amaas_core::model::{Reference, Selector};
///
/// let Reference::Named { name, selector } = "sentiment@^1".parse()? else { panic!() };
/// assert_eq!(name.as_str(), "sentiment");
/// assert!(matches!(selector, Selector::Range(_)));
/// assert!(matches!("./model.onnx".parse()?, Reference::Path(_)));
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A version of a published model.
    Named {
        /// Which model.
        name: ModelName,
        /// Which of its versions.
        selector: Selector,
    },
    /// A package folder or an `.onnx` file.
    Path(PathBuf),
}

/// Which version of a model.
///
/// ```
/// use amaas_core::model::Selector;
///
/// assert!(matches!("1.0.0".parse()?, Selector::Exact(_)));
/// assert!(matches!("^1, <1.5".parse()?, Selector::Range(_)));
/// assert!(matches!("champion".parse()?, Selector::Alias(_)));
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selector {
    /// The highest version that a semver range takes; never a pre-release unless the range
    /// names one, as in Cargo.
    Range(VersionReq),
    /// This version and no other.
    Exact(Version),
    /// Whatever the alias points at now.
    Alias(AliasName),
    /// The package with this digest.
    Digest(Digest),
}

impl Reference {
    /// The model and the selector, where only a published version will do.
    ///
    /// # Errors
    /// `InvalidArgument` for a path.
    pub fn published(self) -> Result<(ModelName, Selector)> {
        match self {
            Self::Named { name, selector } => Ok((name, selector)),
            Self::Path(_) => Err(
                Error::new(ErrorKind::InvalidArgument, "a path names no version")
                    .advise("publish it first, and name the model"),
            ),
        }
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, selector) = text.split_once('@').unwrap_or((text, "*"));
        let is_path = name.contains(['/', '\\']) || text.starts_with('.');
        if is_path
            || Path::new(text)
                .extension()
                .is_some_and(|extension| extension == "onnx")
        {
            return Ok(Self::Path(text.into()));
        }
        Ok(Self::Named {
            name: name.parse()?,
            selector: selector.trim().parse()?,
        })
    }
}

impl FromStr for Selector {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.starts_with("sha256:") {
            return text.parse().map(Self::Digest);
        }
        if let Ok(version) = text.parse() {
            return Ok(Self::Exact(version));
        }
        if text.len() <= 256
            && let Ok(range) = text.parse()
        {
            return Ok(Self::Range(range));
        }
        text.parse().map(Self::Alias).map_err(|_| {
            let message = format!("`{}` selects no version", clip(text));
            Error::new(ErrorKind::InvalidArgument, message)
                .advise("use a range (`^1`, `~1.2`, `>=1, <2`, `*`), a version (`1.0.0`), an alias or `sha256:…`")
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { name, selector } => write!(f, "{name}@{selector}"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(f),
            Self::Exact(version) => version.fmt(f),
            Self::Alias(alias) => alias.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}
