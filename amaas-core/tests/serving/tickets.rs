//! Requests that nobody stands in line for.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::runtime::Stop;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::scheduler::{Join, PoolLimits, Request};
use amaas_core::{
    Call, ClassifyOptions, EmbedOptions, ErrorKind, LoadSettings, Outputs, Phase, Result, Route,
    Tensor, Ticket,
};
use proptest::prelude::*;

use super::pool::{empty, pool_of, until};
use super::support::{World, signature, summing};

const SECOND: Duration = Duration::from_secs(1);

struct Scene {
    backend: FakeBackend,
    clock: Arc<ManualClock>,
    route: Route,
    _world: World,
}

impl Scene {
    fn of(backend: FakeBackend, waiting: usize) -> Self {
        let world = World::new();
        let clock = Arc::new(ManualClock::new());
        let limits = PoolLimits {
            waiting,
            ..PoolLimits::default()
        };
        let settings = LoadSettings {
            limits,
            ..LoadSettings::default()
        };
        let service = world.service_with(&backend, clock.clone(), settings);
        let package = world.package("1.0.0", "", "");
        let route = service.load(package.to_str().unwrap()).unwrap();
        Self {
            backend,
            clock,
            route,
            _world: world,
        }
    }

    fn new() -> Self {
        Self::of(summing(), 4096)
    }

    fn submit(&self, id: i64, call: &Call) -> Ticket<Outputs> {
        let ids = Tensor::from_vec([1, 1], vec![id]).unwrap();
        self.route.submit(&[("input_ids", &ids)], &[], call)
    }

    fn waiting(&self) -> usize {
        self.route.lease().waiting()
    }
}

fn sum(outputs: &Outputs) -> f32 {
    outputs[0].as_slice::<f32>().unwrap()[1]
}

/// Wakes a thread, as the smallest of runtimes does.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return answer;
        }
        thread::park();
    }
}

#[test]
fn a_ticket_can_be_waited_for_awaited_and_asked() {
    let scene = Scene::new();
    let call = Call::default();
    assert_eq!(sum(&scene.submit(1, &call).wait().unwrap()), 1.0);
    assert_eq!(sum(&block_on(scene.submit(2, &call)).unwrap()), 2.0);
    let gate = scene.backend.hold();
    let mut ticket = scene.submit(3, &call);
    assert!(!ticket.is_done());
    assert!(ticket.wait_timeout(Duration::ZERO).is_none());
    drop(gate);
    until(|| ticket.is_done());
    let outputs = ticket.wait_timeout(Duration::ZERO).unwrap().unwrap();
    assert_eq!(sum(&outputs), 3.0);
    assert_eq!(outputs.usage().rows, 1);
    let error = ticket.wait().unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::InvalidArgument,
        "an answer is given once"
    );
    assert_eq!(scene.route.usage().requests, 3);
}

#[test]
fn thousands_of_tickets_wait_without_a_thread_each_and_run_together() {
    let scene = Scene::new();
    let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let gate = scene.backend.hold();
    let first = scene.submit(0, &Call::default());
    scene.backend.wait_for_held(1);
    let before = threads();
    let tickets: Vec<_> = (1..=3000)
        .map(|id| scene.submit(id, &Call::default()))
        .collect();
    assert_eq!(scene.waiting(), 3000);
    assert!(
        threads() < before + 100,
        "other tests have threads too, but not thousands"
    );
    let runs = scene.backend.counts().runs;
    drop(gate);
    first.wait().unwrap();
    for (place, ticket) in tickets.into_iter().enumerate() {
        assert_eq!(sum(&ticket.wait().unwrap()), (place + 1) as f32);
    }
    assert!(
        scene.backend.counts().runs - runs <= 3000 / 64 + 2,
        "64 rows run together"
    );
    assert_eq!(scene.waiting(), 0);
}

#[test]
fn texts_have_tickets_too() {
    let scene = Scene::new();
    let texts = || vec!["a b", "c", "", "d e"];
    let direct = scene.route.classify(&texts()).unwrap();
    let ticket = scene
        .route
        .submit_classify(texts(), ClassifyOptions::default());
    let classified = ticket.wait().unwrap();
    assert_eq!(classified.answers, direct);
    assert_eq!((classified.usage.rows, classified.usage.tokens), (4, 5));
    let refused = scene.route.submit_embed(texts(), EmbedOptions::default());
    assert_eq!(refused.wait().unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(scene.route.usage().failures, 1);
}

#[test]
fn a_refused_request_is_told_through_its_ticket() {
    let scene = Scene::of(summing(), 1);
    let wrong = Tensor::scalar(1.0_f32);
    let ticket = scene
        .route
        .submit(&[("input_ids", &wrong)], &[], &Call::default());
    assert!(ticket.is_done());
    assert_eq!(
        ticket.wait().unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    let gate = scene.backend.hold();
    let running = scene.submit(1, &Call::default());
    scene.backend.wait_for_held(1);
    let waiting = scene.submit(2, &Call::default());
    let refused = scene.submit(3, &Call::default());
    assert_eq!(refused.wait().unwrap_err().kind(), ErrorKind::Overloaded);
    drop(gate);
    running.wait().unwrap();
    waiting.wait().unwrap();
}

#[test]
fn a_ticket_is_cancelled_in_the_queue_and_in_its_run() {
    let scene = Scene::new();
    let gate = scene.backend.hold();
    let running = scene.submit(1, &Call::default());
    scene.backend.wait_for_held(1);
    let stop = Stop::new();
    let waiting = [
        scene.submit(2, &Call::default()),
        scene.submit(3, &Call::until(&stop)),
    ];
    until(|| scene.waiting() == 2);
    waiting[0].cancel();
    stop.raise();
    assert_eq!(scene.waiting(), 0);
    for ticket in waiting {
        let error = ticket.wait().unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::Cancelled, Some(Phase::Queue))
        );
    }
    running.cancel();
    let error = running.wait().unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::Cancelled, Some(Phase::Run))
    );
    let next = scene.submit(4, &Call::default());
    until(|| scene.backend.counts().runs == 2);
    drop(gate);
    assert_eq!(sum(&next.wait().unwrap()), 4.0);
}

#[test]
fn a_ticket_that_is_dropped_is_cancelled() {
    let scene = Scene::new();
    let gate = scene.backend.hold();
    let running = scene.submit(1, &Call::default());
    scene.backend.wait_for_held(1);
    let waiting = scene.submit(2, &Call::default());
    assert_eq!(scene.waiting(), 1);
    drop(waiting);
    assert_eq!(scene.waiting(), 0);
    drop(running);
    until(|| scene.backend.counts().held == 0); // though the gate is up
    let texts = scene
        .route
        .submit_classify(vec!["a"], ClassifyOptions::default());
    scene.backend.wait_for_held(1);
    drop(texts);
    until(|| scene.backend.counts().held == 0);
    drop(gate);
    until(|| scene.route.usage().failures == 3);
}

#[test]
fn a_future_that_is_dropped_halfway_is_cancelled() {
    let scene = Scene::new();
    let gate = scene.backend.hold();
    {
        let mut ticket = pin!(scene.submit(1, &Call::default()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(ticket.as_mut().poll(&mut context).is_pending());
        scene.backend.wait_for_held(1);
    }
    until(|| scene.backend.counts().held == 0);
    drop(gate);
}

#[test]
fn a_ticket_has_a_deadline_in_the_queue_and_in_its_run() {
    let scene = Scene::new();
    let gate = scene.backend.hold();
    let running = scene.submit(1, &Call::within(2 * SECOND));
    scene.backend.wait_for_held(1);
    let waiting = scene.submit(2, &Call::within(SECOND));
    scene.clock.advance(SECOND);
    let error = waiting.wait().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(error.phase(), Some(Phase::Queue));
    scene.clock.advance(SECOND);
    let error = running.wait().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(error.phase(), Some(Phase::Run));
    drop(gate);
}

#[test]
fn callbacks_come_once_may_call_again_and_may_panic() {
    let scene = Scene::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let (done, told) = mpsc::channel();
    let gate = scene.backend.hold();
    let ticket = Arc::new(Mutex::new(scene.submit(1, &Call::default())));
    let count = Arc::clone(&calls);
    ticket.lock().unwrap().on_done(move || {
        count.fetch_add(1, Ordering::Relaxed);
        std::panic::panic_any("a callback that panics");
    });
    let (route, again) = (scene.route.clone(), Arc::clone(&ticket));
    ticket.lock().unwrap().on_done(move || {
        assert!(again.lock().unwrap().is_done());
        let ids = Tensor::from_vec([1, 1], vec![2_i64]).unwrap();
        let next = route.submit(&[("input_ids", &ids)], &[], &Call::default());
        done.send(next).unwrap();
    });
    drop(gate);
    assert_eq!(sum(&told.recv().unwrap().wait().unwrap()), 2.0);
    let late = Arc::clone(&calls);
    ticket.lock().unwrap().on_done(move || {
        late.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[test]
#[expect(clippy::panic, reason = "that is what the model does")]
fn a_model_that_panics_costs_its_ticket_and_nobody_else() {
    let turns = AtomicUsize::new(0);
    let backend = FakeBackend::new(signature()).computing(move |inputs| {
        if turns.fetch_add(1, Ordering::Relaxed) == 0 {
            panic!("a model that panics");
        }
        let rows = inputs[0].1.shape()[0];
        Ok(vec![Tensor::from_vec([rows, 2], vec![7.0_f32; 2 * rows])?])
    });
    let scene = Scene::of(backend, 64);
    let error = scene.submit(1, &Call::default()).wait().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    for _ in 0..5 {
        assert_eq!(sum(&scene.submit(1, &Call::default()).wait().unwrap()), 7.0);
    }
}

#[test]
fn tickets_and_threads_run_together() {
    let scene = Scene::new();
    let gate = scene.backend.hold();
    let first = scene.submit(0, &Call::default());
    scene.backend.wait_for_held(1);
    let ticket = scene.submit(1, &Call::default());
    let route = scene.route.clone();
    let thread = thread::spawn(move || {
        let ids = Tensor::from_vec([1, 1], vec![2_i64])?;
        route.run(&[("input_ids", &ids)])
    });
    until(|| scene.waiting() == 2);
    drop(gate);
    first.wait().unwrap();
    let (ticket, thread) = (ticket.wait().unwrap(), thread.join().unwrap().unwrap());
    assert_eq!((sum(&ticket), sum(&thread)), (1.0, 2.0));
    assert_eq!((ticket.usage().together, thread.usage().together), (2, 2));
}

#[test]
fn a_pool_that_is_dropped_ends_what_it_owes_first() {
    let backend = empty();
    let (pool, _) = pool_of(&backend, 1, 8);
    let gate = backend.hold();
    let queued: Vec<_> = (0..3)
        .map(|_| pool.submit(&Request::new(&[], &[])).unwrap())
        .collect();
    backend.wait_for_held(1);
    drop(pool);
    drop(gate);
    for queued in queued {
        block_on(queued).unwrap();
    }
    until(|| backend.counts().live == 0);
}

/// What happens to one request of the storm.
#[derive(Debug, Clone, Copy)]
struct Fate {
    threaded: bool,
    joins: bool,
    /// Cancelled, or out of time, at this step if at all.
    ends: Option<(usize, bool)>,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let ends = prop::option::of((0_usize..6, any::<bool>()));
    let fate = (any::<bool>(), any::<bool>(), ends).prop_map(|(threaded, joins, ends)| Fate {
        threaded,
        joins,
        ends,
    });
    prop::collection::vec(fate, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// However requests come and go: each gets exactly one answer, which is its own or the reason
    /// why there is none, and nothing stays behind.
    #[test]
    fn every_request_of_a_storm_gets_one_answer_of_its_own(fates in fates(), instances in 1_usize..3) {
        let backend = summing();
        let (pool, _) = pool_of(&backend, instances, 1024);
        let join: Arc<Join> = Arc::default();
        let ended = Arc::new(Mutex::new(Vec::new()));
        let mut stops = Vec::new();
        let mut threads = Vec::new();
        for (place, fate) in fates.iter().copied().enumerate() {
            let stop = fate.ends.map(|(step, _)| (step, Stop::new()));
            stops.extend(stop.clone());
            let (pool, join, ended) = (pool.clone(), Arc::clone(&join), Arc::clone(&ended));
            threads.push(thread::spawn(move || {
                let ids = Tensor::from_vec([1, 1], vec![place as i64]).unwrap();
                let inputs = [("input_ids", &ids)];
                let stop = stop.map(|(_, stop)| stop);
                let request = Request {
                    stop: stop.as_ref(),
                    join: fate.joins.then_some(&join),
                    ..Request::new(&inputs, &[])
                };
                let ran = if fate.threaded {
                    pool.run(&request)
                } else {
                    pool.submit(&request).and_then(block_on)
                };
                ended.lock().unwrap().push(place);
                ran.map(|ran| ran.outputs[0].as_slice::<f32>().unwrap()[1])
            }));
        }
        for step in 0..6 {
            stops.iter().filter(|(when, _)| *when == step).for_each(|(_, stop)| stop.raise());
            thread::yield_now();
        }
        for (place, thread) in threads.into_iter().enumerate() {
            let answer: Result<f32> = thread.join().unwrap();
            match answer {
                Ok(sum) => prop_assert_eq!(sum, place as f32),
                Err(error) => {
                    prop_assert!(fates[place].ends.is_some(), "{}", error);
                    prop_assert_eq!(error.kind(), ErrorKind::Cancelled);
                }
            }
        }
        until(|| pool.running() == 0);
        prop_assert_eq!(pool.waiting(), 0);
        prop_assert_eq!(ended.lock().unwrap().len(), fates.len());
    }
}
