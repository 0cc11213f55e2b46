//! Writing models into one file: a tar of an OCI layout.
//!
//! ```
//! use amaas_core::registry::{ExportOptions, Registry};
//! # use amaas_core::{model::Manifest, registry::seal, Buffer};
//! # use std::{collections::BTreeMap, sync::Arc};
//! # let home = tempfile::tempdir()?;
//! # let (here, there, file) = (home.path().join("a"), home.path().join("b"), home.path().join("x.tar"));
//! let registry = Registry::open(here)?;
//! # let mut files = BTreeMap::<_, Arc<dyn Buffer>>::new();
//! # files.insert("model.onnx".parse()?, Arc::new(b"\x08\x0a\x3a\x00".to_vec()));
//! # registry.publish(&seal(Manifest::bare("ner".parse()?), files)?)?;
//! let options = ExportOptions { only: vec!["ner@^0".parse()?], ..ExportOptions::default() };
//! registry.export_file(&options, &file)?;
//!
//! let imported = Registry::open(there)?.import(&file)?;
//! assert_eq!(imported.versions[0].name.as_str(), "ner");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Other tools find each version and alias by its tag:
//! `skopeo copy oci-archive:models.tar:ner:1.2.0 …`. Unpacked, an export is a registry. Equal
//! content gives equal bytes: members are in a fixed order and carry neither time nor owner.
//!
//! The trap: a subset carries the history of its aliases, which may name versions that it lacks.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

use crate::model::{Digest, ModelName, Reference, Selector};
use crate::registry::alias::Aliases;
use crate::registry::change;
use crate::registry::disk::refused;
use crate::registry::index::ModelIndex;
use crate::registry::oci::{self, Layout};
use crate::registry::reach;
use crate::registry::store::Registry;
use crate::registry::top::Top;
use crate::{Error, ErrorKind, Result, work};

/// What is exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportOptions {
    /// These models or versions; everything when empty.
    pub only: Vec<Pick>,
    /// Whether aliases that point at what is exported go along, with their history.
    pub aliases: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            only: Vec::new(),
            aliases: true,
        }
    }
}

/// A model, or one of its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// The model.
    pub name: ModelName,
    /// Which version; `None` for all.
    pub selector: Option<Selector>,
}

impl FromStr for Pick {
    type Err = Error;

    /// `ner` is the model, `ner@^1` one version of it.
    fn from_str(text: &str) -> Result<Self> {
        let (name, selector) = text.parse::<Reference>()?.published()?;
        Ok(Self {
            name,
            selector: text.contains('@').then_some(selector),
        })
    }
}

/// What an export wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportedArchive {
    /// How many versions.
    pub versions: u64,
    /// How many blobs, documents included.
    pub blobs: u64,
    /// How many bytes these have.
    pub bytes: u64,
}

/// Blobs by digest: the bytes of those made for this export, the size of those in the store.
type Members = BTreeMap<Digest, Source>;

enum Source {
    Made(Vec<u8>),
    Stored(Option<u64>),
}

impl Source {
    /// As far as it is known before it is read.
    fn size(&self) -> u64 {
        match self {
            Self::Made(bytes) => bytes.len() as u64,
            Self::Stored(size) => size.unwrap_or_default(),
        }
    }
}

impl Registry {
    /// Writes a tar of what `options` pick to `to`. Every blob is verified on its way.
    ///
    /// # Errors
    /// `NotFound` when a pick selects nothing, `Corrupt` naming a damaged blob, `Io` when writing
    /// fails; what was written until then is to be thrown away.
    pub fn export(&self, options: &ExportOptions, to: impl Write) -> Result<ExportedArchive> {
        let (versions, top, members) = self.read(|top| self.plan(top, options))?;
        let mut tar = tar::Builder::new(to);
        let layout = oci::write(&Layout::default(), oci::MAX_DOCUMENT)?;
        append(&mut tar, "oci-layout", &layout)?;
        append(&mut tar, "index.json", &top.to_bytes()?)?;
        let mut exported = ExportedArchive {
            versions,
            ..ExportedArchive::default()
        };
        let sizes = members.values().map(Source::size);
        let all = sizes.fold(0, u64::saturating_add);
        for (digest, source) in members {
            work::proceed(exported.bytes, all)?;
            let bytes = match source {
                Source::Made(bytes) => bytes,
                Source::Stored(size) => {
                    self.disk
                        .blob(&digest, size, size.unwrap_or(oci::MAX_DOCUMENT))?
                }
            };
            append(&mut tar, &format!("blobs/sha256/{}", digest.hex()), &bytes)?;
            exported.blobs += 1;
            exported.bytes += bytes.len() as u64;
        }
        work::proceed(exported.bytes, exported.bytes)?;
        let flushed = tar.into_inner().and_then(|mut to| to.flush());
        flushed.map_err(unwritten).map(|()| exported)
    }

    /// As [`Registry::export`], into a file that is there whole or not at all.
    ///
    /// # Errors
    /// As [`Registry::export`].
    pub fn export_file(&self, options: &ExportOptions, path: &Path) -> Result<ExportedArchive> {
        let failed = |cause| refused("write", path, cause);
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(failed)?;
        let exported = self.export(options, io::BufWriter::new(&mut file))?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|cause| failed(cause.error))?;
        Ok(exported)
    }

    /// How many versions go, their list, and every blob it leads to.
    fn plan(&self, top: &Top, options: &ExportOptions) -> Result<(u64, Top, Members)> {
        let models = self.picked(top, options)?;
        let (mut top, mut members) = (Top::new(), Members::new());
        for model in &models {
            self.list(model, &mut top, &mut members)?;
        }
        let versions = models.iter().map(|model| model.versions.len() as u64);
        Ok((versions.sum(), top, members))
    }

    fn picked(&self, top: &Top, options: &ExportOptions) -> Result<Vec<ModelIndex>> {
        let mut chosen: BTreeMap<ModelName, ModelIndex> = BTreeMap::new();
        if options.only.is_empty() {
            for (name, _) in top.models() {
                chosen.insert(name.clone(), change::load(&self.disk, top, name)?);
            }
        }
        for pick in &options.only {
            top.find(&pick.name)?;
            let model = change::load(&self.disk, top, &pick.name)?;
            let part = chosen
                .entry(pick.name.clone())
                .or_insert_with(|| ModelIndex {
                    versions: BTreeMap::new(),
                    ..model.clone()
                });
            match &pick.selector {
                None => part.versions.clone_from(&model.versions),
                Some(selector) => {
                    let version = model.resolve(selector)?.version;
                    let stored = model.versions.get(&version).cloned();
                    part.versions.extend(stored.map(|stored| (version, stored)));
                }
            }
        }
        for model in chosen.values_mut() {
            match options.aliases {
                true => model
                    .aliases
                    .retain(|version| model.versions.contains_key(version)),
                false => model.aliases = Aliases::default(),
            }
        }
        Ok(chosen.into_values().collect())
    }

    /// Lists a model, its versions and its aliases, and gathers the blobs they need.
    fn list(&self, model: &ModelIndex, top: &mut Top, members: &mut Members) -> Result<()> {
        let bytes = model.to_bytes()?;
        top.put(&model.name, &bytes);
        members.insert(Digest::of(&bytes), Source::Made(bytes));
        for stored in model.versions.values() {
            for (digest, size) in reach::blobs(&self.disk, stored)? {
                members.entry(digest).or_insert(Source::Stored(size));
            }
        }
        for (tag, stored) in model.tags() {
            let tag = format!("{}:{tag}", model.name);
            top.add(model.descriptor(stored).annotated(oci::REF_NAME, &tag));
        }
        Ok(())
    }
}

fn append(tar: &mut tar::Builder<impl Write>, path: &str, bytes: &[u8]) -> Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_path(path).map_err(unwritten)?;
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_cksum();
    tar.append(&header, bytes).map_err(unwritten)
}

fn unwritten(cause: io::Error) -> Error {
    Error::new(ErrorKind::Io, "cannot write the archive")
        .because(cause)
        .advise("see the cause; throw away what was written")
}
