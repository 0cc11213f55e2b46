//! A store in which one document was replaced, with every digest above it made right again: what
//! somebody writes who may write to the disk, or who runs a registry that one imports from.

use std::fs;
use std::path::PathBuf;

use amaas_core::model::{Digest, Package};
use amaas_core::{Result, registry::Registry};
use serde_json::Value;

use crate::support::{ANYWHERE, Home, package};

pub(crate) struct Store {
    pub(crate) home: Home,
}

impl Store {
    pub(crate) fn new() -> Self {
        let home = Home::new();
        home.publish("ner", "1.0.0");
        home.publish("ner", "1.1.0");
        let (name, alias) = ("ner".parse().unwrap(), "champion".parse().unwrap());
        home.registry
            .set_alias(&name, &alias, &"1.0.0".parse().unwrap(), &ANYWHERE)
            .unwrap();
        Self { home }
    }

    /// Everything that a user of the store does: list, resolve, load.
    pub(crate) fn serve(&self) -> Result<Package> {
        Self::serve_from(&self.home.registry)
    }

    /// As [`Store::serve`], through a handle of its own.
    pub(crate) fn serve_from(registry: &Registry) -> Result<Package> {
        registry.models()?;
        let resolved = registry.resolve(&"ner".parse().unwrap(), &"=1.0.0".parse().unwrap())?;
        let package = registry.package(&resolved.digest)?;
        registry.resolve(&"ner".parse().unwrap(), &"champion".parse().unwrap())?;
        Ok(package)
    }

    pub(crate) fn top_path(&self) -> PathBuf {
        self.home.registry.root().join("index.json")
    }

    pub(crate) fn blob_path(&self, descriptor: &Value) -> PathBuf {
        let digest = descriptor["digest"].as_str().unwrap();
        self.home
            .registry
            .root()
            .join("blobs/sha256")
            .join(&digest["sha256:".len()..])
    }

    pub(crate) fn json(&self, path: PathBuf) -> Value {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    pub(crate) fn top(&self) -> Value {
        self.json(self.top_path())
    }

    pub(crate) fn model(&self) -> Value {
        self.json(self.blob_path(&self.top()["manifests"][0]))
    }

    pub(crate) fn manifest(&self) -> Value {
        self.json(self.blob_path(&self.model()["manifests"][0]))
    }

    pub(crate) fn set_top(&self, bytes: impl AsRef<[u8]>) {
        fs::write(self.top_path(), bytes).unwrap();
    }

    pub(crate) fn set_model(&self, bytes: impl AsRef<[u8]>) {
        let mut top = self.top();
        self.point(&mut top["manifests"][0], bytes.as_ref());
        self.set_top(top.to_string());
    }

    pub(crate) fn set_manifest(&self, bytes: impl AsRef<[u8]>) {
        let mut model = self.model();
        self.point(&mut model["manifests"][0], bytes.as_ref());
        self.set_model(model.to_string());
    }

    /// Replaces the content of a layer.
    pub(crate) fn set_layer(&self, layer: usize, bytes: &[u8]) {
        let mut manifest = self.manifest();
        self.point(&mut manifest["layers"][layer], bytes);
        self.set_manifest(manifest.to_string());
    }

    fn point(&self, descriptor: &mut Value, bytes: &[u8]) {
        descriptor["digest"] = Digest::of(bytes).to_string().into();
        descriptor["size"] = bytes.len().into();
        fs::write(self.blob_path(descriptor), bytes).unwrap();
    }

    pub(crate) fn is_good(&self) -> bool {
        self.serve().is_ok_and(|loaded| Self::is_right(&loaded))
    }

    pub(crate) fn is_right(loaded: &Package) -> bool {
        loaded.digest == package("ner", "1.0.0").digest
    }
}
