//! Versions of several graphs, which load, serve, leave and come back as one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use amaas_core::clock::{ManualClock, SystemClock};
use amaas_core::model::{Dimension, Graph, Port, Signature};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::runtime::{Backend, DeviceInfo, Instance, LoadOptions, Stop};
use amaas_core::scheduler::Request;
use amaas_core::service::{LoadedModel, State, WarmUp};
use amaas_core::{Call, Dtype, Error, ErrorKind, LoadSettings, Result, Route, Service, Tensor};

use super::support::{World, bare};

const MAIN: &[u8] = include_bytes!("../../../tests/fixtures/noop.onnx");
const DECODER: &[u8] = include_bytes!("../../../tests/fixtures/add.onnx");
const IDLE: Duration = Duration::from_secs(600);

fn signature(input: &str, output: &str) -> Signature {
    let port = |name: &str| Port::tensor(name, Dtype::Float32, [Dimension::named("batch")]);
    Signature {
        inputs: vec![port(input)],
        outputs: vec![port(output)],
    }
}

/// The main graph answers with what it is given, the decoder with twice as much.
fn backend() -> FakeBackend {
    let double = |inputs: &[(&str, &Tensor)]| {
        let values = inputs[0].1.as_slice::<f32>()?;
        let doubled = values.iter().map(|value| 2.0 * value).collect();
        Ok(vec![Tensor::from_vec([values.len()], doubled)?])
    };
    FakeBackend::new(signature("x", "states")).with_graph(DECODER, signature("states", "y"), double)
}

fn package(folder: &Path, extra: &str) -> PathBuf {
    let manifest = format!(
        "schema = 1\n[package]\nname = \"pair\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n\
         [parts.decoder]\nfile = \"decoder.onnx\"\n{extra}"
    );
    std::fs::write(folder.join("amaas.toml"), manifest).unwrap();
    std::fs::write(folder.join("model.onnx"), MAIN).unwrap();
    std::fs::write(folder.join("decoder.onnx"), DECODER).unwrap();
    folder.to_owned()
}

fn load(backend: &FakeBackend) -> Route {
    let folder = tempfile::tempdir().unwrap();
    let path = package(folder.path(), "");
    let service = World::new().service(backend);
    service.load(path.to_str().unwrap()).unwrap()
}

fn row(values: &[f32]) -> Tensor {
    Tensor::from_vec([values.len()], values.to_vec()).unwrap()
}

fn decode(model: &LoadedModel, values: &[f32]) -> Result<Vec<f32>> {
    let (states, mut usage) = (row(values), model.receipt());
    let decoder = model.part("decoder")?;
    let found = decoder.run(&[("states", &states)], &["y"], &Call::default(), &mut usage)?;
    Ok(found[0].as_slice::<f32>()?.to_vec())
}

#[test]
fn each_graph_has_a_face_and_answers_of_its_own() {
    let route = load(&backend());
    let model = route.lease();
    let names: Vec<_> = model
        .graphs()
        .map(|(name, _)| name.map(str::to_owned))
        .collect();
    assert_eq!(names, [None, Some("decoder".to_owned())]);
    assert_eq!(model.signature().inputs[0].name, "x");
    let decoder = model.part("decoder").unwrap();
    assert_eq!(decoder.signature().inputs[0].name, "states");
    let outputs = route.run(&[("x", &row(&[1.0, 2.0]))]).unwrap();
    assert_eq!(outputs[0].as_slice::<f32>().unwrap(), [1.0, 2.0]);
    assert_eq!(decode(&model, &[1.0, 2.0]).unwrap(), [2.0, 4.0]);
    // One node of each graph, on one provider.
    assert_eq!(model.placement().nodes_on("FakeExecutionProvider"), 2);
    assert_eq!(decoder.placement().nodes_on("FakeExecutionProvider"), 1);
}

#[test]
fn what_a_part_does_not_take_is_said_with_its_name() {
    let route = load(&backend());
    let model = route.lease();
    let missing = model.part("recogniser").unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::InvalidPackage);
    assert!(missing.to_string().contains("`decoder`"), "{missing}");
    let (x, mut usage) = (row(&[1.0]), model.receipt());
    let decoder = model.part("decoder").unwrap();
    let error = decoder.run(&[("x", &x)], &[], &Call::default(), &mut usage);
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("decoder"), "{error}");
}

#[test]
fn one_receipt_adds_up_over_the_steps_of_a_call() {
    let route = load(&backend());
    let model = route.lease();
    let (x, mut usage) = (row(&[1.0, 2.0]), model.receipt());
    let states = model
        .main()
        .run(&[("x", &x)], &[], &Call::default(), &mut usage);
    let states = states.unwrap().remove(0);
    assert_eq!(usage.bytes_out, 8);
    let decoder = model.part("decoder").unwrap();
    let steps = 3;
    for _ in 0..steps {
        let inputs = [("states", &states)];
        decoder
            .run(&inputs, &[], &Call::default(), &mut usage)
            .unwrap();
    }
    assert_eq!(usage.bytes_out, 8 * (1 + steps));
    assert_eq!(usage.together, 1);
}

#[test]
fn one_flag_ends_whichever_graph_runs() {
    let backend = backend();
    let route = load(&backend);
    let (model, stop) = (route.lease(), Stop::new());
    let gate = backend.hold();
    thread::scope(|scope| {
        let running = scope.spawn(|| {
            let (states, mut usage) = (row(&[1.0]), model.receipt());
            let inputs = [("states", &states)];
            let request = Request {
                stop: Some(&stop),
                ..Request::new(&inputs, &[])
            };
            model.part("decoder")?.run_request(&request, &mut usage)
        });
        backend.wait_for_held(1);
        stop.raise();
        let error = running.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    });
    drop(gate);
    assert_eq!(decode(&model, &[1.0]).unwrap(), [2.0]);
}

#[test]
fn every_graph_is_warmed_up() {
    let backend = backend();
    let folder = tempfile::tempdir().unwrap();
    let path = package(folder.path(), "");
    let settings = LoadSettings {
        warm_up: WarmUp::of(Duration::from_secs(60)),
        instances: Some(1),
        ..LoadSettings::default()
    };
    let world = World::new();
    let clock = Arc::new(SystemClock::default());
    let service = world.builder(&backend, clock, settings).build().unwrap();
    let route = service.load(path.to_str().unwrap()).unwrap();
    let model = route.lease();
    let warmed = model.warmed();
    // Two lengths of rows for each.
    assert_eq!((warmed.runs, warmed.wanted), (4, 4), "{warmed}");
    assert!(warmed.is_complete(), "{warmed}");
    assert_eq!(backend.counts().runs, 4);
}

/// Refuses the graph of the part.
#[derive(Debug)]
struct Refusing(FakeBackend);

impl Backend for Refusing {
    fn describe(&self) -> String {
        self.0.describe()
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        self.0.devices()
    }

    fn load(&self, graph: &Graph, options: &LoadOptions) -> Result<Box<dyn Instance>> {
        match graph.model.bytes() == DECODER {
            true => Err(Error::new(ErrorKind::LoadFailed, "an operator is unknown")),
            false => self.0.load(graph, options),
        }
    }
}

#[test]
fn a_part_that_does_not_load_fails_the_version_and_frees_the_rest() {
    let fake = backend();
    let folder = tempfile::tempdir().unwrap();
    let path = package(folder.path(), "");
    let settings = bare(LoadSettings::default());
    let builder = Service::builder().settings(settings);
    let service = builder
        .backend(Arc::new(Refusing(fake.clone())))
        .build()
        .unwrap();
    let error = service.load(path.to_str().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoadFailed);
    assert!(error.to_string().contains("part: decoder"), "{error}");
    assert_eq!((fake.counts().loads, fake.counts().live), (1, 0));
}

/// A service with the package published, whose versions leave after a while.
fn resting(backend: &FakeBackend) -> (World, Service, Arc<ManualClock>, Route) {
    let (world, clock) = (World::new(), Arc::new(ManualClock::new()));
    let settings = LoadSettings {
        idle_unload: Some(IDLE),
        ..LoadSettings::default()
    };
    let service = world.service_with(backend, clock.clone(), settings);
    let folder = tempfile::tempdir().unwrap();
    service.publish(package(folder.path(), "")).unwrap();
    let route = service.load("pair").unwrap();
    (world, service, clock, route)
}

#[test]
fn all_graphs_leave_together_and_come_back_together() {
    let backend = backend();
    let (_world, service, clock, route) = resting(&backend);
    assert_eq!(backend.counts().live, 2);
    let whole = u64::try_from(MAIN.len() + DECODER.len()).unwrap();
    assert_eq!(service.versions()[0].bytes, whole);
    while service.versions()[0].state != State::Unloaded {
        clock.advance(IDLE);
        thread::yield_now();
    }
    assert_eq!(backend.counts().live, 0);
    // A request to the part brings back all of them.
    assert_eq!(decode(&route.lease(), &[3.0]).unwrap(), [6.0]);
    assert_eq!(backend.counts().live, 2);
    assert_eq!(service.versions()[0].state, State::Ready);
}

#[test]
fn a_crowd_at_a_part_brings_instances_of_that_part_alone() {
    let backend = backend();
    let folder = tempfile::tempdir().unwrap();
    let path = package(folder.path(), "");
    let settings = LoadSettings {
        warm_up: WarmUp::off(),
        ..LoadSettings::default()
    };
    let narrow = settings
        .plan(thread::available_parallelism().unwrap().get())
        .narrow;
    let world = World::new();
    let clock = Arc::new(SystemClock::default());
    let service = world.builder(&backend, clock, settings).build().unwrap();
    let route = service.load(path.to_str().unwrap()).unwrap();
    let (model, before) = (route.lease(), backend.counts().live);
    let gate = backend.hold();
    thread::scope(|scope| {
        let first = scope.spawn(|| decode(&model, &[1.0]));
        backend.wait_for_held(1);
        let second = scope.spawn(|| decode(&model, &[2.0]));
        while model.waiting() == 0 && backend.counts().held < 2 {
            thread::yield_now();
        }
        drop(gate);
        assert_eq!(first.join().unwrap().unwrap(), [2.0]);
        assert_eq!(second.join().unwrap().unwrap(), [4.0]);
    });
    // With one processor there is nothing to add.
    let added = if narrow.len() > 1 { narrow.len() } else { 0 };
    while backend.counts().live < before + added {
        thread::yield_now();
    }
    assert_eq!(backend.counts().live, before + added);
    assert!(model.has_grown());
}

#[test]
fn packages_whose_graphs_are_not_all_there_are_refused() {
    let service = World::new().service(&backend());
    let folder = tempfile::tempdir().unwrap();
    let path = package(folder.path(), "");
    std::fs::remove_file(path.join("decoder.onnx")).unwrap();
    let error = service.load(path.to_str().unwrap()).unwrap_err();
    assert!(error.to_string().contains("decoder.onnx"), "{error}");
    package(folder.path(), "");
    std::fs::write(path.join("decoder.onnx"), b"no graph").unwrap();
    let error = service.load(path.to_str().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPackage);
    let error = service.publish(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPackage);
}
