//! Small packages, small graphs, and a folder for each test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amaas_core::Buffer;
use amaas_core::clock::ManualClock;
use amaas_core::model::{Manifest, Package, PackagePath};
use amaas_core::registry::{Guard, MoveOptions, Registry, seal};
use tempfile::TempDir;

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

/// A serialized model with one initializer for each file of weights. Field numbers: `onnx.proto`.
pub(crate) fn graph(weights: &[&str]) -> Vec<u8> {
    let tensors = weights.iter().flat_map(|location| {
        let entry = [field(1, b"location"), field(2, location.as_bytes())].concat();
        field(5, &field(13, &entry))
    });
    [vec![0x08, 0x0a], field(7, &tensors.collect::<Vec<_>>())].concat()
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len())
        .ok()
        .filter(|length| *length < 128)
        .unwrap();
    [&[number << 3 | 2, length], bytes].concat()
}

/// Whether there is time for everything: `make soak` says so.
pub(crate) fn soaks() -> bool {
    std::env::var("AMAAS_SOAK").is_ok_and(|value| value == "1")
}

/// Says how many hostile cases were tried, past the test harness, for the summary of a whole run.
pub(crate) fn report(what: &str, cases: usize) {
    say(&format!("hostile: {cases} cases, {what}"));
}

/// Past the test harness, which would keep it to itself.
pub(crate) fn say(text: &str) {
    use std::io::Write as _;
    std::io::stderr()
        .write_all(format!("{text}\n").as_bytes())
        .unwrap();
}

/// Every file below `root` with its bytes; links and the lock are left out.
pub(crate) fn snapshot(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && entry.file_name() != "lock" {
                found.insert(entry.path(), fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

pub(crate) fn blobs(root: &Path) -> Vec<PathBuf> {
    snapshot(&root.join("blobs")).into_keys().collect()
}
