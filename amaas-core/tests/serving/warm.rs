//! What runs before a version serves: which shapes, in which order, and what ends it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use amaas_core::clock::{Clock, ManualClock};
use amaas_core::model::{Dimension, Port, PortKind, Signature};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::service::{Cold, WarmUp};
use amaas_core::{Dtype, Error, ErrorKind, LoadSettings, Result, Route, Service, Tensor};

use super::pool::until;
use super::support::{World, signature};

const MILLISECOND: Duration = Duration::from_millis(1);
const GOLDEN: &str = r#"
    [[golden]]
    text = "a b"
    expect = [{ label = "yes", score = 3.0 }]
"#;

type Shapes = Arc<Mutex<Vec<Vec<usize>>>>;

/// A model that takes a millisecond for each token, as its clock tells, and keeps the shapes it saw.
struct Stage {
    world: World,
    clock: Arc<ManualClock>,
    backend: FakeBackend,
    seen: Shapes,
}

impl Stage {
    fn new() -> Self {
        let (clock, seen) = (Arc::new(ManualClock::new()), Shapes::default());
        let backend = FakeBackend::new(signature());
        let backend = {
            let (clock, seen) = (clock.clone(), seen.clone());
            backend.computing(move |inputs| sum(inputs, &clock, &seen))
        };
        Self {
            world: World::new(),
            clock,
            backend,
            seen,
        }
    }

    fn of(signature: Signature) -> Self {
        let stage = Self::new();
        let seen = stage.seen.clone();
        let backend = FakeBackend::new(signature).computing(move |inputs| {
            let shapes = inputs.iter().map(|(_, tensor)| tensor.shape().to_vec());
            seen.lock().unwrap().extend(shapes);
            Ok(Vec::new())
        });
        Self { backend, ..stage }
    }

    fn service(&self, instances: usize, warm_up: WarmUp) -> Service {
        let settings = LoadSettings {
            instances: Some(instances),
            warm_up,
            ..LoadSettings::default()
        };
        let clock: Arc<dyn Clock> = self.clock.clone();
        self.world
            .builder(&self.backend, clock, settings)
            .build()
            .unwrap()
    }

    fn load(&self, extra: &str, tail: &str, warm_up: WarmUp) -> Result<Route> {
        let package = self.world.package("1.0.0", extra, tail);
        self.service(1, warm_up).load(package.to_str().unwrap())
    }

    /// Loads a graph without a task.
    fn load_raw(&self, warm_up: WarmUp) -> Result<Route> {
        let folder = self.world.package("1.0.0", "", "");
        self.service(1, warm_up)
            .load(folder.join("model.onnx").to_str().unwrap())
    }

    fn seen(&self) -> Vec<Vec<usize>> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

fn sum(inputs: &[(&str, &Tensor)], clock: &ManualClock, seen: &Shapes) -> Result<Vec<Tensor>> {
    let ids = inputs[0].1.view::<i64>()?;
    seen.lock().unwrap().push(ids.shape().to_vec());
    clock.advance(MILLISECOND * ids.len() as u32);
    let sums = ids.outer_iter();
    let logits = sums.flat_map(|row| [0.0, row.sum() as f32]).collect();
    Ok(vec![Tensor::from_vec([ids.shape()[0], 2], logits)?])
}

fn within(budget: u32) -> WarmUp {
    WarmUp::of(MILLISECOND * budget)
}

fn failure() -> Error {
    Error::new(ErrorKind::InferenceFailed, "these shapes do not fit")
}

#[test]
fn every_bucket_runs_once_the_smallest_first_and_then_the_golden_examples() {
    let stage = Stage::new();
    let route = stage.load("", GOLDEN, within(1000)).unwrap();
    // At most 4 tokens: an eighth of that is one. The golden text has two.
    let warm = [[1, 1], [1, 2], [1, 4], [16, 1], [16, 2], [16, 4]];
    let all: Vec<_> = warm
        .iter()
        .chain(&[[1, 2]])
        .map(|shape| shape.to_vec())
        .collect();
    assert_eq!(stage.seen(), all);
    let model = route.lease();
    let warmed = model.warmed();
    assert!(warmed.is_complete());
    assert_eq!((warmed.runs, warmed.wanted), (6, 6));
    assert_eq!(warmed.took, MILLISECOND * 119);
    assert_eq!(warmed.to_string(), "6 of 6 runs");
}

#[test]
fn a_run_that_would_not_end_within_the_budget_is_not_begun() {
    let stage = Stage::new();
    let route = stage.load("", "", within(20)).unwrap();
    // 7 ms have passed after the first three, and 16 ms more would be 23.
    assert_eq!(stage.seen(), [[1, 1], [1, 2], [1, 4]]);
    let model = route.lease();
    assert!(matches!(model.warmed().cold[..], [Cold::Budget]));
    assert_eq!(
        model.warmed().to_string(),
        "3 of 6 runs; the budget was spent"
    );
}

#[test]
fn every_instance_is_warmed_and_none_twice() {
    let stage = Stage::new();
    let package = stage.world.package("1.0.0", "", "");
    let one_length = WarmUp {
        rows: vec![1],
        lengths: vec![1.0],
        ..within(1000)
    };
    let service = stage.service(5, one_length.clone());
    let route = service.load(package.to_str().unwrap()).unwrap();
    assert_eq!(stage.seen(), vec![vec![1, 4]; 5]);
    assert_eq!(route.lease().warmed().runs, 5);
    // Wide and narrow, where the machine has processors for both.
    let settings = LoadSettings {
        warm_up: one_length,
        ..LoadSettings::default()
    };
    let service = stage
        .world
        .builder(&stage.backend, stage.clock.clone(), settings)
        .build()
        .unwrap();
    let loads = stage.backend.counts().loads;
    let route = service.load(package.to_str().unwrap()).unwrap();
    assert_eq!(
        route.lease().warmed().runs,
        stage.backend.counts().loads - loads
    );
}

#[test]
fn bounds_of_queue_package_and_graph_hold_while_warming_up() {
    let stage = Stage::new();
    stage
        .load("", "[batching]\nmax_rows = 3", within(1000))
        .unwrap();
    assert_eq!(stage.seen().last().unwrap(), &[3, 4]);
    stage
        .load("", "[batching]\nenabled = false", within(1000))
        .unwrap();
    assert_eq!(stage.seen(), [[1, 1], [1, 2], [1, 4]]);
    stage.load("padding = \"fixed\"", "", within(1000)).unwrap();
    assert_eq!(stage.seen(), [[1, 4], [16, 4]]);
}

#[test]
fn nothing_runs_without_a_budget() {
    let stage = Stage::new();
    let route = stage.load("", "", WarmUp::off()).unwrap();
    assert!(stage.seen().is_empty());
    assert!(matches!(route.lease().warmed().cold[..], [Cold::Off]));
}

#[test]
fn a_model_that_does_not_run_on_rows_of_its_own_task_is_not_loaded() {
    let stage = Stage::new();
    stage.backend.fail_next_run(failure());
    let error = stage.load("", GOLDEN, within(1000)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoadFailed, "{error}");
    assert!(
        error.report().contains("these shapes do not fit"),
        "{}",
        error.report()
    );
    assert!(error.to_string().contains("words@1.0.0"), "{error}");
    assert_eq!(stage.backend.counts().live, 0);
}

#[test]
fn a_panic_while_warming_up_fails_the_load_and_leaves_nothing_behind() {
    let stage = Stage::new();
    let backend = FakeBackend::new(signature()).computing(|_| panic!("a defect"));
    let stage = Stage { backend, ..stage };
    let package = stage.world.package("1.0.0", "", "");
    let service = stage.service(2, within(1000));
    let load = || service.load(package.to_str().unwrap());
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(load)).is_err());
    assert_eq!(stage.backend.counts().live, 0);
}

/// Loads on a thread while the first run is held, and lets the time of the deadline pass.
fn load_stuck(stage: &Stage, tail: &str, times: usize) -> Result<Route> {
    let gate = stage.backend.hold();
    let package = stage.world.package("1.0.0", "", tail);
    let service = stage.service(1, within(1000));
    let loading = std::thread::spawn(move || service.load(package.to_str().unwrap()));
    for run in 1..=times {
        until(|| stage.backend.counts().runs == run && stage.backend.counts().held == 1);
        stage.clock.advance(WarmUp::default().deadline / 2);
    }
    drop(gate);
    loading.join().unwrap()
}

#[test]
fn a_model_that_never_returns_is_loaded_and_says_that_it_is_cold() {
    let stage = Stage::new();
    let gate = stage.backend.hold();
    let package = stage.world.package("1.0.0", "", "");
    let service = stage.service(1, within(1000));
    let loading = std::thread::spawn(move || service.load(package.to_str().unwrap()));
    stage.backend.wait_for_held(1);
    stage.clock.advance(WarmUp::default().deadline);
    let route = loading.join().unwrap().unwrap();
    assert!(matches!(route.lease().warmed().cold[..], [Cold::Deadline]));
    assert_eq!(route.lease().warmed().runs, 0);
    drop(gate);
    assert_eq!(route.classify(&["a"]).unwrap()[0].labels[0].score, 1.0);
}

#[test]
fn a_model_that_never_answers_its_golden_examples_is_not_loaded() {
    let stage = Stage::new();
    let error = load_stuck(&stage, GOLDEN, 2).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    assert!(error.to_string().contains("warm_up.deadline"), "{error}");
    assert_eq!(stage.backend.counts().live, 0);
}

#[test]
fn a_model_that_is_stuck_while_warming_up_may_still_answer_its_golden_examples() {
    let stage = Stage::new();
    let route = load_stuck(&stage, GOLDEN, 1).unwrap();
    assert!(matches!(route.lease().warmed().cold[..], [Cold::Deadline]));
}

fn port(dtype: Dtype, dimensions: &[Dimension]) -> Port {
    Port::tensor("x", dtype, dimensions)
}

fn taking(inputs: Vec<Port>) -> Signature {
    Signature {
        inputs,
        outputs: Vec::new(),
    }
}

#[test]
fn a_graph_without_a_task_runs_on_made_up_inputs() {
    let any = || Dimension::Any;
    let shape = [Dimension::named("batch"), Dimension::Fixed(3), any()];
    let stage = Stage::of(taking(vec![port(Dtype::Float32, &shape)]));
    let route = stage.load_raw(within(1000)).unwrap();
    assert_eq!(stage.seen(), [[1, 3, 1], [4, 3, 4]]);
    assert!(route.lease().warmed().is_complete());
    // One shape is run once, and a graph without inputs runs too.
    let stage = Stage::of(taking(vec![port(Dtype::String, &[Dimension::Fixed(2)])]));
    stage.load_raw(within(1000)).unwrap();
    assert_eq!(stage.seen(), [[2]]);
    let stage = Stage::of(taking(Vec::new()));
    assert_eq!(
        stage.load_raw(within(1000)).unwrap().lease().warmed().runs,
        1
    );
}

#[test]
fn an_input_of_every_dtype_can_be_made_up() {
    for dtype in Dtype::all() {
        let stage = Stage::of(taking(vec![port(dtype, &[Dimension::Any])]));
        let route = stage.load_raw(within(1000)).unwrap();
        assert!(route.lease().warmed().is_complete(), "{dtype}");
    }
}

#[test]
fn what_cannot_be_made_up_is_left_out_and_said() {
    let huge = [Dimension::Fixed(1 << 30)];
    let beyond = [Dimension::Fixed(usize::MAX), Dimension::Fixed(2)];
    let unknown = |kind| Port {
        name: "x".to_owned(),
        kind,
    };
    let ports = [
        port(Dtype::Float32, &huge),
        port(Dtype::Float32, &beyond),
        unknown(PortKind::Other("seq(tensor(float))".to_owned())),
        unknown(PortKind::Tensor(Dtype::Float32, None)),
    ];
    for port in ports {
        let stage = Stage::of(taking(vec![port.clone()]));
        let route = stage.load_raw(within(1000)).unwrap();
        let model = route.lease();
        let cold = &model.warmed().cold[..];
        assert!(
            matches!(cold, [Cold::NoInput(name)] if name == "x"),
            "{port:?}: {cold:?}"
        );
        assert_eq!(stage.backend.counts().runs, 0);
    }
}

#[test]
fn made_up_inputs_may_be_refused() {
    let stage = Stage::of(taking(vec![port(Dtype::Float32, &[Dimension::Any])]));
    stage.backend.fail_next_run(failure());
    let route = stage.load_raw(within(1000)).unwrap();
    let model = route.lease();
    assert!(matches!(model.warmed().cold[..], [Cold::Refused(_)]));
    assert!(
        model
            .warmed()
            .to_string()
            .contains("these shapes do not fit")
    );
    assert_eq!(stage.backend.counts().runs, 1);
}
