//! Packages over sound, and a service over the fake backend.

use std::sync::Arc;

use amaas_core::clock::SystemClock;
use amaas_core::model::{Dimension, Port, Signature};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::service::WarmUp;
use amaas_core::{Dtype, Error, ErrorKind, LoadSettings, Result, Route, Service, Tensor};
use tempfile::TempDir;

/// A graph without external weights; the fake never looks into it.
const GRAPH: &[u8] = include_bytes!("../../../tests/fixtures/noop.onnx");

/// 8 new samples a window at 1000 Hz, behind 2 of the window before.
pub(crate) const VOICES: &str = r#"
    [task]
    kind = "voice-activity-detection"
    min_speech_ms = 10
    min_silence_ms = 20
    padding_ms = 4

    [audio]
    sampling_rate = 1000
    window = 8
    context = 2
    max_seconds = 10.0

    [audio.inputs]
    sampling_rate = "sr"

    [[state]]
    input = "state"
    output = "next"
"#;

/// Samples, state and rate in; a probability and the next state out.
pub(crate) fn voices() -> Signature {
    let batch = || Dimension::named("batch");
    let state = |name| {
        let layers = [Dimension::Fixed(2), batch(), Dimension::Fixed(1)];
        Port::tensor(name, Dtype::Float32, layers)
    };
    let samples = [batch(), Dimension::named("samples")];
    let one = [batch(), Dimension::Fixed(1)];
    Signature {
        inputs: vec![
            Port::tensor("input", Dtype::Float32, samples),
            state("state"),
            Port::tensor("sr", Dtype::Int64, []),
        ],
        outputs: vec![Port::tensor("output", Dtype::Float32, one), state("next")],
    }
}

/// Says of each window the mean of its own samples and of the sum that the state has, so that an
/// answer depends on every window before: `(state + mean) / 2`, which is the next state.
pub(crate) fn hearing() -> FakeBackend {
    FakeBackend::new(voices()).computing(|inputs| {
        let named = |name| inputs.iter().find(|(known, _)| *known == name).unwrap().1;
        let (samples, state) = (named("input").view::<f32>()?, named("state"));
        assert_eq!(named("sr").as_slice::<i64>()?, [1000]);
        assert_eq!(samples.shape()[1], 10);
        let states = state.as_slice::<f32>()?;
        let pairs = samples.outer_iter().zip(states);
        let said = pairs.map(|(row, state)| {
            let mean = row.iter().skip(2).sum::<f32>() / 8.0;
            (mean + state) / 2.0
        });
        let said: Vec<f32> = said.collect();
        let next = said.iter().chain(&said).copied().collect();
        Ok(vec![
            Tensor::from_vec([said.len(), 1], said.clone())?,
            Tensor::from_vec([2, said.len(), 1], next)?,
        ])
    })
}

/// What [`hearing`] says of each window of a recording.
pub(crate) fn expected(samples: &[f32]) -> Vec<f32> {
    let mut state = 0.0;
    let say = |window: &[f32]| {
        state = (window.iter().sum::<f32>() / 8.0 + state) / 2.0;
        state
    };
    samples.chunks(8).map(say).collect()
}

/// A service over a package of which the manifest ends in `tail`.
pub(crate) struct World {
    pub(crate) service: Service,
    folder: TempDir,
}

impl World {
    pub(crate) fn new(backend: &FakeBackend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = LoadSettings {
            instances: Some(1),
            warm_up: WarmUp::off(),
            ..LoadSettings::default()
        };
        let service = Service::builder()
            .registry(folder.path().join("registry"))
            .settings(settings)
            .clock(Arc::new(SystemClock::default()))
            .backend(Arc::new(backend.clone()));
        Self {
            service: service.build().unwrap(),
            folder,
        }
    }

    pub(crate) fn load(&self, tail: &str) -> Result<Route> {
        let folder = self.folder.path().join("package");
        std::fs::create_dir_all(&folder).unwrap();
        let manifest = format!(
            "schema = 1\n[package]\nname = \"sound\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n{tail}"
        );
        std::fs::write(folder.join("amaas.toml"), manifest).unwrap();
        std::fs::write(folder.join("model.onnx"), GRAPH).unwrap();
        self.service.load(folder.to_str().unwrap())
    }
}

pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T>, kind: ErrorKind, words: &str) {
    let error: Error = answer.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(error.remedy().is_some(), "{error}");
}
