//! Where a graph runs, and what is said when it cannot run there.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use amaas_core::model::Graph;
use amaas_core::runtime::{Backend as _, Instance};
use amaas_core::{Error, ErrorKind, Result, Tensor};

use super::{backend, fixture, graph, in_process, load, on, pair, plugin};

#[test]
fn the_cpu_is_placed_on_by_default() {
    let model = load("add");
    assert_eq!(
        model.placement().to_string(),
        "CPUExecutionProvider: 1 node"
    );
    assert!(!model.placement().is_degraded());
}

/// Counts the warnings of amaas.
struct Warnings(Arc<AtomicUsize>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("amaas") && *metadata.level() == tracing::Level::WARN
    }
    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// The result, and how many warnings amaas gave meanwhile.
fn counting<T>(act: impl FnOnce() -> T) -> (T, usize) {
    let warnings = Arc::new(AtomicUsize::new(0));
    let answer = tracing::subscriber::with_default(Warnings(Arc::clone(&warnings)), act);
    (answer, warnings.load(Ordering::Relaxed))
}

fn place(name: &str, devices: &str) -> Result<Box<dyn Instance>> {
    backend().load(&graph(name), &on(devices))
}

fn refuse(name: &str, devices: &str) -> Error {
    let error = place(name, devices).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeviceUnavailable, "{error}");
    error
}

/// Needs a machine where ONNX Runtime has no CUDA, as every machine with the plain package.
#[test]
fn cuda_that_is_not_there_is_an_error_or_a_visible_loss() {
    for device in [
        "cuda:0",
        "cuda:7",
        "tensorrt:0",
        "rocm:0",
        "directml:0",
        "openvino:0",
        "coreml",
    ] {
        let error = refuse("add", device);
        let text = error.to_string();
        assert!(text.contains("cannot be used: "), "{text}");
        assert!(error.remedy().unwrap().contains(",cpu`"), "{text}");
        let (model, warnings) = counting(|| place("add", &format!("{device},cpu")).unwrap());
        assert_eq!(warnings, 1);
        assert_eq!(model.placement().nodes_on("CPUExecutionProvider"), 1);
        assert_eq!(model.placement().skipped[0].0, device);
    }
    assert!(
        refuse("add", "cuda:0")
            .to_string()
            .contains("install `onnxruntime-gpu` and a CUDA driver")
    );
    assert!(
        refuse("add", "cuda:0,tensorrt:0")
            .to_string()
            .contains("add `cpu`")
    );
}

#[test]
fn a_file_that_is_no_plug_in_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("plugin.so");
    std::fs::write(&text, "no library").unwrap();
    let runtime = backend().library().to_owned();
    for (path, cause) in [
        (Path::new("/nowhere.so"), "does not exist"),
        (folder.path(), "is not a regular file"),
        (&text, "cannot be loaded"),
        (&runtime, "does not export `CreateEpFactories`"),
    ] {
        let error = refuse("add", &format!("plugin:{}", path.display()));
        assert!(error.to_string().contains(cause), "{error}");
    }
}

#[test]
fn a_plug_in_takes_the_whole_model() {
    let (model, warnings) = counting(|| place("plugin_whole", &plugin()));
    let mut model = model.unwrap();
    assert_eq!(warnings, 0);
    assert_eq!(model.placement().nodes_on("CPUExecutionProvider"), 0);
    assert_eq!(model.placement().providers.len(), 1);
    let x = Tensor::from_vec([2, 4], vec![1.0_f32; 8]).unwrap();
    let outputs = model.run(&[("x", &x)], &[], None).unwrap();
    assert_eq!(outputs[0].as_slice::<f32>().unwrap(), [5.0; 8]);
    let devices = backend().devices().unwrap();
    assert!(devices.len() >= 2 && devices.last().unwrap().provider == "CPUExecutionProvider");
}

#[test]
fn a_plug_in_reads_weights_from_memory() {
    let mut external = graph("external");
    external
        .weights
        .push(("external.bin".into(), Arc::new(fixture("external.bin"))));
    let mut model = backend().load(&external, &on(&plugin())).unwrap();
    assert_eq!(model.placement().nodes_on("CPUExecutionProvider"), 0);
    let outputs = model.run(&[("x", &pair())], &[], None).unwrap();
    assert_eq!(
        outputs[0].as_slice::<f32>().unwrap(),
        [1.5 - 6.0, 3.0 - 8.0]
    );
}

#[test]
fn a_plug_in_that_takes_nothing_breaks_a_requirement_and_degrades_a_preference() {
    for policy in [plugin(), format!("{}+cpu", plugin())] {
        let error = refuse("plugin_none", &policy);
        assert!(
            error
                .to_string()
                .contains("takes no node of the model (operators: `Det`)"),
            "{error}"
        );
    }
    let (model, warnings) =
        counting(|| place("plugin_none", &format!("{},cpu", plugin())).unwrap());
    assert_eq!(warnings, 1);
    assert!(model.placement().is_degraded());
    assert_eq!(model.placement().nodes_on("CPUExecutionProvider"), 1);
}

#[test]
fn a_bad_model_is_not_blamed_on_the_device() {
    for policy in [plugin(), format!("{},cpu", plugin())] {
        let error = backend()
            .load(&Graph::new(b"garbage".to_vec()), &on(&policy))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LoadFailed, "{error}");
    }
}

#[test]
fn a_plug_in_that_takes_a_part() {
    in_process("devices::alone_a_part", &[("ORT_GGML_PARTIAL", "1")]);
}

#[test]
#[ignore = "run by `a_plug_in_that_takes_a_part`, since the plug-in reads its environment once"]
fn alone_a_part() {
    let error = refuse("plugin_part", &plugin());
    let text = error.to_string();
    assert!(
        text.contains(
            "takes only a part of the model (left on: CPUExecutionProvider, operators: `Det`)"
        ),
        "{text}"
    );
    assert!(
        text.ends_with("+cpu` to share the model with the CPU"),
        "{text}"
    );
    for policy in [format!("{}+cpu", plugin()), format!("{},cpu", plugin())] {
        let (model, warnings) = counting(|| place("plugin_part", &policy).unwrap());
        assert_eq!(warnings, 0);
        assert_eq!(model.placement().nodes_on("CPUExecutionProvider"), 1);
        assert_eq!(model.placement().providers.len(), 2);
        assert_eq!(model.placement().providers[0].nodes, ["MatMul"]);
    }
}
