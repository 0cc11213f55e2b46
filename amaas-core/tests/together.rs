//! Whether requests run together, as a version says of itself, and what its weights take.
//!
//! These tests need the real library: `AMAAS_ORT_LIB` is its path, which `make test` sets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::thread;

use amaas_core::service::{LoadSettings, Together};
use amaas_core::{Route, Service, Tensor};

fn repository(path: &str) -> String {
    format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))
}

fn load(name: &str) -> Route {
    let service = Service::builder().build().unwrap();
    let path = repository(&format!("tests/fixtures/{name}.onnx"));
    service.load(&path).unwrap()
}

fn together(name: &str) -> Together {
    load(name).lease().together()
}

#[test]
fn what_cannot_run_together_is_seen_before_it_serves() {
    for name in ["noop", "stateful"] {
        assert_eq!(together(name), Together::Yes, "{name}");
    }
    for (name, port) in [("fixed_batch", "x"), ("scalar", "x")] {
        assert_eq!(together(name), Together::Shape(port.to_owned()), "{name}");
        assert!(together(name).to_string().contains(port));
    }
}

#[test]
fn rows_that_have_a_part_in_each_others_scale_are_said_to() {
    let found = together("dynamic_quant");
    assert_eq!(found, Together::Roughly("DynamicQuantizeLinear".to_owned()));
    assert!(found.runs() && found.to_string().contains("batching.enabled = false"));
}

#[test]
fn a_package_may_forbid_it() {
    let folder = tempfile::tempdir().unwrap();
    let graph = std::fs::read(repository("tests/fixtures/dynamic_quant.onnx")).unwrap();
    std::fs::write(folder.path().join("model.onnx"), graph).unwrap();
    let manifest = "schema = 1\n[package]\nname = \"apart\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n\
                    [batching]\nenabled = false\n";
    std::fs::write(folder.path().join("amaas.toml"), manifest).unwrap();
    let service = Service::builder().build().unwrap();
    let route = service.load(folder.path().to_str().unwrap()).unwrap();
    assert_eq!(route.lease().together(), Together::Forbidden);
}

/// Each caller's state is its own, whoever else calls.
#[test]
fn state_stays_with_its_caller() {
    let route = load("stateful");
    thread::scope(|scope| {
        for caller in 1..=8 {
            let route = &route;
            scope.spawn(move || {
                let x = Tensor::from_vec([1, 2], vec![caller as f32; 2]).unwrap();
                let mut state = Tensor::from_vec([2, 1, 2], vec![0.0_f32; 4]).unwrap();
                for step in 1..=20 {
                    let found = route.run(&[("x", &x), ("state", &state)]).unwrap();
                    let y = found.get("y").unwrap().as_slice::<f32>().unwrap().to_vec();
                    // What was added in the steps before, in both layers.
                    let expected = (1 + 2 * (step - 1)) * caller;
                    assert_eq!(y, [expected as f32; 2]);
                    state = found.get("next").unwrap().clone();
                }
            });
        }
    });
}

#[test]
fn weights_are_told_apart_by_who_holds_them() {
    let path = repository("models/sentiment/1.0.0");
    let service = Service::builder().build().unwrap();
    let settings = LoadSettings {
        instances: Some(2),
        ..LoadSettings::default()
    };
    let route = service.load_with(&path, settings).unwrap();
    let weights = route.lease().weights();
    let file = std::fs::metadata(format!("{path}/model.onnx"))
        .unwrap()
        .len();
    assert!(weights.shared > 0 && weights.shared <= file, "{weights:?}");
    assert_eq!(weights.of(2), weights.shared + 2 * weights.unique);
}
