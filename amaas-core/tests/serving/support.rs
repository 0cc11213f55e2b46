//! Packages on disk and a service over the fake backend.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use amaas_core::clock::{Clock, SystemClock};
use amaas_core::model::{Dimension, Port, Signature};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::service::WarmUp;
use amaas_core::{Dtype, LoadSettings, Service, ServiceBuilder, Tensor};
use tempfile::TempDir;

/// Words `a` to `e` have the ids 1 to 5; anything else is nothing.
pub(crate) const TOKENIZER: &str = r#"{
    "version": "1.0", "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
    "padding": {"strategy": {"Fixed": 128}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 9, "pad_type_id": 0, "pad_token": "[PAD]"},
    "added_tokens": [], "normalizer": null,
    "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
    "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5}, "unk_token": "[UNK]"}
}"#;

/// A graph without external weights; the fake never looks into it.
const GRAPH: &[u8] = include_bytes!("../../../tests/fixtures/noop.onnx");

/// One signature for all: ids in, two logits out.
pub(crate) fn signature() -> Signature {
    let batch = || Dimension::named("batch");
    Signature {
        inputs: vec![Port::tensor(
            "input_ids",
            Dtype::Int64,
            [batch(), Dimension::named("tokens")],
        )],
        outputs: vec![Port::tensor(
            "logits",
            Dtype::Float32,
            [batch(), Dimension::Fixed(2)],
        )],
    }
}

/// Answers each row with `[0, sum of its ids]`.
pub(crate) fn summing() -> FakeBackend {
    summing_and(|| ())
}

/// As [`summing`], and does this in each run.
pub(crate) fn summing_and(look: impl Fn() + Send + Sync + 'static) -> FakeBackend {
    FakeBackend::new(signature()).computing(move |inputs| {
        look();
        let ids = inputs[0].1.view::<i64>()?;
        let logits = ids
            .outer_iter()
            .flat_map(|row| [0.0, row.sum() as f32])
            .collect();
        Ok(vec![Tensor::from_vec([ids.shape()[0], 2], logits)?])
    })
}

/// A folder for packages and a registry, gone when it is dropped.
pub(crate) struct World {
    pub(crate) folder: TempDir,
}

/// Of one instance, and not warmed up.
pub(crate) fn bare(settings: LoadSettings) -> LoadSettings {
    LoadSettings {
        instances: Some(1),
        warm_up: WarmUp::off(),
        ..settings
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn service(&self, backend: &FakeBackend) -> Service {
        self.service_with(
            backend,
            Arc::new(SystemClock::default()),
            LoadSettings::default(),
        )
    }

    /// A service of one instance that is not warmed up, with this clock and these settings.
    pub(crate) fn service_with(
        &self,
        backend: &FakeBackend,
        clock: Arc<dyn Clock>,
        settings: LoadSettings,
    ) -> Service {
        let builder = self.builder(backend, clock, bare(settings));
        builder.build().unwrap()
    }

    /// With this clock and exactly these settings, and more to be said.
    pub(crate) fn builder(
        &self,
        backend: &FakeBackend,
        clock: Arc<dyn Clock>,
        settings: LoadSettings,
    ) -> ServiceBuilder {
        let registry = self.folder.path().join("registry");
        let builder = Service::builder().registry(registry).settings(settings);
        builder.clock(clock).backend(Arc::new(backend.clone()))
    }

    /// Writes the package `words` of this version; `extra` goes into its `[tokenizer]` table and
    /// `tail` to the end of its manifest.
    pub(crate) fn package(&self, version: &str, extra: &str, tail: &str) -> PathBuf {
        let task = r#"
                kind = "text-classification"
                labels = ["no", "yes"]
                function_to_apply = "none"
        "#;
        self.package_of(task, version, extra, tail)
    }

    /// As [`World::package`], with this `[task]` table.
    pub(crate) fn package_of(&self, task: &str, version: &str, extra: &str, tail: &str) -> PathBuf {
        let folder = self.folder.path().join(version);
        std::fs::create_dir_all(&folder).unwrap();
        let manifest = format!(
            r#"
                schema = 1
                [package]
                name = "words"
                version = "{version}"
                license = "MIT"
                [task]
                {task}
                [tokenizer]
                file = "tokenizer.json"
                max_tokens = 4
                {extra}
                {tail}
            "#
        );
        self.write(&folder, "amaas.toml", manifest.as_bytes());
        self.write(&folder, "tokenizer.json", TOKENIZER.as_bytes());
        self.write(&folder, "model.onnx", GRAPH);
        folder
    }

    fn write(&self, folder: &Path, name: &str, bytes: &[u8]) {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
