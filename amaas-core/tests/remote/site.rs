//! A scripted remote that holds one good package until a test spoils something.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::packages::{Home, package_with};
use crate::script::{Reply, Request, Script};
use crate::support::noise;

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

type Answer = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// `acme/ner` with the version 1.0.0.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) manifest: Vec<u8>,
    pub(crate) digest: String,
    version: String,
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    /// The digest of the largest file.
    pub(crate) weights: String,
    others: Vec<(String, Answer)>,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::of(&noise(5000, 9))
    }

    pub(crate) fn of(weights: &[u8]) -> Self {
        Self::of_version("1.0.0", weights)
    }

    /// `acme/ner` with this version.
    pub(crate) fn of_version(version: &str, weights: &[u8]) -> Self {
        let home = Home::new();
        let package = package_with("ner", version, weights);
        let published = home.registry.publish(&package).unwrap();
        let read = |digest: &str| {
            let hex = digest.strip_prefix("sha256:").unwrap();
            fs::read(home.registry.root().join("blobs/sha256").join(hex)).unwrap()
        };
        let digest = published.digest.to_string();
        let manifest = read(&digest);
        let document: Value = serde_json::from_slice(&manifest).unwrap();
        let layers = document["layers"].as_array().unwrap().iter();
        let blobs = layers.chain([&document["config"]]).map(|layer| {
            let digest = layer["digest"].as_str().unwrap().to_owned();
            let bytes = read(&digest);
            (digest, bytes)
        });
        Self {
            manifest,
            digest,
            version: version.to_owned(),
            blobs: blobs.collect(),
            weights: amaas_core::model::Digest::of(weights).to_string(),
            others: Vec::new(),
        }
    }

    /// What `METHOD /path` contains `part` is answered by `answer`.
    pub(crate) fn on(
        &mut self,
        part: &str,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) {
        self.others.push((part.to_owned(), Arc::new(answer)));
    }

    /// Changes the manifest, which gets another digest by that.
    pub(crate) fn edit(&mut self, edit: impl Fn(&mut Value)) {
        let mut document: Value = serde_json::from_slice(&self.manifest).unwrap();
        edit(&mut document);
        self.set_manifest(document.to_string());
    }

    pub(crate) fn set_manifest(&mut self, bytes: impl Into<Vec<u8>>) {
        self.manifest = bytes.into();
        self.digest = amaas_core::model::Digest::of(&self.manifest).to_string();
    }

    pub(crate) fn serve(&self) -> Script {
        let site = self.clone();
        Script::new(move |request| site.answer(request))
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let line = format!("{} {}", request.method, request.path);
        if let Some((_, answer)) = self.others.iter().find(|(part, _)| line.contains(part)) {
            return answer(request);
        }
        if request.path.starts_with("/v2/acme/ner/tags/list") {
            return Reply::body(json!({"name": "acme/ner", "tags": [self.version]}).to_string());
        }
        if let Some(reference) = request.path.strip_prefix("/v2/acme/ner/manifests/") {
            if reference != self.version && reference != self.digest {
                return Reply::status(404);
            }
            return Reply::body(self.manifest.clone()).with("Content-Type", MANIFEST);
        }
        let digest = request.path.strip_prefix("/v2/acme/ner/blobs/");
        match digest.and_then(|digest| self.blobs.get(digest)) {
            Some(bytes) => part(request, bytes),
            None => Reply::status(404),
        }
    }
}

/// The bytes that `Range` asks for.
pub(crate) fn part(request: &Request, bytes: &[u8]) -> Reply {
    let range = request
        .header("range")
        .and_then(|range| range.strip_prefix("bytes="));
    match range.and_then(|range| range.strip_suffix('-')) {
        Some(start) => {
            let start: usize = start.parse().unwrap();
            let range = format!("bytes {start}-{}/{}", bytes.len() - 1, bytes.len());
            Reply::Good(206, Vec::new(), bytes[start..].to_vec()).with("Content-Range", range)
        }
        None => Reply::body(bytes),
    }
}
