//! A store of many models, made quickly: one is published, the others are its documents with
//! another name of the same length and the digests that follow from that.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amaas_core::Buffer;
use amaas_core::model::{Digest, Manifest, ModelName, PackagePath};
use amaas_core::registry::{Registry, seal};

const MODELS: usize = 1_000;
const VERSIONS: usize = 100;

/// Writes the store, and says how its models are called.
pub(crate) fn write(root: &Path) -> Vec<ModelName> {
    let registry = Registry::open(root).expect("a new folder");
    let first = name(0);
    let digests: Vec<_> = (0..VERSIONS)
        .map(|patch| publish(&registry, patch))
        .collect();
    let list = fs::read_to_string(root.join("index.json")).expect("it is there");
    let (head, entry, tail) = entry(&list);
    let index = between(entry, "sha256:", "\"");
    let entries = (0..MODELS).map(|number| match number {
        0 => entry.to_owned(),
        _ => {
            let name = name(number);
            let mut renamed = Renamed::new(root, &first, &name);
            for digest in &digests {
                renamed.version(digest);
            }
            renamed.document(index);
            renamed.text(entry)
        }
    });
    let entries: Vec<_> = entries.collect();
    let list = format!("{head}{}{tail}", entries.join(","));
    fs::write(root.join("index.json"), list).expect("room for it");
    (0..MODELS)
        .map(|number| name(number).parse().expect("a name"))
        .collect()
}

fn name(number: usize) -> String {
    format!("model-{number:04}")
}

/// The digest's digits.
fn publish(registry: &Registry, patch: usize) -> String {
    let text = format!(
        "schema = 1\n[package]\nname = \"{}\"\nversion = \"1.0.{patch}\"\nlicense = \"MIT\"\n",
        name(0)
    );
    let mut files: BTreeMap<PackagePath, Arc<dyn Buffer>> = BTreeMap::new();
    let graph = b"\x08\x0a\x3a\x00".to_vec();
    files.insert("model.onnx".parse().expect("a path"), Arc::new(graph));
    files.insert(
        "amaas.toml".parse().expect("a path"),
        Arc::new(text.clone().into_bytes()),
    );
    let manifest = Manifest::parse(&text).expect("it is right");
    let package = seal(manifest, files).expect("it is whole");
    registry
        .publish(&package)
        .expect("room for it")
        .digest
        .hex()
}

/// The one entry of the list, what stands before it, and what comes after it.
fn entry(list: &str) -> (&str, &str, &str) {
    let start = list.find("\"manifests\":[").expect("a list") + "\"manifests\":[".len();
    let end = list[start..].find(']').expect("a list") + start;
    (&list[..start], &list[start..end], &list[end..])
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let start = text.find(before).expect("it is there") + before.len();
    let end = text[start..].find(after).expect("it is there") + start;
    &text[start..end]
}

/// Documents under another name.
struct Renamed<'a> {
    blobs: PathBuf,
    names: (&'a str, &'a str),
    /// The digits of digests, as they were and as they are now.
    digests: Vec<(String, String)>,
}

impl<'a> Renamed<'a> {
    fn new(root: &Path, from: &'a str, to: &'a str) -> Self {
        Self {
            blobs: root.join("blobs/sha256"),
            names: (from, to),
            digests: Vec::new(),
        }
    }

    /// A version's documents, those first that others name: `amaas.toml`, config, manifest.
    fn version(&mut self, manifest: &str) {
        let text = self.read(manifest);
        let parts = text.split("\"digest\":\"sha256:").skip(1);
        let parts: Vec<_> = parts.map(|part| part[..64].to_owned()).collect();
        let others = std::mem::take(&mut self.digests);
        for digest in [&*parts[1], &*parts[0], manifest] {
            self.document(digest);
        }
        let manifest = self.digests.pop().expect("it was written");
        self.digests = others;
        self.digests.push(manifest);
    }

    fn read(&self, digest: &str) -> String {
        fs::read_to_string(self.blobs.join(digest)).expect("it is there")
    }

    fn document(&mut self, digest: &str) {
        let text = self.text(&self.read(digest));
        let renamed = Digest::of(text.as_bytes()).hex();
        fs::write(self.blobs.join(&renamed), text).expect("room for it");
        self.digests.push((digest.to_owned(), renamed));
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.replace(self.names.0, self.names.1);
        // Digits are as long as digits, so each is put right where it stands.
        for (from, to) in &self.digests {
            if let Some(place) = text.find(from.as_str()) {
                text.replace_range(place..place + to.len(), to);
            }
        }
        text
    }
}
