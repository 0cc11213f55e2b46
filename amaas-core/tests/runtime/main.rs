//! ONNX Runtime itself, through the public face of the room.
//!
//! These tests need the real library: `AMAAS_ORT_LIB` is its path, `AMAAS_TEST_PLUGIN` the path
//! of the plug-in `onnxruntime-ggml`. `make test` sets both.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

mod devices;
mod dtypes;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amaas_core::model::{Dimension, Graph, Port, PortKind};
use amaas_core::runtime::ort::{OrtBackend, RuntimeOptions};
use amaas_core::runtime::{Backend, DevicePolicy, Instance, LoadOptions, Stop};
use amaas_core::{Dtype, ErrorKind, Tensor};
use dtypes::Page;

fn variable(name: &str, what: &str) -> PathBuf {
    match std::env::var_os(name) {
        Some(value) if !value.is_empty() => value.into(),
        _ => panic!("these tests need {what}: set {name} to its path, as `make test` does"),
    }
}

fn backend() -> OrtBackend {
    variable("AMAAS_ORT_LIB", "ONNX Runtime");
    OrtBackend::open(&RuntimeOptions::default()).unwrap()
}

fn plugin() -> String {
    let path = variable("AMAAS_TEST_PLUGIN", "the plug-in onnxruntime-ggml");
    format!("plugin:{}", path.display())
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    std::fs::read(folder.join(name)).unwrap()
}

fn graph(name: &str) -> Graph {
    Graph::new(fixture(&format!("{name}.onnx")))
}

fn on(devices: &str) -> LoadOptions {
    LoadOptions {
        devices: devices.parse().unwrap(),
        threads: 1,
    }
}

fn load(name: &str) -> Box<dyn Instance> {
    backend().load(&graph(name), &on("cpu")).unwrap()
}

fn pair() -> Tensor {
    Tensor::from_vec([1, 2], vec![1.5_f32, -2.0]).unwrap()
}

#[test]
fn public_types_may_cross_threads() {
    fn check<T: Send + Sync>() {}
    check::<OrtBackend>();
    check::<RuntimeOptions>();
    check::<Stop>();
    fn crosses<T: Send + ?Sized>() {}
    crosses::<dyn Instance>();
}

#[test]
fn the_backend_names_itself_and_its_devices() {
    let backend = backend();
    assert!(
        backend.describe().starts_with("onnxruntime 1."),
        "{}",
        backend.describe()
    );
    assert!(backend.library().is_absolute());
    let devices = backend.devices().unwrap();
    let last = devices.last().unwrap();
    assert_eq!(
        (last.provider.as_str(), last.kind.as_str()),
        ("CPUExecutionProvider", "cpu")
    );
}

#[test]
fn a_second_library_is_refused_and_the_same_one_is_shared() {
    let first = backend();
    let same = RuntimeOptions {
        library: Some(first.library().to_owned()),
        ..Default::default()
    };
    assert_eq!(OrtBackend::open(&same).unwrap().library(), first.library());
    let other = RuntimeOptions {
        library: Some("/elsewhere/libonnxruntime.so".into()),
        ..Default::default()
    };
    let error = OrtBackend::open(&other).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RuntimeUnavailable);
    let text = error.to_string();
    assert!(text.contains("/elsewhere/libonnxruntime.so"), "{text}");
    assert!(
        text.contains(&first.library().display().to_string()),
        "{text}"
    );
}

#[test]
fn a_run_returns_what_the_model_computes() {
    let mut model = load("add");
    let right = Tensor::from_vec([1, 2], vec![10.0_f32, 20.0]).unwrap();
    // Inputs are found by name, in whatever order they come.
    let outputs = model
        .run(&[("right", &right), ("left", &pair())], &[], None)
        .unwrap();
    assert_eq!(outputs.len(), 1);
    assert_eq!(outputs[0].shape().to_vec(), [1, 2]);
    assert_eq!(outputs[0].as_slice::<f32>().unwrap(), [11.5, 18.0]);
}

#[test]
fn outputs_are_picked_by_name_and_in_order() {
    let mut model = load("two_outputs");
    let all = model.run(&[("x", &pair())], &[], None).unwrap();
    assert_eq!(all[0].as_slice::<f32>().unwrap(), [-1.5, 2.0]);
    assert_eq!(all[1].as_slice::<i64>().unwrap(), [1, 2]);
    let picked = model
        .run(&[("x", &pair())], &["shape", "negated"], None)
        .unwrap();
    assert_eq!(picked[0].as_slice::<i64>().unwrap(), [1, 2]);
    assert_eq!(picked.len(), 2);
    let error = model.run(&[("x", &pair())], &["shpae"], None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(
        error.to_string(),
        "the model has no output `shpae`; its outputs are `negated`, `shape`"
    );
}

#[test]
fn outputs_outlive_the_instance() {
    let mut model = load("constant_output");
    let outputs = model.run(&[("x", &pair())], &[], None).unwrap();
    drop(model);
    assert_eq!(outputs[0].as_slice::<f32>().unwrap(), [-1.5, 2.0]);
    // A weight that is an output lies in the memory of the session.
    assert_eq!(outputs[1].as_slice::<f32>().unwrap(), [1.0, 2.0, 3.0]);
    let sent = std::thread::spawn(move || outputs[1].as_slice::<f32>().unwrap().to_vec());
    assert_eq!(sent.join().unwrap(), [1.0, 2.0, 3.0]);
}

#[test]
fn scalars_and_unknown_ranks_are_told_apart() {
    let mut scalar = load("scalar");
    assert_eq!(
        scalar.signature().inputs[0],
        Port::tensor("x", Dtype::Float32, [])
    );
    let outputs = scalar
        .run(&[("x", &Tensor::scalar(2.5_f32))], &[], None)
        .unwrap();
    assert_eq!(outputs[0].shape().rank(), 0);
    assert_eq!(outputs[0].as_slice::<f32>().unwrap(), [2.5]);
    let unknown = load("unknown_rank");
    assert_eq!(
        unknown.signature().inputs[0].kind,
        PortKind::Tensor(Dtype::Float32, None)
    );
}

#[test]
fn the_signature_keeps_names_and_lengths() {
    let noop = load("noop");
    let expected = Port::tensor(
        "x",
        Dtype::Float32,
        [Dimension::named("batch"), Dimension::Fixed(2)],
    );
    assert_eq!(noop.signature().inputs, [expected]);
    let fixed = load("fixed_batch");
    let expected = Port::tensor(
        "y",
        Dtype::Float32,
        [Dimension::Fixed(2), Dimension::Fixed(2)],
    );
    assert_eq!(fixed.signature().outputs, [expected]);
}

#[test]
fn the_metadata_is_what_the_author_stored() {
    let mut metadata = load("noop").metadata().unwrap();
    metadata.sort();
    let expected = [("author", "amaas"), ("task", "none")];
    assert_eq!(
        metadata,
        expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
    assert_eq!(load("add").metadata().unwrap(), []);
}

#[test]
fn what_is_not_a_tensor_is_refused_unless_it_is_not_asked_for() {
    let mut model = load("sequence_output");
    assert_eq!(
        model.signature().outputs[0].kind,
        PortKind::Other("sequence(tensor(float32))".into())
    );
    let error = model.run(&[("x", &pair())], &[], None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("`pair`"), "{error}");
    let outputs = model.run(&[("x", &pair())], &["y"], None).unwrap();
    assert_eq!(outputs[0].as_slice::<f32>().unwrap(), [-1.5, 2.0]);
}

#[test]
fn weights_come_from_memory_and_from_nowhere_else() {
    let backend = backend();
    let x = pair();
    let mut external = graph("external");
    external
        .weights
        .push(("external.bin".into(), Arc::new(fixture("external.bin"))));
    let mut model = backend.load(&external, &on("cpu")).unwrap();
    drop(external);
    let outputs = model.run(&[("x", &x)], &[], None).unwrap();
    assert_eq!(
        outputs[0].as_slice::<f32>().unwrap(),
        [1.5 - 6.0, 3.0 - 8.0]
    );
    // A second instance shares them with the first, and outlives it.
    let mut twice = graph("external");
    twice
        .weights
        .push(("external.bin".into(), Arc::new(fixture("external.bin"))));
    let first = backend.load(&twice, &on("cpu")).unwrap();
    let mut second = backend.load(&twice.clone(), &on("cpu")).unwrap();
    drop((first, twice));
    let outputs = second.run(&[("x", &x)], &[], None).unwrap();
    assert_eq!(
        outputs[0].as_slice::<f32>().unwrap(),
        [1.5 - 6.0, 3.0 - 8.0]
    );
    // A file that does not begin where its elements would like to.
    let mut odd = graph("external");
    odd.weights.push((
        "external.bin".into(),
        Arc::new(Page([vec![0], fixture("external.bin")].concat(), 1)),
    ));
    let mut model = backend.load(&odd, &on("cpu")).unwrap();
    let outputs = model.run(&[("x", &x)], &[], None).unwrap();
    assert_eq!(
        outputs[0].as_slice::<f32>().unwrap(),
        [1.5 - 6.0, 3.0 - 8.0]
    );
    // Too short a file is an error and no crash.
    let mut cut = graph("external");
    cut.weights
        .push(("external.bin".into(), Arc::new(vec![0_u8; 3])));
    let error = backend.load(&cut, &on("cpu")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoadFailed, "{error}");
}

#[test]
fn a_missing_file_of_weights_is_not_looked_for() {
    in_process("alone_beside_the_weights", &[]);
}

#[test]
#[ignore = "run by `a_missing_file_of_weights_is_not_looked_for`"]
fn alone_beside_the_weights() {
    // The working folder holds the file, which is where ONNX Runtime would find it.
    assert!(Path::new("external.bin").exists());
    for name in ["external", "external_nested"] {
        let error = backend().load(&graph(name), &on("cpu")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LoadFailed, "{error}");
    }
    let mut other = graph("external");
    other
        .weights
        .push(("other.bin".into(), Arc::new(fixture("external.bin"))));
    let error = backend().load(&other, &on("cpu")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoadFailed, "{error}");
}

#[test]
fn garbage_is_refused_as_a_model() {
    let whole = fixture("add.onnx");
    let cases = [
        vec![],
        b"garbage".to_vec(),
        vec![0xff; 4096],
        whole[..whole.len() / 2].to_vec(),
    ];
    for bytes in cases {
        let error = backend().load(&Graph::new(bytes), &on("cpu")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LoadFailed);
        assert!(error.remedy().is_some());
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
}

#[test]
fn a_failed_run_leaves_the_instance_usable() {
    let mut model = load("reshape");
    let bad = Tensor::from_vec([4], vec![1.0_f32; 4]).unwrap();
    let error = model.run(&[("x", &bad)], &[], None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InferenceFailed);
    let good = Tensor::from_vec([6], vec![1.0_f32; 6]).unwrap();
    let outputs = model.run(&[("x", &good)], &[], None).unwrap();
    assert_eq!(outputs[0].shape().to_vec(), [2, 3]);
}

fn go(keep: bool) -> [Tensor; 2] {
    [
        Tensor::scalar(keep),
        Tensor::from_vec([1], vec![0.0_f32]).unwrap(),
    ]
}

#[test]
fn an_endless_loop_can_be_stopped() {
    let mut model = load("endless");
    let stop = Stop::new();
    let flag = stop.clone();
    let [forever, x] = go(true);
    let raising = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100)); // let the loop run for a while
        flag.raise();
    });
    let started = Instant::now();
    let error = model
        .run(&[("go", &forever), ("x", &x)], &[], Some(&stop))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
    raising.join().unwrap();
    // A flag that is up stops a run before it begins; the instance serves the next one.
    let error = model
        .run(&[("go", &forever), ("x", &x)], &[], Some(&stop))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let [never, x] = go(false);
    for stop in [None, Some(&Stop::new())] {
        assert!(model.run(&[("go", &never), ("x", &x)], &[], stop).is_ok());
    }
}

#[test]
fn threads_are_at_least_one() {
    let none = LoadOptions {
        devices: DevicePolicy::default(),
        threads: 0,
    };
    let error = backend().load(&graph("noop"), &none).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let two = LoadOptions {
        devices: DevicePolicy::default(),
        threads: 2,
    };
    let mut model = backend().load(&graph("noop"), &two).unwrap();
    assert!(model.run(&[("x", &pair())], &[], None).is_ok());
}

/// Runs one ignored test of this file in a process of its own, with variables of its own.
fn in_process(test: &str, variables: &[(&str, &str)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            test,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .envs(variables.iter().copied())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}{stderr}");
    assert!(stdout.contains("1 passed"), "{stdout}");
}

#[test]
fn a_failure_to_find_the_library_poisons_nothing() {
    let good = variable("AMAAS_ORT_LIB", "ONNX Runtime");
    let good = good.to_str().unwrap();
    let not_a_library = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    in_process(
        "alone_after_a_failure",
        &[("AMAAS_ORT_LIB", not_a_library), ("TEST_GOOD", good)],
    );
}

#[test]
#[ignore = "run by `a_failure_to_find_the_library_poisons_nothing`"]
fn alone_after_a_failure() {
    let good: PathBuf = std::env::var_os("TEST_GOOD").unwrap().into();
    let hinted = RuntimeOptions {
        hints: vec![good.clone()],
        ..Default::default()
    };
    for _ in 0..2 {
        // What the variable states is an order: the hint is not tried.
        let error = OrtBackend::open(&hinted).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RuntimeUnavailable);
        let places: Vec<_> = error.context().map(|(origin, _)| origin).collect();
        assert_eq!(places, ["AMAAS_ORT_LIB"]);
    }
    let stated = RuntimeOptions {
        library: Some(good),
        ..Default::default()
    };
    let backend = OrtBackend::open(&stated).unwrap();
    assert!(backend.load(&graph("noop"), &on("cpu")).is_ok());
}

#[test]
fn an_empty_variable_leaves_the_choice_to_the_hints() {
    let good = variable("AMAAS_ORT_LIB", "ONNX Runtime");
    in_process(
        "alone_with_a_hint",
        &[("AMAAS_ORT_LIB", ""), ("TEST_GOOD", good.to_str().unwrap())],
    );
}

#[test]
#[ignore = "run by `an_empty_variable_leaves_the_choice_to_the_hints`"]
fn alone_with_a_hint() {
    let good: PathBuf = std::env::var_os("TEST_GOOD").unwrap().into();
    let folder = good.canonicalize().unwrap().parent().unwrap().to_owned();
    let hinted = RuntimeOptions {
        hints: vec!["/nowhere".into(), folder],
        ..Default::default()
    };
    assert_eq!(
        OrtBackend::open(&hinted).unwrap().library(),
        good.canonicalize().unwrap()
    );
}

#[test]
fn nothing_is_printed() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_failed_run_leaves_the_instance_usable",
            "--nocapture",
        ])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
