//! A package as a model of a Triton repository.
//!
//! ```
//! use amaas_core::registry::{ImportOptions, export_triton, import, read_package};
//! # let home = tempfile::tempdir()?;
//! # let (folder, repository) = (home.path().join("noop.onnx"), home.path().join("repository"));
//! # std::fs::write(&folder, b"\x08\x0a\x3a\x00")?;
//!
//! let package = read_package(&folder)?;
//! let exported = export_triton(&package, &repository)?;
//! assert!(exported.folder.join("config.pbtxt").is_file());
//!
//! let back = import(&repository, &ImportOptions::default())?;
//! assert_eq!(back[0].package.graph()?.model.bytes(), package.graph()?.model.bytes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything is written beside its place first and moved there by one rename, so that a server
//! which watches the repository sees a model whole or not at all.
//!
//! The trap: Triton numbers versions from 1 and knows no minor ones; 1.2.0 and 1.3.0 are both its
//! version 1, and the second of them is refused.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::super::disk::refused;
use super::super::serving::GRAPH;
use super::FILE;
use super::describe::{cannot, describe};
use crate::model::{self, Manifest, Package, onnx};
use crate::{Error, ErrorKind, Result};

/// A package as a Triton server finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// The model's folder in the repository.
    pub folder: PathBuf,
    /// The number of the version: the package's major version, at least 1.
    pub version: u64,
    /// What was carried over, and what could not be.
    pub notes: Vec<String>,
}

/// Writes `package` into the model repository at `repository`, which is made where it is not.
///
/// A model that is there already gets one more version if its configuration is the same.
///
/// # Errors
/// `AlreadyExists` when the version, or the model with another configuration, is there;
/// `Unsupported` for what no configuration can say: ports that are no tensors, of dtypes Triton
/// lacks or without dimensions; `InvalidPackage`; `Io`.
pub fn export_triton(package: &Package, repository: &Path) -> Result<Exported> {
    let manifest = &package.manifest;
    let graph = package.graph()?;
    let signature = onnx::signature(graph.model.bytes())?;
    let mut notes = Vec::new();
    let (config, labels) = describe(manifest, &signature, &mut notes)?;
    let version = manifest.package.version.major.max(1);
    let folder = repository.join(manifest.package.name.as_str());

    fs::create_dir_all(repository).map_err(|cause| refused("create", repository, cause))?;
    let beside = tempfile::Builder::new()
        .prefix(".export-")
        .tempdir_in(repository)
        .map_err(|cause| refused("create", repository, cause))?;
    write_version(&graph, &beside.path().join(version.to_string()))?;
    write(&beside.path().join(FILE), config.write().as_bytes())?;
    for (file, text) in &labels {
        write(&beside.path().join(file), text.as_bytes())?;
    }
    place(beside.path(), &folder, version)?;
    notes.push(format!(
        "carried over: version `{}` as number {version}, the graph and {} files of its weights",
        manifest.package.version,
        graph.weights.len()
    ));
    notes.extend(left_behind(manifest));
    Ok(Exported {
        folder,
        version,
        notes,
    })
}

/// The graph alone, or a folder of it and its weights.
fn write_version(graph: &model::Graph, folder: &Path) -> Result<()> {
    if graph.weights.is_empty() {
        return write(&folder.join(GRAPH), graph.model.bytes());
    }
    let folder = folder.join(GRAPH);
    for (location, weights) in &graph.weights {
        if location == GRAPH || location.starts_with("model.onnx/") {
            return Err(cannot(&format!("the graph takes `{location}` for weights"))
                .advise("Triton calls the graph so: export it with weights of another name"));
        }
        write(&folder.join(location), weights.bytes())?;
    }
    write(&folder.join(GRAPH), graph.model.bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|cause| refused("create", folder, cause))?;
    fs::write(path, bytes).map_err(|cause| refused("write", path, cause))
}

/// Moves what was written to where it belongs.
fn place(beside: &Path, folder: &Path, version: u64) -> Result<()> {
    let move_to = |from: PathBuf, to: &Path| match fs::rename(&from, to) {
        Err(cause) if is_there(&cause) => Err(exists(to)),
        Err(cause) => Err(refused("write", to, cause)),
        Ok(()) => Ok(()),
    };
    let number = version.to_string();
    if folder.symlink_metadata().is_err() {
        let whole = beside.join("whole");
        fs::create_dir(&whole).map_err(|cause| refused("create", &whole, cause))?;
        for entry in entries(beside)? {
            if entry != whole {
                let name = entry.file_name().unwrap_or_default();
                move_to(entry.clone(), &whole.join(name))?;
            }
        }
        return move_to(whole, folder);
    }
    if folder.join(&number).symlink_metadata().is_ok() {
        return Err(exists(&folder.join(&number)));
    }
    for entry in entries(beside)?.iter().filter(|entry| entry.is_file()) {
        let there = folder.join(entry.file_name().unwrap_or_default());
        let ours = fs::read(entry).map_err(|cause| refused("read", entry, cause))?;
        if fs::read(&there).ok() != Some(ours) {
            return Err(exists(&there));
        }
    }
    move_to(beside.join(&number), &folder.join(&number))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = |cause| refused("read", folder, cause);
    let entries = fs::read_dir(folder).map_err(cannot)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(cannot))
        .collect()
}

fn is_there(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::AlreadyExists
            | io::ErrorKind::DirectoryNotEmpty
            | io::ErrorKind::NotADirectory
    )
}

fn exists(path: &Path) -> Error {
    let message = format!(
        "`{}` is there already and is something else",
        path.display()
    );
    Error::new(ErrorKind::AlreadyExists, message)
        .advise("export to another repository, or remove what is there")
}

fn left_behind(manifest: &Manifest) -> Vec<String> {
    let parts = [
        (!manifest.parts.is_empty(), "the graphs beside the main one"),
        (manifest.task.is_some(), "the task"),
        (manifest.tokenizer.is_some(), "the tokenizer"),
        (manifest.preprocess.is_some(), "the preprocessing"),
        (!manifest.metrics.is_empty(), "the metrics"),
        (!manifest.golden.is_empty(), "the golden examples"),
        (true, "licence and description"),
    ];
    let left = parts.iter().filter(|(there, _)| *there);
    left.map(|(_, part)| {
        format!("not carried over: {part}, which a configuration has no place for")
    })
    .collect()
}
