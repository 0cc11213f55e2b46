//! Which version an object is about.

use amaas_core::model::{Digest, ModelName};

use crate::text::Text;

/// The three names of a version.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) name: Text,
    pub(crate) version: Text,
    pub(crate) digest: Text,
}

impl Identity {
    /// The names as C reads them.
    pub(crate) fn new(name: &ModelName, version: &impl ToString, digest: &Digest) -> Self {
        Self {
            name: Text::new(name.as_str()),
            version: Text::new(version.to_string()),
            digest: Text::new(digest.to_string()),
        }
    }
}
