//! Warming up and tuning on ONNX Runtime itself: `AMAAS_ORT_LIB` is its path, `make test` sets it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use amaas_core::service::{Cold, Objective, Sample, TuneOptions, WarmUp};
use amaas_core::{ErrorKind, LoadSettings, Result, Route, Service, Tensor};
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/fixtures/{name}.onnx"))
}

fn service(deadline: Duration) -> Service {
    let warm_up = WarmUp {
        deadline,
        ..WarmUp::of(Duration::from_millis(200))
    };
    let settings = LoadSettings {
        warm_up,
        ..LoadSettings::default()
    };
    Service::builder()
        .registry("")
        .settings(settings)
        .build()
        .unwrap()
}

/// A package of a fixture; `tail` goes to the end of its manifest.
fn package(graph: &str, tail: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        "schema = 1\n[package]\nname = \"small\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n{tail}"
    );
    std::fs::write(folder.path().join("amaas.toml"), manifest).unwrap();
    std::fs::copy(fixture(graph), folder.path().join("model.onnx")).unwrap();
    folder
}

fn load(path: &Path, deadline: Duration) -> Result<Route> {
    service(deadline).load(path.to_str().unwrap())
}

#[test]
fn a_model_that_never_returns_is_loaded_cold_and_its_runs_can_still_be_ended() {
    let route = load(&fixture("always"), Duration::from_millis(300)).unwrap();
    let model = route.lease();
    let warmed = model.warmed();
    assert!(matches!(warmed.cold[0], Cold::Deadline), "{warmed}");
    let x = Tensor::from_vec([1], vec![1_f32]).unwrap();
    let call = amaas_core::Call::within(Duration::from_millis(50));
    let error = route.run_with(&[("x", &x)], &[], &call).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
}

#[test]
fn a_model_that_never_answers_its_golden_example_is_not_loaded() {
    let golden = r#"
        [[golden]]
        inputs.x = { dtype = "float32", shape = [1], values = [1] }
        outputs.y = { dtype = "float32", shape = [1], values = [1] }
    "#;
    let folder = package("always", golden);
    let error = load(folder.path(), Duration::from_millis(300)).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::DeadlineExceeded,
        "{}",
        error.report()
    );
}

#[test]
fn every_fixture_loads_as_it_did_without_warming_up() {
    let cold = LoadSettings {
        warm_up: WarmUp::off(),
        ..LoadSettings::default()
    };
    let service = service(Duration::from_millis(500));
    let folder = std::fs::read_dir(fixture("noop").parent().unwrap()).unwrap();
    let mut warmed = 0;
    for path in folder.map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|extension| extension != "onnx") {
            continue;
        }
        let path = path.to_str().unwrap();
        let (warm, cold) = (service.load(path), service.load_with(path, cold.clone()));
        let kind = |route: &Result<Route>| route.as_ref().err().map(amaas_core::Error::kind);
        assert_eq!(kind(&warm), kind(&cold), "{path}");
        warmed += usize::from(warm.is_ok_and(|route| route.lease().warmed().is_complete()));
    }
    assert!(warmed >= 20, "{warmed}");
}

#[test]
fn tuning_measures_and_answers() {
    let service = service(Duration::from_secs(10));
    let x = Tensor::from_vec([1, 2], vec![1_f32, 2.0]).unwrap();
    let path = fixture("noop");
    let path = path.to_str().unwrap();
    let route = service.load(path).unwrap();
    let name = route.lease().signature().inputs[0].name.clone();
    let sample = Sample::Tensors(vec![vec![(name, x)]]);
    let options = TuneOptions {
        objective: Objective::Throughput,
        budget: Duration::from_secs(2),
        ..TuneOptions::default()
    };
    let tuned = service.tune(path, &sample, &options, &mut |_| ()).unwrap();
    let best = tuned.best().unwrap();
    assert!(best.requests > 0 && best.requests_per_second > 0.0 && best.p50 <= best.p99);
    assert!(service.load_with(path, tuned.settings().unwrap()).is_ok());
}
