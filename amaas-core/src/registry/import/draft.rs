//! A package on its way: what was read so far, and what there is to say about it.

use std::path::Path;
use std::sync::Arc;

use semver::Version;

use super::super::contained::Folder;
use super::super::folder::{MAX_GRAPH, model_name};
use super::super::pack::{Files, MANIFEST_FILE, seal};
use super::{Format, ImportOptions, Imported};
use crate::model::{Manifest, PackagePath, PartFile, Signature, onnx};
use crate::{Error, ErrorKind, Result};

/// The version of what has none.
pub(super) const FIRST: Version = Version::new(1, 0, 0);

/// A manifest, the files it names, and notes for whoever imports.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) manifest: Manifest,
    pub(super) signature: Signature,
    files: Files,
    notes: Vec<String>,
}

impl Draft {
    /// Begins with the graph at `at` and the weights that it names. In the package they lie at
    /// the top, as they lay beside each other.
    pub(super) fn of_graph(
        folder: &Folder,
        at: &PackagePath,
        name: &str,
        options: &ImportOptions,
    ) -> Result<Self> {
        let graph = folder.read(at, MAX_GRAPH)?;
        let file = folder.path().join(at.as_str());
        let locate = |error: Error| error.with("file", file.display());
        let name = match &options.name {
            Some(name) => name.clone(),
            None => model_name(name)?,
        };
        let mut draft = Self {
            manifest: Manifest::bare(name),
            signature: onnx::signature(&graph).map_err(locate)?,
            files: Files::new(),
            notes: Vec::new(),
        };
        if let Some(license) = &options.license {
            draft.manifest.package.license.clone_from(license);
        }
        for location in onnx::external_locations(&graph).map_err(locate)? {
            let bytes = folder.read(&beside(at, &location, &file)?, u64::MAX)?;
            draft.add(location.parse()?, bytes)?;
        }
        draft.add(draft.manifest.model.file.clone(), graph)?;
        Ok(draft)
    }

    /// Puts another graph and its weights into the package, under the name of a part; what it takes
    /// and gives.
    pub(super) fn add_part(
        &mut self,
        folder: &Folder,
        part: &str,
        at: &PackagePath,
    ) -> Result<Signature> {
        let graph = folder.read(at, MAX_GRAPH)?;
        let path = folder.path().join(at.as_str());
        let locate = |error: Error| error.with("file", path.display());
        let signature = onnx::signature(&graph).map_err(locate)?;
        for location in onnx::external_locations(&graph).map_err(locate)? {
            let bytes = folder.read(&beside(at, &location, &path)?, u64::MAX)?;
            let weights: PackagePath = location.parse()?;
            // Graphs may share a file of weights.
            if self
                .files
                .get(&weights)
                .is_none_or(|known| known.bytes() != bytes)
            {
                self.add(weights, bytes)?;
            }
        }
        let name = at.as_str().rsplit('/').next().unwrap_or_default();
        let file: PackagePath = name.parse()?;
        self.add(file.clone(), graph)?;
        let part = part.to_owned();
        self.manifest.parts.insert(part, PartFile { file });
        Ok(signature)
    }

    /// Puts a file into the package.
    pub(super) fn add(&mut self, path: PackagePath, bytes: Vec<u8>) -> Result<()> {
        if path.as_str() != MANIFEST_FILE && !self.files.contains_key(&path) {
            self.files.insert(path, Arc::new(bytes));
            return Ok(());
        }
        let message = format!("the graph takes `{path}` for weights");
        Err(Error::new(ErrorKind::InvalidPackage, message)
            .with("file", path)
            .advise("export it again, with a file of weights of its own name"))
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The version: the option's, else the source's, else the first.
    pub(super) fn set_version(&mut self, found: Option<Version>, options: &ImportOptions) {
        let version = &mut self.manifest.package.version;
        match options.version.clone().or(found) {
            Some(known) => *version = known,
            None => {
                *version = FIRST;
                self.notes.push(no_version());
            }
        }
    }

    /// The package; `path` is where it was read.
    pub(super) fn finish(self, format: Format, path: &Path) -> Result<Imported> {
        let package = seal(self.manifest, self.files)
            .map_err(|error| error.with("folder", path.display()))?;
        Ok(Imported {
            package,
            format,
            notes: self.notes,
        })
    }
}

/// Where weights lie that the graph at `at` calls `location`.
fn beside(at: &PackagePath, location: &str, file: &Path) -> Result<PackagePath> {
    at.sibling(location).map_err(|cause| {
        let message = format!(
            "the graph `{}` names weights outside its folder",
            file.display()
        );
        Error::new(ErrorKind::InvalidPackage, message)
            .because(cause)
            .advise("export it again with its weights in the same folder")
    })
}

pub(super) fn no_version() -> String {
    format!("guessed: the version is `{FIRST}`, as the source says none")
}
