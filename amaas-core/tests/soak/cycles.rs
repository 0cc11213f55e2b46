//! Loading, failing and unloading, a thousand times over.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use amaas_core::{ErrorKind, Route, Service, Tensor};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::process::{good_child, open_files_and_threads, resident, say};
use crate::repository;

const CYCLES: usize = 1_000;
/// After so many everything that is made once has been made.
const WARM: usize = 200;
const GROWTH: usize = 8 << 20;
/// Loaded in turn: one without weights, one with weights in a file beside it, one with a task, a
/// tokenizer and golden examples.
const MODELS: [&str; 3] = [
    "tests/fixtures/two_outputs.onnx",
    "tests/fixtures/external.onnx",
    "models/sentiment/1.0.0",
];

#[test]
fn a_thousand_loads_failures_and_unloads_leave_nothing() {
    good_child("cycles::a_thousand_cycles");
}

#[test]
#[ignore = "run by the test above, since it looks at the whole process"]
fn a_thousand_cycles() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.onnx");
    std::fs::write(&broken, b"not a graph").unwrap();
    let broken = broken.to_str().unwrap();
    let loads = Arc::new(Loads::default());
    let service = Service::builder().build().unwrap();
    let stays = service
        .load(&repository("tests/fixtures/noop.onnx"))
        .unwrap();
    let mut warm = None;
    let heard = tracing::subscriber::set_default(Arc::clone(&loads));
    for cycle in 1..=CYCLES {
        let route = service
            .load(&repository(MODELS[cycle % MODELS.len()]))
            .unwrap();
        assert_eq!(loads.count(), cycle, "nothing of it was in memory");
        let error = service.load(broken).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::InvalidPackage | ErrorKind::LoadFailed
        ));
        drop(route);
        if cycle == WARM {
            warm = Some(State::of(&stays));
        }
    }
    drop(heard);
    let (warm, end) = (warm.unwrap(), State::of(&stays));
    say(&format!(
        "{CYCLES} cycles of load, fail and unload: {warm:?} after {WARM}, {end:?} at the end"
    ));
    assert_eq!((warm.files, warm.threads), (end.files, end.threads));
    assert_eq!(warm.allocations, end.allocations);
    assert!(end.resident <= warm.resident + GROWTH);
    assert!(end.request <= 2 * warm.request + Duration::from_micros(100));
}

/// Counts the versions that were loaded: each is told of in an event.
#[derive(Debug, Default)]
struct Loads(AtomicUsize);

impl Loads {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Visit for &Loads {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" && format!("{value:?}") == "model loaded" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Subscriber for Loads {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == amaas_core::observe::TARGET
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// What must not grow.
#[derive(Debug)]
struct State {
    files: usize,
    threads: usize,
    resident: usize,
    /// Of one request.
    allocations: u64,
    /// How long one request takes, at the best.
    request: Duration,
}

impl State {
    fn of(route: &Route) -> Self {
        let (files, threads) = open_files_and_threads();
        Self {
            files,
            threads,
            resident: resident(),
            allocations: allocations(route),
            request: soonest(route),
        }
    }
}

/// How often one request asks for memory.
fn allocations(route: &Route) -> u64 {
    let x = Tensor::from_vec([1, 2], vec![1.0_f32, 2.0]).unwrap();
    let run = || drop(route.run(&[("x", &x)]).unwrap());
    allocation_counter::measure(run).count_total
}

/// The quickest of many requests.
fn soonest(route: &Route) -> Duration {
    let x = Tensor::from_vec([1, 2], vec![1.0_f32, 2.0]).unwrap();
    let once = |_| {
        let started = Instant::now();
        drop(route.run(&[("x", &x)]).unwrap());
        started.elapsed()
    };
    (0..100).map(once).min().unwrap()
}
