//! What a version takes and gives, as a document of its own beside the package: it is what a
//! runtime says of the graph, so it is no part of the package and does not change its address.
//!
//! ```text
//! {"inputs":[{"name":"ids","dtype":"int64","shape":["batch",128,null]}],"outputs":[…]}
//! ```
//!
//! A number is a fixed length, a text a named one, `null` any. Without a shape the rank is not
//! stated; without a dtype `kind` says what passes, in ONNX's words.
//!
//! The trap: it is for people and tools that list. What serves asks the loaded model.

use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::oci::{self, corrupt};
use crate::model::{Digest, Dimension, Port, PortKind, Signature};
use crate::{Error, Result};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    inputs: Vec<Entry>,
    outputs: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dtype: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shape: Option<Vec<Length>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Length {
    Fixed(usize),
    Named(String),
    Any,
}

/// The document's bytes.
pub(super) fn write(signature: &Signature) -> Result<Vec<u8>> {
    let entries = |ports: &[Port]| ports.iter().map(entry).collect();
    let document = Document {
        inputs: entries(&signature.inputs),
        outputs: entries(&signature.outputs),
    };
    oci::write(&document, oci::MAX_DOCUMENT)
}

/// The signature in the blob with this digest.
pub(super) fn signature(disk: &Disk, digest: &Digest) -> Result<Signature> {
    parse(&disk.blob(digest, None, oci::MAX_DOCUMENT)?).map_err(|error| error.with("blob", digest))
}

/// The signature in a document's bytes.
pub(super) fn parse(bytes: &[u8]) -> Result<Signature> {
    let document: Document = oci::read(bytes, "a signature")?;
    let ports = |entries: Vec<Entry>| entries.into_iter().map(port).collect::<Result<_>>();
    Ok(Signature {
        inputs: ports(document.inputs)?,
        outputs: ports(document.outputs)?,
    })
}

fn entry(port: &Port) -> Entry {
    let name = port.name.clone();
    match &port.kind {
        PortKind::Tensor(dtype, dimensions) => Entry {
            name,
            dtype: Some(dtype.name().to_owned()),
            shape: dimensions
                .as_ref()
                .map(|dimensions| dimensions.iter().map(length).collect()),
            kind: None,
        },
        PortKind::Other(kind) => Entry {
            name,
            dtype: None,
            shape: None,
            kind: Some(kind.clone()),
        },
    }
}

fn length(dimension: &Dimension) -> Length {
    match dimension {
        Dimension::Fixed(length) => Length::Fixed(*length),
        Dimension::Named(name) => Length::Named(name.clone()),
        Dimension::Any => Length::Any,
    }
}

fn port(entry: Entry) -> Result<Port> {
    let unclear = || corrupt("a signature has a port of no kind");
    let kind = match (entry.dtype, entry.kind) {
        (Some(dtype), None) => {
            let dtype = dtype
                .parse()
                .map_err(|cause: Error| unclear().because(cause))?;
            let shape = entry.shape;
            PortKind::Tensor(
                dtype,
                shape.map(|shape| shape.into_iter().map(dimension).collect()),
            )
        }
        (None, Some(kind)) if entry.shape.is_none() => PortKind::Other(kind),
        _ => return Err(unclear()),
    };
    Ok(Port {
        name: entry.name,
        kind,
    })
}

fn dimension(length: Length) -> Dimension {
    match length {
        Length::Fixed(length) => Dimension::Fixed(length),
        Length::Named(name) => Dimension::Named(name),
        Length::Any => Dimension::Any,
    }
}
