//! Time that runs out, by a clock that only the test moves.

use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use amaas_core::clock::{Clock, ManualClock, SystemClock};
use amaas_core::runtime::Stop;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::scheduler::{Instances, Join, Pool, PoolLimits, Request};
use amaas_core::{
    Call, Classified, ClassifyOptions, Error, ErrorKind, LoadSettings, Outputs, Phase, Priority,
    Result, Route, Tensor,
};

use super::pool::{empty, instances, pool_of, until};
use super::support::{World, summing};

const SECOND: Duration = Duration::from_secs(1);

/// A route to the package of words on one instance, by a clock that stands still.
struct Scene {
    backend: FakeBackend,
    clock: Arc<ManualClock>,
    route: Route,
    _world: World,
}

impl Scene {
    fn new(settings: LoadSettings) -> Self {
        let (world, backend) = (World::new(), summing());
        let clock = Arc::new(ManualClock::new());
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

    fn run(&self, call: Call) -> JoinHandle<Result<Outputs>> {
        let route = self.route.clone();
        thread::spawn(move || {
            let ids = Tensor::from_vec([1, 1], vec![2_i64])?;
            route.run_with(&[("input_ids", &ids)], &[], &call)
        })
    }

    fn classify(&self, text: &'static str, call: Call) -> JoinHandle<Result<Classified>> {
        let route = self.route.clone();
        let options = ClassifyOptions {
            call,
            ..ClassifyOptions::default()
        };
        thread::spawn(move || route.classify_with(&[text], &options))
    }

    /// Queues classifications behind an occupied instance, then lets them run as one held batch.
    fn batch(&self, calls: Vec<Call>) -> Vec<JoinHandle<Result<Classified>>> {
        let stop = Stop::new();
        let first = self.run(Call::until(&stop));
        self.backend.wait_for_held(1);
        let queue = |(place, call)| {
            let thread = self.classify("a b", call);
            until(|| self.route.lease().waiting() == place + 1);
            thread
        };
        let threads = calls.into_iter().enumerate().map(queue).collect();
        let runs = self.backend.counts().runs;
        stop.raise();
        assert!(first.join().unwrap().is_err());
        until(|| self.backend.counts().runs == runs + 1 && self.backend.counts().held == 1);
        threads
    }
}

fn expired<T: std::fmt::Debug>(thread: JoinHandle<Result<T>>, phase: Phase) -> Error {
    let error = thread.join().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(error.phase(), Some(phase));
    assert!(error.is_retryable());
    error
}

#[test]
fn in_the_queue_a_request_is_dropped_when_its_time_is_up() {
    let scene = Scene::new(LoadSettings::default());
    let gate = scene.backend.hold();
    let running = scene.run(Call::default());
    scene.backend.wait_for_held(1);
    let waiting = scene.run(Call::within(SECOND));
    until(|| scene.route.lease().waiting() == 1);
    scene.clock.advance(SECOND / 2);
    assert_eq!(scene.route.lease().waiting(), 1);
    scene.clock.advance(SECOND / 2);
    let error = expired(waiting, Phase::Queue);
    assert!(error.context().any(|fact| fact == ("phase", "queue")));
    assert_eq!(scene.route.lease().waiting(), 0);
    drop(gate);
    running.join().unwrap().unwrap();
}

#[test]
fn a_run_of_one_is_ended_when_its_time_is_up() {
    let scene = Scene::new(LoadSettings::default());
    let gate = scene.backend.hold();
    let running = scene.run(Call::within(SECOND));
    scene.backend.wait_for_held(1);
    scene.clock.advance(SECOND);
    expired(running, Phase::Run);
    drop(gate);
    scene.run(Call::within(SECOND)).join().unwrap().unwrap();
    assert_eq!(scene.route.usage().failures, 1);
}

#[test]
fn one_that_waited_and_then_runs_alone_is_ended_too() {
    let scene = Scene::new(LoadSettings::default());
    let gate = scene.backend.hold();
    let [waited] = <[_; 1]>::try_from(scene.batch(vec![Call::within(SECOND)])).unwrap();
    scene.clock.advance(SECOND);
    expired(waited, Phase::Run);
    drop(gate);
}

#[test]
fn in_a_batch_any_member_goes_when_its_time_is_up_and_the_others_are_served() {
    for short in 0..3 {
        let scene = Scene::new(LoadSettings::default());
        let gate = scene.backend.hold();
        let call = |place| Call::within(if place == short { SECOND } else { 2 * SECOND });
        let mut threads = scene.batch((0..3).map(call).collect());
        scene.clock.advance(SECOND);
        expired(threads.remove(short), Phase::Run);
        drop(gate);
        for thread in threads {
            let classified = thread.join().unwrap().unwrap();
            assert_eq!(classified.usage.together, 3);
            assert_eq!(classified.answers[0].labels[0].score, 3.0);
        }
    }
}

#[test]
fn a_batch_ends_when_the_time_of_all_is_up() {
    let scene = Scene::new(LoadSettings::default());
    let gate = scene.backend.hold();
    let threads = scene.batch(vec![Call::within(SECOND), Call::within(2 * SECOND)]);
    scene.clock.advance(SECOND);
    scene.clock.advance(SECOND);
    for thread in threads {
        expired(thread, Phase::Run);
    }
    // Through the same gate, which is still up: the instance is free again.
    let next = scene.run(Call::within(SECOND));
    scene.backend.wait_for_held(1);
    drop(gate);
    next.join().unwrap().unwrap();
}

#[test]
fn a_deadline_of_nothing_has_passed_already() {
    let scene = Scene::new(LoadSettings::default());
    expired(scene.run(Call::within(Duration::ZERO)), Phase::Queue);
    expired(
        scene.classify("a", Call::within(Duration::ZERO)),
        Phase::Queue,
    );
    assert_eq!(scene.backend.counts().runs, 0);
}

#[test]
fn a_deadline_beyond_the_end_of_time_never_passes() {
    let scene = Scene::new(LoadSettings::default());
    scene
        .run(Call::within(Duration::MAX))
        .join()
        .unwrap()
        .unwrap();
}

#[test]
fn the_settings_say_how_long_a_call_takes_that_does_not() {
    let scene = Scene::new(LoadSettings {
        deadline: Some(SECOND),
        ..LoadSettings::default()
    });
    let gate = scene.backend.hold();
    let (short, long) = (Call::default(), Call::within(3 * SECOND));
    let running = scene.run(long);
    scene.backend.wait_for_held(1);
    let waiting = scene.run(short);
    until(|| scene.route.lease().waiting() == 1);
    scene.clock.advance(SECOND);
    expired(waiting, Phase::Queue);
    drop(gate);
    running.join().unwrap().unwrap();
}

#[test]
fn whichever_comes_first_ends_the_call() {
    for cancels in [true, false] {
        let scene = Scene::new(LoadSettings::default());
        let gate = scene.backend.hold();
        let stop = Stop::new();
        let running = scene.run(Call {
            stop: Some(stop.clone()),
            ..Call::within(SECOND)
        });
        scene.backend.wait_for_held(1);
        if cancels {
            stop.raise();
        }
        scene.clock.advance(SECOND);
        stop.raise();
        let kind = running.join().unwrap().unwrap_err().kind();
        let wanted = if cancels {
            ErrorKind::Cancelled
        } else {
            ErrorKind::DeadlineExceeded
        };
        assert_eq!(kind, wanted);
        drop(gate);
    }
}

#[test]
fn a_flag_that_is_up_cancels_a_call_with_a_deadline_before_it_begins() {
    let scene = Scene::new(LoadSettings::default());
    let stop = Stop::new();
    stop.raise();
    let call = Call {
        stop: Some(stop),
        ..Call::within(SECOND)
    };
    let error = scene.run(call).join().unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::Cancelled, Some(Phase::Queue))
    );
}

#[test]
fn one_flag_cancels_every_call_that_was_given_it() {
    let scene = Scene::new(LoadSettings::default());
    let gate = scene.backend.hold();
    let stop = Stop::new();
    let running = scene.run(Call::until(&stop));
    scene.backend.wait_for_held(1);
    let waiting = [scene.run(Call::until(&stop)), scene.run(Call::until(&stop))];
    until(|| scene.route.lease().waiting() == 2);
    stop.raise();
    for thread in waiting.into_iter().chain([running]) {
        assert_eq!(
            thread.join().unwrap().unwrap_err().kind(),
            ErrorKind::Cancelled
        );
    }
    assert_eq!(scene.route.lease().waiting(), 0);
    drop(gate);
}

#[test]
fn the_clock_of_the_system_ends_a_call_by_itself() {
    let (world, backend) = (World::new(), summing());
    let clock = Arc::new(SystemClock::default());
    let service = world.service_with(&backend, clock, LoadSettings::default());
    let package = world.package("1.0.0", "", "");
    let route = service.load(package.to_str().unwrap()).unwrap();
    let gate = backend.hold();
    for milliseconds in [20, 1] {
        let ids = Tensor::from_vec([1, 1], vec![2_i64]).unwrap();
        let call = Call::within(Duration::from_millis(milliseconds));
        let error = route
            .run_with(&[("input_ids", &ids)], &[], &call)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    }
    drop(gate);
}

#[test]
fn an_alarm_that_is_dropped_never_rings_and_the_others_ring_in_order() {
    let clock = ManualClock::new();
    let rung = Arc::new(Mutex::new(Vec::new()));
    let alarm = |name: &'static str, seconds| {
        let log = Arc::clone(&rung);
        let when = clock.now() + seconds * SECOND;
        clock
            .alarm(when, Box::new(move || log.lock().unwrap().push(name)))
            .unwrap()
    };
    let (_late, off, _soon, _now) = (
        alarm("late", 3),
        alarm("off", 1),
        alarm("soon", 2),
        alarm("now", 0),
    );
    drop(off);
    assert_eq!(*rung.lock().unwrap(), ["now"]);
    clock.advance(5 * SECOND);
    assert_eq!(*rung.lock().unwrap(), ["now", "soon", "late"]);
}

#[test]
fn an_overload_says_when_to_try_again() {
    let backend = empty();
    let (pool, clock) = pool_of(&backend, 1, 2);
    let run = || {
        let pool = pool.clone();
        thread::spawn(move || pool.run(&Request::new(&[], &[])).map(drop))
    };
    let gate = backend.hold();
    let first = run();
    backend.wait_for_held(1);
    let waiting = [run(), run()];
    until(|| pool.waiting() == 2);
    let error = pool.run(&Request::new(&[], &[])).unwrap_err();
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::Overloaded, None)
    );
    clock.advance(SECOND);
    drop(gate);
    first.join().unwrap().unwrap();
    waiting
        .into_iter()
        .for_each(|thread| thread.join().unwrap().unwrap());
    // One run of a second and two of nothing: the next full queue is measured by them.
    let gate = backend.hold();
    let running = run();
    backend.wait_for_held(1);
    let waiting = [run(), run()];
    until(|| pool.waiting() == 2);
    let error = pool.run(&Request::new(&[], &[])).unwrap_err();
    let wait = error.retry_after().unwrap();
    assert!(wait > Duration::ZERO && wait < 3 * SECOND, "{wait:?}");
    drop(gate);
    running.join().unwrap().unwrap();
    waiting
        .into_iter()
        .for_each(|thread| thread.join().unwrap().unwrap());
}

/// A pool of one instance whose requests wait for company.
fn windowed(backend: &FakeBackend, window: Duration, rows: usize) -> (Pool, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    let limits = PoolLimits {
        window: Some(window),
        rows,
        ..PoolLimits::default()
    };
    let free = Instances {
        wide: None,
        narrow: instances(backend, 1),
    };
    (Pool::new(free, limits, clock.clone()), clock)
}

fn join_in(pool: &Pool, join: &Arc<Join>) -> JoinHandle<usize> {
    let (pool, join) = (pool.clone(), Arc::clone(join));
    thread::spawn(move || {
        let ids = Tensor::from_vec([1, 1], vec![2_i64]).unwrap();
        let inputs = [("input_ids", &ids)];
        let request = Request {
            join: Some(&join),
            ..Request::new(&inputs, &[])
        };
        pool.run(&request).unwrap().together
    })
}

#[test]
fn a_lone_request_waits_for_company_and_no_longer_than_the_window() {
    let backend = summing();
    let (pool, clock) = windowed(&backend, SECOND, 64);
    let join = Arc::default();
    let first = join_in(&pool, &join);
    until(|| pool.waiting() == 1);
    clock.advance(SECOND / 2);
    let second = join_in(&pool, &join);
    until(|| pool.waiting() == 2);
    assert_eq!(backend.counts().runs, 0);
    clock.advance(SECOND / 2);
    assert_eq!((first.join().unwrap(), second.join().unwrap()), (2, 2));
    assert_eq!(backend.counts().runs, 1);
}

#[test]
fn a_full_batch_and_what_runs_alone_wait_for_nobody() {
    let backend = summing();
    let (pool, _) = windowed(&backend, SECOND, 2);
    let join = Arc::default();
    let (first, second) = (join_in(&pool, &join), join_in(&pool, &join));
    assert_eq!((first.join().unwrap(), second.join().unwrap()), (2, 2));
    let ids = Tensor::from_vec([1, 1], vec![2_i64]).unwrap();
    let ran = pool
        .run(&Request::new(&[("input_ids", &ids)], &[]))
        .unwrap();
    assert_eq!(ran.together, 1);
}

#[test]
fn the_urgent_go_first_and_age_makes_urgent() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&order);
    let backend = empty().computing(move |inputs| {
        let names = inputs.iter().map(|(name, _)| (*name).to_owned());
        log.lock().unwrap().extend(names);
        Ok(vec![])
    });
    let (pool, clock) = pool_of(&backend, 1, 64);
    let ageing = PoolLimits::default().ageing;
    let gate = backend.hold();
    let queue = |place, name: &'static str, priority| {
        let waiting = pool.clone();
        let thread = thread::spawn(move || {
            let input = [(name, &Tensor::scalar(0_f32))];
            let request = Request {
                priority,
                ..Request::new(&input, &[])
            };
            waiting.run(&request).map(drop)
        });
        until(|| pool.waiting() == place || backend.counts().held == 1 && place == 0);
        thread
    };
    let mut threads = vec![queue(0, "first", Priority::Normal)];
    threads.push(queue(1, "aged", Priority::Low));
    clock.advance(2 * ageing);
    threads.push(queue(2, "low", Priority::Low));
    threads.push(queue(3, "normal", Priority::Normal));
    threads.push(queue(4, "high", Priority::High));
    threads.push(queue(5, "high too", Priority::High));
    drop(gate);
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    let wanted = ["first", "aged", "high", "high too", "normal", "low"];
    assert_eq!(*order.lock().unwrap(), wanted);
}
