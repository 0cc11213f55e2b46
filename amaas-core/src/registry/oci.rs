//! The few OCI documents that amaas writes: descriptor, manifest, index, layout.
//!
//! Equal content must have equal bytes, since bytes make the digest: fields are written in the
//! order of declaration, maps are sorted, there is no white space, and nothing in a manifest
//! depends on when or where it was written.
//!
//! Formats: OCI image specification 1.1 (`descriptor.md`, `manifest.md`, `image-index.md`,
//! `image-layout.md`); media types of models: CNCF ModelPack specification (`spec.md`).
//!
//! The trap: JSON lets a key stand twice, and readers differ in which one they believe. Here a
//! repeated key is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::model::Digest;
use crate::{Error, ErrorKind, Result};

pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// What a package's manifest says it is.
pub(super) const MODEL: &str = "application/vnd.cncf.model.manifest.v1+json";
pub(super) const MODEL_CONFIG: &str = "application/vnd.cncf.model.config.v1+json";
/// The graph and its weights.
pub(super) const WEIGHT: &str = "application/vnd.cncf.model.weight.v1.raw";
/// What else the model needs: its tokenizer.
pub(super) const WEIGHT_CONFIG: &str = "application/vnd.cncf.model.weight.config.v1.raw";
/// A signature over the files of a package.
pub(super) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// What the recipients of an encrypted package can read of how it is made.
pub(super) const ENCRYPTED_CONTENTS: &str = "application/vnd.amaas.contents.v1+json+age";
/// `amaas.toml`.
pub(super) const AMAAS_MANIFEST: &str = "application/vnd.amaas.manifest.v1+toml";
/// What the top index is; the number is the version of the format on disk.
pub(super) const REGISTRY: &str = "application/vnd.amaas.registry.v1";
/// What a model's index is.
pub(super) const VERSIONS: &str = "application/vnd.amaas.versions.v1";

pub(super) const FILE_PATH: &str = "org.cncf.model.filepath";
pub(super) const TITLE: &str = "org.opencontainers.image.title";
pub(super) const VERSION: &str = "org.opencontainers.image.version";
pub(super) const CREATED: &str = "org.opencontainers.image.created";
pub(super) const LICENSES: &str = "org.opencontainers.image.licenses";
pub(super) const DESCRIPTION: &str = "org.opencontainers.image.description";
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// What a document of amaas is. An annotation besides the artifact type, since tools from before
/// OCI 1.1 drop artifact types when they rewrite an index.
pub(super) const TYPE: &str = "vnd.amaas.type";
/// How many bytes all blobs of a version have together.
pub(super) const BYTES: &str = "vnd.amaas.bytes";
/// When and why a version was withdrawn, as JSON.
pub(super) const YANKED: &str = "vnd.amaas.yanked";
/// The digest of the document that says what a version takes and gives.
pub(super) const SIGNATURE: &str = "vnd.amaas.signature";
/// The log of a model's aliases, as JSON.
pub(super) const ALIASES: &str = "vnd.amaas.aliases";

/// No manifest and no model's index may be larger; many OCI registries draw the line here too.
pub(super) const MAX_DOCUMENT: u64 = 4 << 20;
/// The list of models may be larger: it grows by some 300 bytes with each model.
pub(super) const MAX_TOP: u64 = 64 << 20;

pub(super) type Annotations = BTreeMap<String, String>;

/// Points at a blob and says what it must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub(super) media_type: String,
    pub(super) digest: Digest,
    pub(super) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) artifact_type: Option<String>,
    #[serde(
        default,
        deserialize_with = "distinct",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub(super) annotations: Annotations,
    /// What other tools wrote about entries of their own; kept as it is.
    #[serde(flatten, deserialize_with = "distinct")]
    pub(super) rest: BTreeMap<String, Value>,
}

impl Descriptor {
    /// Of `bytes`, without annotations.
    pub(super) fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self::new(media_type, Digest::of(bytes), bytes.len() as u64)
    }

    /// Of `size` bytes with this digest, without annotations.
    pub(super) fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest,
            size,
            artifact_type: None,
            annotations: Annotations::new(),
            rest: BTreeMap::new(),
        }
    }

    #[must_use]
    pub(super) fn typed(mut self, artifact_type: &str) -> Self {
        self.artifact_type = Some(artifact_type.to_owned());
        self
    }

    #[must_use]
    pub(super) fn annotated(mut self, key: &str, value: &impl ToString) -> Self {
        self.annotations.insert(key.to_owned(), value.to_string());
        self
    }

    pub(super) fn annotation(&self, key: &str) -> Result<&str> {
        annotation(&self.annotations, key).map_err(|error| error.with("entry", self.digest))
    }
}

/// A package as OCI sees it: a config and layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) schema_version: u32,
    pub(super) media_type: String,
    pub(super) artifact_type: String,
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
    #[serde(default, deserialize_with = "distinct")]
    pub(super) annotations: Annotations,
}

/// A list of manifests or of further indexes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Index {
    pub(super) schema_version: u32,
    #[serde(default = "index_type")]
    pub(super) media_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) artifact_type: Option<String>,
    pub(super) manifests: Vec<Descriptor>,
    #[serde(
        default,
        deserialize_with = "distinct",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub(super) annotations: Annotations,
}

impl Index {
    pub(super) fn new(artifact_type: &str) -> Self {
        Self {
            schema_version: 2,
            media_type: index_type(),
            artifact_type: Some(artifact_type.to_owned()),
            manifests: Vec::new(),
            annotations: [(TYPE.to_owned(), artifact_type.to_owned())].into(),
        }
    }

    pub(super) fn is(&self, artifact_type: &str) -> bool {
        let found = self.annotations.get(TYPE);
        self.schema_version == 2
            && self.media_type == INDEX
            && found.is_some_and(|found| found == artifact_type)
    }
}

fn index_type() -> String {
    INDEX.to_owned()
}

/// The file `oci-layout`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Layout {
    pub(super) image_layout_version: String,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            image_layout_version: "1.0.0".to_owned(),
        }
    }
}

/// Reads a document whose length was bounded before; `what` names it in the error.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|cause| corrupt(format!("{what} cannot be read")).because(cause))
}

/// The bytes of a document; `limit` keeps out what could not be read back.
pub(super) fn write(document: &impl Serialize, limit: u64) -> Result<Vec<u8>> {
    let bytes = serde_json::to_vec(document).map_err(|cause| {
        Error::new(ErrorKind::Internal, "a registry document cannot be written").because(cause)
    })?;
    if bytes.len() as u64 <= limit {
        return Ok(bytes);
    }
    let message = format!(
        "the index would have `{}` bytes, more than `{limit}`",
        bytes.len()
    );
    Err(Error::new(ErrorKind::Unsupported, message)
        .advise("start a second registry, or remove versions"))
}

pub(super) fn annotation<'a>(annotations: &'a Annotations, key: &str) -> Result<&'a str> {
    annotations
        .get(key)
        .map(String::as_str)
        .ok_or_else(|| corrupt(format!("an entry lacks the annotation `{key}`")))
}

/// The error of a store that does not hold what was published.
pub(super) fn corrupt(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, message)
        .advise("restore the store from a good copy; nothing of it was used")
}

/// A map in which no key stands twice.
pub(super) fn distinct<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    deserializer.deserialize_map(Distinct(PhantomData))
}

struct Distinct<K, V>(PhantomData<(K, V)>);

impl<'de, K, V> Visitor<'de> for Distinct<K, V>
where
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    type Value = BTreeMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map without repeated keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = access.next_entry::<K, V>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
            map.insert(key, value);
        }
        Ok(map)
    }
}
