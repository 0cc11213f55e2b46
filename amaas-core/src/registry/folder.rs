//! Reading a package that its author has on disk: a folder with an `amaas.toml`, or one graph.
//!
//! ```
//! use amaas_core::registry::read_package;
//! # let home = tempfile::tempdir()?;
//! # let file = home.path().join("My Model.onnx");
//! # std::fs::write(&file, b"\x08\x0a\x3a\x00")?;
//!
//! let package = read_package(&file)?;
//! assert_eq!(package.manifest.package.name.as_str(), "my-model");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Only files that the manifest or the graph names are read; whatever else lies beside them stays
//! where it is.
//!
//! The trap: a graph is somebody's download and may name `../../.ssh/id_rsa` as its weights, or a
//! link to it. Paths are followed only while they stay inside the folder.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::contained::{Folder, read};
use super::disk::refused;
use super::oci;
use super::pack::{self, BUNDLE_FILE, Files, MANIFEST_FILE, seal, seal_with};
use crate::model::{Manifest, ModelName, Package};
use crate::tensor::Buffer;
use crate::{Error, ErrorKind, Result};

/// More than a manifest may have, so that its own rule gets to speak.
const MAX_MANIFEST: u64 = 2 << 20;
/// A tokenizer has its vocabulary inside.
pub(super) const MAX_TOKENIZER: u64 = 256 << 20;
/// Protocol buffers end here.
pub(super) const MAX_GRAPH: u64 = i32::MAX as u64;

/// Reads a package folder or a bare `.onnx` file.
///
/// A bare file gets [`Manifest::bare`], with a name made of its own; inside the package it is
/// called `model.onnx`, and its external weights keep their names.
///
/// # Errors
/// `NotFound` when nothing is there, `InvalidPackage` naming the file at fault, `Io` when the
/// system refuses.
pub fn read_package(path: &Path) -> Result<Package> {
    let facts = fs::metadata(path).map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound => Error::new(
            ErrorKind::NotFound,
            format!("nothing is at `{}`", path.display()),
        )
        .because(cause)
        .advise("name a package folder or an `.onnx` file"),
        _ => refused("read", path, cause),
    })?;
    if facts.is_dir() {
        return read_folder(&Folder::open(path)?);
    }
    if facts.is_file()
        && path
            .extension()
            .is_some_and(|extension| extension == "onnx")
    {
        return read_bare(path);
    }
    let message = format!(
        "`{}` is neither a folder nor an `.onnx` file",
        path.display()
    );
    Err(Error::new(ErrorKind::InvalidArgument, message)
        .advise("name a package folder or an `.onnx` file"))
}

fn read_folder(folder: &Folder) -> Result<Package> {
    let text = folder.read(&MANIFEST_FILE.parse()?, MAX_MANIFEST)?;
    let manifest =
        pack::parse(&text).map_err(|error| error.with("folder", folder.path().display()))?;
    let tokenizer = manifest.tokenizer.as_ref().map(|settings| &settings.file);
    let mut files = Files::new();
    for graph in manifest.graph_files() {
        files.insert(graph.clone(), Arc::new(folder.read(graph, MAX_GRAPH)?));
    }
    for path in pack::wanted(&manifest, &files)? {
        let bytes = match path {
            _ if files.contains_key(&path) => continue,
            _ if path.as_str() == MANIFEST_FILE => text.clone(),
            _ if Some(&path) == tokenizer => folder.read(&path, MAX_TOKENIZER)?,
            _ => folder.read(&path, u64::MAX)?,
        };
        files.insert(path, Arc::new(bytes));
    }
    let bundle = folder.read_if_there(BUNDLE_FILE, oci::MAX_DOCUMENT)?;
    let bundle = bundle.map(|bundle| Arc::new(bundle) as Arc<dyn Buffer>);
    seal_with(manifest, files, bundle)
}

fn read_bare(path: &Path) -> Result<Package> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let folder = Folder::open(parent.unwrap_or(Path::new(".")))?;
    let file = path
        .canonicalize()
        .map_err(|cause| refused("read", path, cause))?;
    let graph = read(&file, path, MAX_GRAPH)?;
    let manifest = Manifest::bare(name_of(path)?);
    let mut files = Files::new();
    files.insert(manifest.model.file.clone(), Arc::new(graph));
    for weights in pack::wanted(&manifest, &files)? {
        if weights.as_str() != MANIFEST_FILE && !files.contains_key(&weights) {
            let bytes = folder.read(&weights, u64::MAX)?;
            files.insert(weights, Arc::new(bytes));
        }
    }
    seal(manifest, files)
}

/// The file's name as a model's.
fn name_of(path: &Path) -> Result<ModelName> {
    model_name(&path.file_stem().unwrap_or_default().to_string_lossy())
}

/// Any text as the name of a model: what does not belong there becomes a dash.
pub(super) fn model_name(text: &str) -> Result<ModelName> {
    let stem = text.to_lowercase();
    let words = stem
        .split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '_' && c != '.');
    let parts = words.flat_map(|word| word.split_inclusive(['_', '.']));
    let mut name = String::new();
    for part in parts.filter(|part| !matches!(*part, "_" | "." | "")) {
        if !name.is_empty() && !name.ends_with(['_', '.']) {
            name.push('-');
        }
        name.push_str(part);
    }
    name.truncate(128);
    match name.trim_end_matches(['-', '_', '.']) {
        "" => "model".parse(),
        name => name.parse(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_file_name_makes_a_name() {
        let cases = [
            ("model.onnx", "model"),
            ("My Model (final).onnx", "my-model-final"),
            ("all-MiniLM-L6_v2.fp16.onnx", "all-minilm-l6_v2.fp16"),
            ("__x__y..onnx", "x_y"),
            ("--.onnx", "model"),
            ("日本.onnx", "model"),
            ("a-_b.onnx", "a-b"),
        ];
        for (file, expected) in cases {
            assert_eq!(
                name_of(Path::new(file)).unwrap().as_str(),
                expected,
                "{file}"
            );
        }
        let long = format!("{}.onnx", "ab-".repeat(100));
        assert!(name_of(Path::new(&long)).is_ok());
    }
}
