//! Loading, failing and unloading, a thousand times over.

use amaas_core::{ErrorKind, Route, Service, Tensor};

use crate::process::{good_child, open_files_and_threads, resident, say};
use crate::repository;

const CYCLES: usize = 1_000;
/// After so many everything that is made once has been made.
const WARM: usize = 200;
const GROWTH: usize = 8 << 20;

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
    let (good, broken) = (
        repository("tests/fixtures/noop.onnx"),
        broken.to_str().unwrap(),
    );
    let service = Service::builder().build().unwrap();
    let stays = service.load(&good).unwrap();
    let mut warm = None;
    for cycle in 1..=CYCLES {
        let route = service.load(&good).unwrap();
        allocations(&route);
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
    let (warm, end) = (warm.unwrap(), State::of(&stays));
    say(&format!(
        "{CYCLES} cycles of load, fail and unload: {warm:?} after {WARM}, {end:?} at the end"
    ));
    assert_eq!((warm.files, warm.threads), (end.files, end.threads));
    assert_eq!(warm.allocations, end.allocations);
    assert!(end.resident <= warm.resident + GROWTH);
}

/// What must not grow.
#[derive(Debug)]
struct State {
    files: usize,
    threads: usize,
    resident: usize,
    /// Of one request.
    allocations: u64,
}

impl State {
    fn of(route: &Route) -> Self {
        let (files, threads) = open_files_and_threads();
        Self {
            files,
            threads,
            resident: resident(),
            allocations: allocations(route),
        }
    }
}

/// How often one request asks for memory.
fn allocations(route: &Route) -> u64 {
    let x = Tensor::from_vec([1, 2], vec![1.0_f32, 2.0]).unwrap();
    let run = || drop(route.run(&[("x", &x)]).unwrap());
    allocation_counter::measure(run).count_total
}
