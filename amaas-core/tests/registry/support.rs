//! Small packages, small graphs, and a folder for each test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amaas_core::Buffer;
use amaas_core::clock::ManualClock;
use amaas_core::model::{Manifest, Package, PackagePath};
use amaas_core::registry::{Guard, MoveOptions, Registry, seal};
use tempfile::TempDir;

#[path = "../common/counts.rs"]
mod counts;
#[path = "../common/disk.rs"]
mod disk;
#[path = "../common/graph.rs"]
mod graph;

pub(crate) use counts::*;
pub(crate) use disk::*;

/// A move of an alias without guard and reason.
pub(crate) const ANYWHERE: MoveOptions<'static> = guarded(Guard::Anywhere);

pub(crate) const fn guarded(guard: Guard<'_>) -> MoveOptions<'_> {
    MoveOptions {
        guard,
        reason: None,
    }
}

/// A registry of its own, gone when dropped.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) registry: Registry,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::new());
        let registry = Registry::open_with(folder.path().join("models"), clock.clone()).unwrap();
        Self {
            folder,
            clock,
            registry,
        }
    }

    pub(crate) fn publish(&self, name: &str, version: &str) {
        self.registry.publish(&package(name, version)).unwrap();
    }
}

pub(crate) fn text(name: &str, version: &str) -> String {
    format!(
        "schema = 1\n\n[package]\nname = \"{name}\"\nversion = \"{version}\"\nlicense = \"MIT\"\n"
    )
}

/// A package with a graph, its external weights and a tokenizer.
pub(crate) fn package(name: &str, version: &str) -> Package {
    package_with(name, version, &[7; 100])
}

pub(crate) fn package_with(name: &str, version: &str, weights: &[u8]) -> Package {
    let text = format!(
        "{}\n[tokenizer]\nfile = \"tokenizer.json\"\nmax_tokens = 8\n",
        text(name, version)
    );
    let files = [
        ("amaas.toml", text.clone().into_bytes()),
        ("model.onnx", graph(&["weights.bin"])),
        ("weights.bin", weights.to_vec()),
        ("tokenizer.json", b"{}".to_vec()),
    ];
    seal(Manifest::parse(&text).unwrap(), to_files(files)).unwrap()
}

pub(crate) type Files = BTreeMap<PackagePath, Arc<dyn Buffer>>;

pub(crate) fn to_files<const N: usize>(files: [(&str, Vec<u8>); N]) -> Files {
    let buffer = |bytes| Arc::new(bytes) as Arc<dyn Buffer>;
    files
        .into_iter()
        .map(|(path, bytes)| (path.parse().unwrap(), buffer(bytes)))
        .collect()
}

/// A serialized model with one initializer for each file of weights.
pub(crate) fn graph(weights: &[&str]) -> Vec<u8> {
    [vec![0x08, 0x0a], graph::tensors(weights)].concat()
}

pub(crate) fn blobs(root: &Path) -> Vec<PathBuf> {
    snapshot(&root.join("blobs")).into_keys().collect()
}
