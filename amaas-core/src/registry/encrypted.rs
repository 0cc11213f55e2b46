//! Packages whose every file is encrypted, in the same store and under the same names as others.
//!
//! | layer | holds |
//! |---|---|
//! | first | for the recipients: a secret key made for this package alone, and the manifest that the package has without encryption |
//! | others | the package's files, in the order of that manifest, for that key |
//!
//! Digests, and with them the address, are over what is stored: whoever has no key can copy, check
//! and clean up. Those of the plain files are inside, in the manifest, whose own digest is the plain
//! package's address. Name, version, licence, description and authors stay readable, as the registry
//! lists them.
//!
//! The trap: encrypting twice gives different bytes, so a version is published once. Publishing
//! again the package that is there is told apart only by who has a key to it.

use std::io::{self, Read as _};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::index::Stored;
use super::oci::{self, Descriptor, Manifest, corrupt};
use super::pack::{self, Packed};
use super::pages::room_for;
use super::read::fill;
use super::store::Registry;
use super::unpack::{self, Blobs, Parts};
use super::{Published, change};
use crate::model::{Digest, Package};
use crate::privacy::{Keys, Pair, Recipients, damaged, decrypt, encrypt};
use crate::tensor::Buffer;
use crate::{Error, ErrorKind, Result};

/// What the recipients can read; the names are of what `age` makes of JSON and of any file.
const CONTENTS: &str = oci::ENCRYPTED_CONTENTS;
const FILE: &str = "application/vnd.amaas.file.v1+age";

/// The first layer.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    /// Opens the other layers.
    identity: Zeroizing<String>,
    /// The manifest of the plain package, byte for byte.
    manifest: String,
}

/// A file in memory, gone from there when nobody uses it any more.
#[derive(Debug)]
struct Wiped(Zeroizing<Vec<u8>>);

impl Buffer for Wiped {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Registry {
    /// Stores a package so that only `recipients` can read its files. What it takes and gives is
    /// not told to those who list it.
    ///
    /// Publishing again a package that is there changes nothing, where the registry's keys open
    /// what is there.
    ///
    /// # Errors
    /// As [`Registry::publish`].
    pub fn publish_encrypted(
        &self,
        package: &Package,
        recipients: &Recipients,
    ) -> Result<Published> {
        let plain = pack::checked(package)?;
        if let Some(stored) = self.present(package)?
            && address(&self.disk, &stored, &self.keys).is_ok_and(|found| found == plain.digest)
        {
            return Ok(published(package, stored.digest));
        }
        let packed = pack(package, &plain, recipients)?;
        change::publish(&self.disk, &*self.clock, package, &packed, None)
    }

    /// What is listed under the package's name and version.
    fn present(&self, package: &Package) -> Result<Option<Stored>> {
        let info = &package.manifest.package;
        self.read(|top| {
            let model = self.disk.model(top, &info.name)?;
            Ok(model
                .index
                .find(&info.version)
                .map(|(_, stored)| stored.clone()))
        })
    }
}

fn published(package: &Package, digest: Digest) -> Published {
    let info = &package.manifest.package;
    Published {
        name: info.name.clone(),
        version: info.version.clone(),
        digest,
        created: false,
    }
}

/// The documents and blobs of a package that only `recipients` can read.
fn pack(package: &Package, plain: &Packed, recipients: &Recipients) -> Result<Packed> {
    let pair = Pair::new();
    let contents = contents(&pair, plain)?;
    let mut layers = vec![(CONTENTS, encrypt(&contents, recipients)?)];
    for (_, file) in &plain.layers {
        layers.push((FILE, pair.encrypt(file.bytes())?));
    }
    let layers = layers.into_iter().map(|(media_type, bytes)| {
        let buffer: Arc<dyn Buffer> = Arc::new(bytes);
        (Descriptor::of(media_type, buffer.bytes()), buffer)
    });
    pack::document(&package.manifest, layers.collect())
}

fn contents(pair: &Pair, plain: &Packed) -> Result<Zeroizing<Vec<u8>>> {
    let contents = Contents {
        identity: pair.secret(),
        manifest: String::from_utf8_lossy(&plain.manifest).into_owned(),
    };
    // Large enough from the start: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * plain.manifest.len() + 1024));
    serde_json::to_writer(&mut *bytes, &contents).map_err(|cause| {
        Error::new(
            ErrorKind::Internal,
            "a package's contents cannot be written",
        )
        .because(cause)
    })?;
    Ok(bytes)
}

/// The package in an encrypted one's layers, every byte of it verified.
pub(super) fn open(
    blobs: &dyn Blobs,
    digest: &Digest,
    document: &Manifest,
    keys: &Keys,
) -> Result<Package> {
    let Contents { identity, manifest } = read(blobs, digest, document, keys)?;
    let pair = Pair::parse(&identity)?;
    let plain = unpack::parse(&Digest::of(manifest.as_bytes()), manifest.as_bytes())?;
    let stored = document.layers.get(1..).unwrap_or_default();
    if plain.annotations != document.annotations || plain.layers.len() != stored.len() {
        let message = format!("the manifest `{digest}` and what is encrypted in it disagree");
        return Err(corrupt(message));
    }
    let mut parts = Parts::default();
    for (layer, stored) in plain.layers.iter().zip(stored) {
        let hidden = blobs.blob(&stored.digest, Some(stored.size), u64::MAX)?;
        let file = file(&pair, &hidden, layer);
        let file = file.map_err(|error| error.with("blob", stored.digest))?;
        parts.add(layer, Arc::new(Wiped(file)), digest)?;
    }
    unpack::build(digest, document, parts)
}

/// What `hidden` hides, when it is what `layer` says; hashed while it is decrypted.
fn file(pair: &Pair, hidden: &[u8], layer: &Descriptor) -> Result<Zeroizing<Vec<u8>>> {
    let other = || corrupt("an encrypted file is another than its package says");
    let mut from = pair.reader(hidden)?;
    // What is hidden is longer than what it hides, so a length from the manifest is bounded.
    let length = usize::try_from(layer.size).ok();
    let length = length.filter(|length| *length < hidden.len());
    let room = room_for(length.ok_or_else(other)?);
    let mut shown = Zeroizing::new(room.map_err(|cause| no_room(layer.size).because(cause))?);
    let digest = fill(&mut shown, &mut from).map_err(|cause| match cause.kind() {
        io::ErrorKind::UnexpectedEof => other().because(cause),
        _ => damaged().because(cause),
    })?;
    let is_whole = from
        .read(&mut [0])
        .map_err(|cause| damaged().because(cause))?
        == 0;
    match is_whole && digest == layer.digest {
        true => Ok(shown),
        false => Err(other()),
    }
}

fn no_room(length: u64) -> Error {
    let message = format!("there is no memory for `{length}` bytes");
    Error::new(ErrorKind::Io, message).advise("free some, or take a smaller model")
}

/// The address of the plain package in an encrypted one.
fn address(blobs: &dyn Blobs, stored: &Stored, keys: &Keys) -> Result<Digest> {
    let document = unpack::manifest(blobs, &stored.digest, Some(stored.size))?;
    let contents = read(blobs, &stored.digest, &document, keys)?;
    Ok(Digest::of(contents.manifest.as_bytes()))
}

fn read(blobs: &dyn Blobs, digest: &Digest, document: &Manifest, keys: &Keys) -> Result<Contents> {
    let first = document.layers.first();
    let first = first.filter(|layer| layer.media_type == CONTENTS);
    let first = first.ok_or_else(|| corrupt(format!("`{digest}` is not encrypted")))?;
    let hidden = blobs.blob(&first.digest, Some(first.size), oci::MAX_DOCUMENT)?;
    let given = keys.give(&unpack::request(digest, document)?)?;
    let shown = decrypt(&hidden, &given).map_err(|error| match error.kind() {
        ErrorKind::KeyDenied => denied(digest, keys, given.len()).because(error),
        _ => error.with("blob", first.digest),
    })?;
    serde_json::from_slice(&shown)
        // Its words may be those of the secret, so the cause is not told.
        .map_err(|_| corrupt("what is encrypted in a package cannot be read"))
}

fn denied(digest: &Digest, keys: &Keys, tried: usize) -> Error {
    let message = match tried {
        0 => format!("`{digest}` is encrypted, and there is no key"),
        _ => format!("`{digest}` is encrypted, and no key at hand opens it"),
    };
    Error::new(ErrorKind::KeyDenied, message)
        .with("keys from", keys.origin())
        .with("tried", tried)
        .advise("give the service a key of a recipient, or have it published for one you have")
}
