//! From a manifest in a store back to a package, trusting nothing.
//!
//! The trap: a path in a manifest is somebody else's text. It names an entry in a map here and
//! never a file on disk; files are named by digests alone.

use std::sync::Arc;

use semver::Version;

use super::disk::Disk;
#[cfg(feature = "encrypt")]
use super::encrypted::open;
use super::oci::{self, Descriptor, Manifest, corrupt};
use super::pack::{self, Files, MANIFEST_FILE};
use crate::model::{Digest, Hashed, ModelName, Package, PackagePath};
#[cfg(feature = "encrypt")]
use crate::privacy::KeyRequest;
use crate::privacy::Keys;
use crate::tensor::Buffer;
use crate::{Error, ErrorKind, Result, work};

/// Where verified bytes come from: a store, or an archive.
pub(super) trait Blobs {
    /// A blob's bytes, once their length and digest are right; at most `limit`.
    fn blob(&self, digest: &Digest, size: Option<u64>, limit: u64) -> Result<Vec<u8>>;
}

impl Blobs for Disk {
    fn blob(&self, digest: &Digest, size: Option<u64>, limit: u64) -> Result<Vec<u8>> {
        Self::blob(self, digest, size, limit)
    }
}

/// More files than any package has; a manifest with more is an attack.
const MAX_LAYERS: usize = 4096;

/// The OCI manifest with this digest, checked to be one of a package.
pub(super) fn manifest(blobs: &dyn Blobs, digest: &Digest, size: Option<u64>) -> Result<Manifest> {
    parse(digest, &blobs.blob(digest, size, oci::MAX_DOCUMENT)?)
}

/// The OCI manifest in these bytes, whose digest was verified before.
pub(super) fn parse(digest: &Digest, bytes: &[u8]) -> Result<Manifest> {
    let what = format!("the manifest `{digest}`");
    let manifest: Manifest = oci::read(bytes, &what)?;
    let right = manifest.schema_version == 2
        && manifest.media_type == oci::MANIFEST
        && manifest.artifact_type == oci::MODEL
        && manifest.config.media_type == oci::MODEL_CONFIG;
    if !right {
        let message = format!("{what} is not of a model");
        return Err(
            Error::new(ErrorKind::InvalidPackage, message).advise(format!(
                "publish it with amaas; the artifact type must be `{}`",
                oci::MODEL
            )),
        );
    }
    match manifest.layers.len() {
        count if count > MAX_LAYERS => Err(corrupt(format!("{what} has `{count}` layers"))),
        _ => Ok(manifest),
    }
}

/// Refuses a manifest of another package than `name@version`.
pub(super) fn identify(manifest: &Manifest, name: &ModelName, version: &Version) -> Result<()> {
    let title = oci::annotation(&manifest.annotations, oci::TITLE)?;
    let found = oci::annotation(&manifest.annotations, oci::VERSION)?;
    if title == name.as_str() && found == version.to_string() {
        return Ok(());
    }
    Err(corrupt(format!(
        "`{name}@{version}` points at another package"
    )))
}

/// The package with this digest, every byte of it verified; `keys` open it if it is encrypted.
pub(super) fn package(blobs: &dyn Blobs, digest: &Digest, keys: &Keys) -> Result<Package> {
    let document = manifest(blobs, digest, None)?;
    blobs.blob(
        &document.config.digest,
        Some(document.config.size),
        oci::MAX_DOCUMENT,
    )?;
    if is_encrypted(&document) {
        return open(blobs, digest, &document, keys);
    }
    let mut parts = Parts::default();
    let ours: Vec<_> = document
        .layers
        .iter()
        .filter(|layer| is_ours(layer))
        .collect();
    let all = ours
        .iter()
        .map(|layer| layer.size)
        .fold(0, u64::saturating_add);
    let mut done: u64 = 0;
    for layer in ours {
        work::proceed(done, all)?;
        done = done.saturating_add(layer.size);
        let bytes = blobs.blob(&layer.digest, Some(layer.size), u64::MAX)?;
        parts.add(layer, Arc::new(bytes), digest)?;
    }
    build(digest, &document, parts)
}

/// Checks the package with this digest as far as that goes without a key: whether every blob is
/// there and whole, and, unless it is encrypted, whether they make a package.
pub(super) fn check(blobs: &dyn Blobs, digest: &Digest) -> Result<()> {
    let document = manifest(blobs, digest, None)?;
    if !is_encrypted(&document) {
        return package(blobs, digest, &Keys::default()).map(drop);
    }
    let parts = document.layers.iter().chain([&document.config]);
    parts
        .map(|part| blobs.blob(&part.digest, Some(part.size), u64::MAX))
        .try_for_each(|read| read.map(drop))
}

/// Whether the files of this package are encrypted.
pub(super) fn is_encrypted(document: &Manifest) -> bool {
    let mut layers = document.layers.iter();
    layers.any(|layer| layer.media_type == oci::ENCRYPTED_CONTENTS)
}

#[cfg(not(feature = "encrypt"))]
fn open(_: &dyn Blobs, digest: &Digest, _: &Manifest, keys: &Keys) -> Result<Package> {
    let message = format!("`{digest}` is encrypted");
    Err(Error::new(ErrorKind::Unsupported, message)
        .with("keys from", keys.origin())
        .advise("build amaas with its feature `encrypt`"))
}

/// What is asked of whoever has keys.
#[cfg(feature = "encrypt")]
pub(super) fn request(digest: &Digest, document: &Manifest) -> Result<KeyRequest> {
    let version = oci::annotation(&document.annotations, oci::VERSION)?;
    Ok(KeyRequest {
        name: oci::annotation(&document.annotations, oci::TITLE)?.parse()?,
        version: Version::parse(version)
            .map_err(|cause| corrupt(format!("`{digest}` has no version")).because(cause))?,
        digest: *digest,
    })
}

/// What the layers hold.
#[derive(Default)]
pub(super) struct Parts {
    files: Files,
    hashed: Hashed,
    bundle: Option<Arc<dyn Buffer>>,
}

impl Parts {
    /// Adds what a layer holds, whose digest was verified before.
    pub(super) fn add(
        &mut self,
        layer: &Descriptor,
        buffer: Arc<dyn Buffer>,
        manifest: &Digest,
    ) -> Result<()> {
        self.hashed.add(&buffer, layer.digest);
        let before = if layer.media_type == oci::BUNDLE {
            self.bundle.replace(buffer)
        } else {
            let path = path(layer).map_err(|error| error.with("manifest", manifest))?;
            self.files.insert(path, buffer)
        };
        match before {
            None => Ok(()),
            Some(_) => Err(corrupt(format!(
                "the manifest `{manifest}` names one file twice"
            ))),
        }
    }
}

pub(super) fn build(digest: &Digest, document: &Manifest, parts: Parts) -> Result<Package> {
    let Parts {
        files,
        hashed,
        bundle,
    } = parts;
    let text = files.get(&MANIFEST_FILE.parse()?);
    let text = text.ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidPackage,
            format!("`{digest}` has no `amaas.toml`"),
        )
        .advise("publish it with amaas")
    })?;
    let manifest = pack::parse(text.bytes())?;
    pack::check(&manifest, &files)?;
    if pack::annotations(&manifest) != document.annotations {
        let message = format!("the manifest `{digest}` and its `amaas.toml` disagree");
        return Err(corrupt(message).with("package", &manifest.package.name));
    }
    Ok(Package {
        manifest,
        digest: *digest,
        files,
        hashed,
        bundle,
    })
}

/// Layers of other kinds, such as documentation, are not needed to serve and not read.
fn is_ours(layer: &Descriptor) -> bool {
    [
        oci::AMAAS_MANIFEST,
        oci::WEIGHT,
        oci::WEIGHT_CONFIG,
        oci::BUNDLE,
    ]
    .contains(&layer.media_type.as_str())
}

fn path(layer: &Descriptor) -> Result<PackagePath> {
    let path = layer.annotation(oci::FILE_PATH)?;
    path.parse()
        .map_err(|cause| corrupt("a layer's path leaves the package").because(cause))
}
