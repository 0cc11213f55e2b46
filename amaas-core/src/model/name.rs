//! Names of models and aliases, and paths inside a package: three narrow grammars, so that no
//! name can be mistaken for a path and no path can leave its package.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::digest::clip;
use crate::{Error, ErrorKind, Result};

macro_rules! checked_text {
    ($(#[$doc:meta])* $type:ident, $what:literal, $valid:path, $remedy:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Arc<str>);

        impl $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                if $valid(text) {
                    return Ok(Self(text.into()));
                }
                let message = format!(concat!("`{}` is not ", $what), clip(text));
                Err(Error::new(ErrorKind::InvalidArgument, message).advise($remedy))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(text: $type) -> Self {
                text.0.as_ref().to_owned()
            }
        }
    };
}

checked_text! {
    /// The name of a model: lower-case letters and digits, joined by single `-`, `_` or `.`,
    /// at most 128 characters.
    ///
    /// ```
    /// use amaas_core::model::ModelName;
    ///
    /// assert!("all-minilm-l6.v2".parse::<ModelName>().is_ok());
    /// assert!("../secrets".parse::<ModelName>().is_err());
    /// ```
    ModelName, "a model name", is_name,
    "use lower-case letters and digits, joined by single `-`, `_` or `.`, at most 128 characters"
}

checked_text! {
    /// The name of an alias: as a model's, but it starts with a letter, has at least two
    /// characters and is no version.
    ///
    /// ```
    /// use amaas_core::model::AliasName;
    ///
    /// assert!("champion".parse::<AliasName>().is_ok());
    /// assert!("1.0".parse::<AliasName>().is_err());
    /// ```
    AliasName, "an alias", is_alias,
    "start with a lower-case letter, go on with letters, digits, `-`, `_` or `.`, at least two characters"
}

checked_text! {
    /// The path of a file inside a package: relative, `/` between plain names.
    ///
    /// ```
    /// use amaas_core::model::PackagePath;
    ///
    /// assert!("onnx/model.onnx".parse::<PackagePath>().is_ok());
    /// for hostile in ["/etc/passwd", "../x", "a/../b", "a//b", "c:\\x", "a\0b", "*", ".", ""] {
    ///     assert!(hostile.parse::<PackagePath>().is_err());
    /// }
    /// ```
    PackagePath, "a path inside a package", is_path,
    "use a relative path of plain names joined by `/`, without `.` and `..`"
}

fn is_name(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    text.len() <= 128 && text.split(['-', '_', '.']).all(plain)
}

fn is_alias(text: &str) -> bool {
    is_name(text) && text.len() > 1 && text.starts_with(|first: char| first.is_ascii_lowercase())
}

fn is_path(text: &str) -> bool {
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.len() <= 255
            && !part.contains(|c: char| c.is_control() || r#"\:*?"<>|"#.contains(c))
    };
    text.len() <= 1024 && text.split('/').all(plain)
}

impl PackagePath {
    /// The usual place of the graph.
    pub(super) fn model() -> Self {
        Self("model.onnx".into())
    }

    /// The path of `location`, which is relative to the folder this file lies in.
    ///
    /// # Errors
    /// `InvalidArgument` when it would leave the package.
    pub fn sibling(&self, location: &str) -> Result<Self> {
        match self.0.rsplit_once('/') {
            Some((folder, _)) => {
                location.parse::<Self>()?;
                format!("{folder}/{location}").parse()
            }
            None => location.parse(),
        }
    }
}
