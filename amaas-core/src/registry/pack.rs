//! From a package to the documents and blobs that a store holds of it.
//!
//! The address of a package is the digest of its OCI manifest, and that manifest follows from the
//! files alone: a folder, a bare graph and a published version with equal content have equal
//! addresses. `amaas.toml` is stored as its author wrote it, comments and all.
//!
//! The trap: a package's fields are public. Whoever changes one makes another package, and has to
//! [`seal`] it again before it can be published.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::oci::{self, Annotations, Descriptor};
use crate::model::{Digest, Hashed, Manifest, Package, PackagePath, onnx};
use crate::tensor::Buffer;
use crate::{Error, ErrorKind, Result};

/// Where the manifest lies in every package.
pub(super) const MANIFEST_FILE: &str = "amaas.toml";

/// Where the signature lies beside it, as the tools that make it call it.
pub(super) const BUNDLE_FILE: &str = "model.sig";

pub(super) type Files = BTreeMap<PackagePath, Arc<dyn Buffer>>;

/// A package in the form in which it is stored.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) digest: Digest,
    pub(super) manifest: Vec<u8>,
    pub(super) config: (Digest, Vec<u8>),
    pub(super) layers: Vec<(Digest, Arc<dyn Buffer>)>,
}

/// Makes a package of a manifest and the files it names, and gives it its address.
///
/// Where `files` has no `amaas.toml`, one is written from the manifest.
///
/// ```
/// use amaas_core::model::Manifest;
/// use amaas_core::registry::seal;
/// use std::{collections::BTreeMap, sync::Arc};
///
/// let manifest = Manifest::bare("tiny".parse()?);
/// let mut files = BTreeMap::<_, Arc<dyn amaas_core::Buffer>>::new();
/// files.insert("model.onnx".parse()?, Arc::new(b"\x08\x0a\x3a\x00".to_vec()));
/// let package = seal(manifest, files)?;
/// assert_eq!(package.files.len(), 2);
/// # Ok::<(), amaas_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidPackage` when a file is missing, is not named, or `amaas.toml` says something else.
pub fn seal(manifest: Manifest, mut files: Files) -> Result<Package> {
    if let Entry::Vacant(place) = files.entry(MANIFEST_FILE.parse()?) {
        place.insert(Arc::new(manifest.to_toml()?.into_bytes()));
    }
    seal_with(manifest, files, None)
}

/// As [`seal`], with a signature.
pub(super) fn seal_with(
    manifest: Manifest,
    files: Files,
    bundle: Option<Arc<dyn Buffer>>,
) -> Result<Package> {
    let packed = pack(&manifest, &files, &Hashed::default(), bundle.as_ref())?;
    let mut hashed = Hashed::default();
    for (digest, buffer) in &packed.layers {
        hashed.add(buffer, *digest);
    }
    Ok(Package {
        manifest,
        digest: packed.digest,
        files,
        hashed,
        bundle,
    })
}

/// The documents and blobs of a package, whose files are hashed unless they were before.
pub(super) fn pack(
    manifest: &Manifest,
    files: &Files,
    hashed: &Hashed,
    bundle: Option<&Arc<dyn Buffer>>,
) -> Result<Packed> {
    check(manifest, files)?;
    let mut layers: Vec<_> = files
        .iter()
        .map(|(path, buffer)| (layer(manifest, path, buffer, hashed), Arc::clone(buffer)))
        .collect();
    layers.sort_by_key(|(layer, _)| layer.media_type != oci::AMAAS_MANIFEST);
    layers.extend(bundle.map(|bundle| {
        let layer = Descriptor::of(oci::BUNDLE, bundle.bytes());
        (
            layer.annotated(oci::FILE_PATH, &BUNDLE_FILE),
            Arc::clone(bundle),
        )
    }));
    document(manifest, layers)
}

/// The documents of a package with these layers.
pub(super) fn document(
    manifest: &Manifest,
    layers: Vec<(Descriptor, Arc<dyn Buffer>)>,
) -> Result<Packed> {
    let config = config(manifest, &layers)?;
    let document = oci::Manifest {
        schema_version: 2,
        media_type: oci::MANIFEST.to_owned(),
        artifact_type: oci::MODEL.to_owned(),
        config: Descriptor::of(oci::MODEL_CONFIG, &config),
        layers: layers.iter().map(|(layer, _)| layer.clone()).collect(),
        annotations: annotations(manifest),
    };
    let bytes = oci::write(&document, oci::MAX_DOCUMENT)?;
    Ok(Packed {
        digest: Digest::of(&bytes),
        manifest: bytes,
        config: (document.config.digest, config),
        layers: layers
            .into_iter()
            .map(|(layer, buffer)| (layer.digest, buffer))
            .collect(),
    })
}

/// As [`pack`], of a package that is the one its address says.
pub(super) fn checked(package: &Package) -> Result<Packed> {
    let packed = pack(
        &package.manifest,
        &package.files,
        &package.hashed,
        package.bundle.as_ref(),
    )?;
    if packed.digest == package.digest {
        return Ok(packed);
    }
    let message = format!(
        "the package is not the one that `{}` addresses",
        package.digest
    );
    Err(Error::new(ErrorKind::InvalidPackage, message)
        .with("found", packed.digest)
        .advise("seal the package again after changing it"))
}

impl Packed {
    /// How many bytes all blobs have together.
    pub(super) fn bytes(&self) -> u64 {
        self.blobs().map(|(_, bytes)| bytes.len() as u64).sum()
    }

    pub(super) fn blobs(&self) -> impl Iterator<Item = (&Digest, &[u8])> {
        let layers = self
            .layers
            .iter()
            .map(|(digest, buffer)| (digest, buffer.bytes()));
        let documents = [
            (&self.config.0, &*self.config.1),
            (&self.digest, &*self.manifest),
        ];
        layers.chain(documents)
    }
}

/// What the package's manifest says about it in terms that other tools know.
pub(super) fn annotations(manifest: &Manifest) -> Annotations {
    let info = &manifest.package;
    let known = [
        (oci::TITLE, Some(info.name.to_string())),
        (oci::VERSION, Some(info.version.to_string())),
        (oci::LICENSES, Some(info.license.clone())),
        (oci::DESCRIPTION, info.description.clone()),
    ];
    known
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
}

/// Refuses a package that lacks a file or has one that nothing names.
pub(super) fn check(manifest: &Manifest, files: &Files) -> Result<()> {
    check_text(manifest, files)?;
    let wanted = wanted(manifest, files)?;
    wanted
        .iter()
        .try_for_each(|path| find(files, path).map(drop))?;
    match files.keys().find(|path| !wanted.contains(*path)) {
        Some(path) => Err(Error::new(
            ErrorKind::InvalidPackage,
            format!("the package has the file `{path}`, which its manifest does not name"),
        )
        .advise("leave it out, or name it in `amaas.toml`")),
        None => Ok(()),
    }
}

/// Every file of a package whose graphs are among `files`: its manifest, what that names, and the
/// weights that the graphs name.
pub(super) fn wanted(manifest: &Manifest, files: &Files) -> Result<BTreeSet<PackagePath>> {
    let mut paths: BTreeSet<_> = manifest.files().cloned().collect();
    for graph in manifest.graph_files() {
        for location in onnx::external_locations(find(files, graph)?.bytes())? {
            paths.insert(weights(manifest, graph, &location)?);
        }
    }
    paths.insert(MANIFEST_FILE.parse()?);
    Ok(paths)
}

/// Where the weights lie that `graph` calls `location`.
fn weights(manifest: &Manifest, graph: &PackagePath, location: &str) -> Result<PackagePath> {
    let path = graph.sibling(location).map_err(|cause| {
        let message = format!("the graph `{graph}` names weights outside the package");
        Error::new(ErrorKind::InvalidPackage, message)
            .because(cause)
            .advise("export it again with its weights in the same folder")
    })?;
    if manifest.files().any(|named| *named == path) || path.as_str() == MANIFEST_FILE {
        let message = format!("the graph `{graph}` takes `{path}` for weights");
        return Err(Error::new(ErrorKind::InvalidPackage, message)
            .advise("give the file of weights a name of its own"));
    }
    Ok(path)
}

fn find<'a>(files: &'a Files, path: &PackagePath) -> Result<&'a Arc<dyn Buffer>> {
    files.get(path).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidPackage,
            format!("the package has no file `{path}`"),
        )
        .advise("add it, or name another in `amaas.toml`")
    })
}

fn check_text(manifest: &Manifest, files: &Files) -> Result<()> {
    let bytes = find(files, &MANIFEST_FILE.parse()?)?.bytes();
    if parse(bytes)? == *manifest {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidPackage,
        "`amaas.toml` differs from the package's manifest",
    )
    .advise("take it out of the files to have it written anew"))
}

/// The manifest in the bytes of an `amaas.toml`.
pub(super) fn parse(bytes: &[u8]) -> Result<Manifest> {
    let text = std::str::from_utf8(bytes).map_err(|cause| {
        Error::new(ErrorKind::InvalidPackage, "`amaas.toml` is not UTF-8")
            .because(cause)
            .advise("save it as UTF-8")
    })?;
    Manifest::parse(text)
}

fn layer(
    manifest: &Manifest,
    path: &PackagePath,
    buffer: &Arc<dyn Buffer>,
    hashed: &Hashed,
) -> Descriptor {
    let is_tokenizer = manifest
        .tokenizer
        .as_ref()
        .is_some_and(|tokenizer| tokenizer.file == *path);
    let media_type = match path.as_str() {
        MANIFEST_FILE => oci::AMAAS_MANIFEST,
        _ if is_tokenizer => oci::WEIGHT_CONFIG,
        _ => oci::WEIGHT,
    };
    let size = buffer.bytes().len() as u64;
    Descriptor::new(media_type, hashed.digest(buffer), size).annotated(oci::FILE_PATH, path)
}

/// ModelPack's own description of a model; amaas reads `amaas.toml` instead.
#[derive(Serialize)]
struct Config<'a> {
    descriptor: Identity<'a>,
    config: Technical,
    modelfs: Layers<'a>,
}

#[derive(Serialize)]
struct Identity<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    authors: &'a [String],
    name: &'a str,
    version: String,
    licenses: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

#[derive(Serialize)]
struct Technical {
    format: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Layers<'a> {
    r#type: &'static str,
    diff_ids: Vec<&'a Digest>,
}

fn config(manifest: &Manifest, layers: &[(Descriptor, Arc<dyn Buffer>)]) -> Result<Vec<u8>> {
    let info = &manifest.package;
    let config = Config {
        descriptor: Identity {
            authors: &info.authors,
            name: info.name.as_str(),
            version: info.version.to_string(),
            licenses: [&info.license],
            description: info.description.as_deref(),
        },
        config: Technical { format: "onnx" },
        modelfs: Layers {
            r#type: "layers",
            diff_ids: layers.iter().map(|(layer, _)| &layer.digest).collect(),
        },
    };
    oci::write(&config, oci::MAX_DOCUMENT)
}
