//! Names, versions and references, from text.

use amaas_core::model::{ModelName, Reference, Selector};
use amaas_core::{Error, Result};
use semver::Version;

use crate::errors::invalid;

/// `ner@^1` as a model and a selector.
pub(crate) fn published(reference: &str) -> Result<(ModelName, Selector)> {
    reference.parse::<Reference>()?.published()
}

/// A version with all its numbers.
pub(crate) fn exact(version: &str) -> Result<Version, Error> {
    version.parse().map_err(|cause| {
        invalid(
            format!("`{version}` is not a version"),
            "write all three numbers, as `1.0.0`",
        )
        .because(cause)
    })
}
