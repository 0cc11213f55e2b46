//! Eight threads over several models, one of which moves to another version ten times a second.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use amaas_core::{Route, Service, Tensor};
use ndarray::Array2;

use crate::process::{child, good_child, resident, say};
use crate::swaps::Swaps;
use crate::{is_long, repository};

const THREADS: usize = 8;
const PACE: Duration = Duration::from_millis(100);
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// The share of the time after which the versions are held or let go.
const WHILE: f64 = 0.05;
/// How much resident memory may grow once everything has run for a while.
const GROWTH: usize = 32 << 20;
const MIB: f64 = 1_048_576.0;
/// Set to leak on purpose; twice what may grow in the time that is looked at.
const LEAK: &str = "AMAAS_TEST_LEAK";
const LEAKED: f64 = 5.0 * GROWTH as f64;

#[test]
fn eight_threads_and_a_swap_every_moment() {
    good_child("serve::eight_threads");
}

#[test]
fn a_leak_is_noticed() {
    let output = child("serve::eight_threads", Some((LEAK, "1")));
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("MiB more than after warming up"), "{said}");
}

#[test]
#[ignore = "run by the tests above, since it looks at the whole process"]
fn eight_threads() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::builder().registry(folder.path()).build().unwrap();
    let scene = Scene::new(&service);
    let leaks = std::env::var_os(LEAK).is_some();
    let seconds = match (leaks, is_long()) {
        (true, _) => 5,
        (_, false) => 60,
        (_, true) => 300,
    };
    let load = Load::new(Duration::from_secs(seconds));
    thread::scope(|scope| {
        let (load, scene) = (&load, &scene);
        let threads: Vec<_> = (0..THREADS)
            .map(|number| scope.spawn(move || load.until_over(|turn| scene.ask(number, turn))))
            .collect();
        scope.spawn(move || load.watch(leaks));
        load.swap(&scene.swaps);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
    load.report();
}

/// The models, and what they must answer.
struct Scene {
    swaps: Swaps,
    encoder: Route,
    vector: Array2<f32>,
    noop: Route,
}

impl Scene {
    fn new(service: &Service) -> Self {
        let load = |path| service.load(&repository(path)).unwrap();
        let encoder = load("tests/fixtures/encoder");
        Self {
            swaps: Swaps::new(service),
            vector: encoder.embed(&["a text"]).unwrap(),
            encoder,
            noop: load("tests/fixtures/noop.onnx"),
        }
    }

    /// One request, which must be answered, and rightly: most of them to the route that moves.
    fn ask(&self, thread: usize, turn: usize) {
        let route = &self.swaps.route;
        let text = Swaps::text(turn);
        match (thread + turn) % THREADS {
            0 => {
                let found = self.encoder.embed(&["a text"]).unwrap();
                assert!((found - &self.vector).iter().all(|off| off.abs() < 1e-5));
            }
            1 => {
                let x = Tensor::from_vec([1, 2], vec![turn as f32, 1.0]).unwrap();
                let found = self.noop.run(&[("x", &x)]).unwrap();
                let y = found.get("y").unwrap();
                assert_eq!(y.as_slice::<f32>().unwrap(), [turn as f32, 1.0]);
            }
            2 => {
                let ticket = route.submit_classify(vec![text], &Default::default());
                self.swaps.check(turn, &ticket.wait().unwrap());
            }
            _ => {
                let found = route.classify_with(&[text], &Default::default());
                self.swaps.check(turn, &found.unwrap());
            }
        }
    }
}

/// The time of a run, and what was seen in it.
struct Load {
    started: Instant,
    lasts: Duration,
    over: AtomicBool,
    requests: AtomicUsize,
    swaps: AtomicUsize,
    /// Resident memory, with the share of the time that had passed.
    memory: Mutex<Vec<(f64, usize)>>,
}

impl Load {
    fn new(lasts: Duration) -> Self {
        Self {
            started: Instant::now(),
            lasts,
            over: AtomicBool::new(false),
            requests: AtomicUsize::new(0),
            swaps: AtomicUsize::new(0),
            memory: Mutex::default(),
        }
    }

    fn passed(&self) -> f64 {
        self.started.elapsed().as_secs_f64() / self.lasts.as_secs_f64()
    }

    fn until_over(&self, ask: impl Fn(usize)) {
        let _ends = Ends(&self.over); // also by a panic, or the others would go on
        while self.passed() < 1.0 && !self.over.load(Ordering::Relaxed) {
            ask(self.requests.fetch_add(1, Ordering::Relaxed));
        }
    }

    /// Swaps at the pace while both versions are held, which is every other while, and as fast as
    /// they load else.
    fn swap(&self, swaps: &Swaps) {
        let mut held = Vec::new();
        self.at_each(PACE, |turn| {
            let holds = ((self.passed() / WHILE) as usize).is_multiple_of(2);
            if holds == held.is_empty() {
                held = if holds { swaps.hold() } else { Vec::new() };
            }
            swaps.swap(turn);
            self.swaps.fetch_add(1, Ordering::Relaxed);
        });
    }

    /// Looks at the memory; takes some for good when told to.
    fn watch(&self, leaks: bool) {
        let mut leaked = Vec::new();
        self.at_each(LOOK, |_| {
            if leaks {
                leaked.resize((self.passed() * LEAKED) as usize, 1_u8);
            }
            let mut memory = self.memory.lock().unwrap();
            memory.push((self.passed(), resident()));
        });
    }

    fn at_each(&self, pace: Duration, mut act: impl FnMut(usize)) {
        let _ends = Ends(&self.over);
        for turn in 0.. {
            let next = Instant::now() + pace;
            if self.passed() >= 1.0 || self.over.load(Ordering::Relaxed) {
                break;
            }
            act(turn);
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }

    /// Says what was done, and fails where memory grew.
    fn report(&self) {
        let memory = self.memory.lock().unwrap();
        let (warm, end) = (median(&memory, 0.3..0.5), median(&memory, 0.8..2.0));
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let (requests, swaps) = (count(&self.requests), count(&self.swaps));
        let more = end as f64 - warm as f64;
        say(&format!(
            "{requests} requests and {swaps} swaps in {} s, {:.0} MiB after warming up, {:+.1} MiB at the end",
            self.lasts.as_secs(),
            warm as f64 / MIB,
            more / MIB
        ));
        // As fast as they load where they are not held, which is slower than the pace.
        let pace = self.lasts.as_secs_f64() / PACE.as_secs_f64();
        assert!(swaps as f64 >= pace / 4.0, "only {swaps} swaps");
        let most = GROWTH as f64;
        assert!(
            more <= most,
            "{:.1} MiB more than after warming up",
            more / MIB
        );
    }
}

/// What was resident in a part of the time, give or take a version that is being loaded.
fn median(memory: &[(f64, usize)], part: std::ops::Range<f64>) -> usize {
    let within = memory.iter().filter(|(passed, _)| part.contains(passed));
    let mut bytes: Vec<_> = within.map(|(_, bytes)| *bytes).collect();
    bytes.sort_unstable();
    bytes[bytes.len() / 2]
}

/// Ends the load for all when one thread goes.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
