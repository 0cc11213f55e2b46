//! Whose turn it is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::model::{Graph, Signature};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::runtime::{Backend, DevicePolicy, Instance, LoadOptions, Stop};
use amaas_core::scheduler::{Instances, Pool, PoolLimits, Request};
use amaas_core::{ErrorKind, Result, Tensor};

pub(crate) fn empty() -> FakeBackend {
    FakeBackend::new(Signature {
        inputs: vec![],
        outputs: vec![],
    })
}

pub(crate) fn instances(backend: &FakeBackend, count: usize) -> Vec<Box<dyn Instance>> {
    let options = LoadOptions {
        devices: DevicePolicy::default(),
        threads: 1,
    };
    let load = |_| backend.load(&Graph::new(vec![]), &options);
    (0..count).map(load).collect::<Result<_>>().unwrap()
}

pub(crate) fn pool_of(
    backend: &FakeBackend,
    count: usize,
    waiting: usize,
) -> (Arc<Pool>, Arc<ManualClock>) {
    let instances = Instances {
        wide: None,
        narrow: instances(backend, count),
    };
    let limits = PoolLimits {
        waiting,
        ..PoolLimits::default()
    };
    let clock = Arc::new(ManualClock::new());
    (Arc::new(Pool::new(instances, limits, clock.clone())), clock)
}

fn spawn(pool: &Arc<Pool>, stop: &Stop) -> thread::JoinHandle<Result<()>> {
    let (pool, stop) = (Arc::clone(pool), stop.clone());
    thread::spawn(move || {
        pool.run(&Request {
            stop: Some(&stop),
            ..Request::new(&[], &[])
        })
        .map(drop)
    })
}

/// So many that wait in line behind one whose run is held, in that order; the held one first.
fn line_up(
    pool: &Arc<Pool>,
    backend: &FakeBackend,
    waiting: usize,
) -> Vec<thread::JoinHandle<Result<()>>> {
    let mut threads = vec![spawn(pool, &Stop::new())];
    backend.wait_for_held(1);
    for place in 1..=waiting {
        threads.push(spawn(pool, &Stop::new()));
        until(|| pool.waiting() == place);
    }
    threads
}

pub(crate) fn until(reached: impl Fn() -> bool) {
    while !reached() {
        thread::yield_now();
    }
}

#[test]
fn instances_run_side_by_side() {
    let backend = empty();
    let (pool, _) = pool_of(&backend, 3, 0);
    let gate = backend.hold();
    let stop = Stop::new();
    let running: Vec<_> = (0..3).map(|_| spawn(&pool, &stop)).collect();
    backend.wait_for_held(3);
    drop(gate);
    running
        .into_iter()
        .for_each(|thread| thread.join().unwrap().unwrap());
    assert_eq!(backend.counts().runs, 3);
}

#[test]
fn who_borrows_an_instance_has_it_on_its_own_thread_among_however_many() {
    let backend = empty();
    let (pool, _) = pool_of(&backend, 1, 16);
    let gate = backend.hold();
    let mut threads = line_up(&pool, &backend, 2);
    let borrowers: Vec<_> = (3..=6)
        .map(|place| {
            let own = Arc::clone(&pool);
            let borrow = move || own.lend(|_| Ok(thread::current().id()));
            let borrower = thread::spawn(borrow);
            until(|| pool.waiting() == place);
            borrower
        })
        .collect();
    threads.push(spawn(&pool, &Stop::new()));
    until(|| pool.waiting() == 7);
    drop(gate);
    for borrower in borrowers {
        let own = borrower.thread().id();
        assert_eq!(borrower.join().unwrap().unwrap().made, own);
    }
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    assert_eq!(backend.counts().runs, 4);
}

#[test]
fn the_first_to_come_is_the_first_served() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&order);
    let backend = empty().computing(move |inputs| {
        log.lock()
            .unwrap()
            .extend(inputs.iter().map(|(name, _)| name.to_string()));
        Ok(vec![])
    });
    let (pool, _) = pool_of(&backend, 1, 8);
    let gate = backend.hold();
    let first = spawn(&pool, &Stop::new());
    backend.wait_for_held(1);
    let places = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let wait_in_line = |(place, name): (usize, &'static str)| {
        let waiting = Arc::clone(&pool);
        let run = move || {
            waiting
                .run(&Request::new(&[(name, &Tensor::scalar(0_f32))], &[]))
                .map(drop)
        };
        let thread = thread::spawn(run);
        until(|| pool.waiting() == place + 1);
        thread
    };
    let waiting: Vec<_> = places.into_iter().enumerate().map(wait_in_line).collect();
    drop(gate);
    first.join().unwrap().unwrap();
    waiting
        .into_iter()
        .for_each(|thread| thread.join().unwrap().unwrap());
    assert_eq!(*order.lock().unwrap(), places);
}

#[test]
fn those_who_wait_are_run_by_one_thread_one_after_the_other() {
    let names = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&names);
    let backend = empty().computing(move |_| {
        let name = thread::current().name().map(str::to_owned);
        log.lock().unwrap().push(name);
        Ok(vec![])
    });
    let (pool, _) = pool_of(&backend, 1, 8);
    let gate = backend.hold();
    let threads = line_up(&pool, &backend, 6);
    drop(gate);
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap().unwrap());
    // The first ran where it came from.
    let names = names.lock().unwrap();
    let own = names[1].clone();
    assert!(own.as_ref().unwrap().starts_with("amaas-run-"), "{own:?}");
    let expected = [&None, &own, &own, &own, &own, &own, &own];
    assert_eq!(names.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn what_panics_in_a_crowd_costs_nobody_else() {
    let runs = AtomicUsize::new(0);
    let backend = empty().computing(move |_| {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        assert!(run != 2, "the third");
        Ok(vec![])
    });
    let (pool, _) = pool_of(&backend, 1, 8);
    let gate = backend.hold();
    let threads = line_up(&pool, &backend, 6);
    drop(gate);
    let ended: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap().map_err(|error| error.kind()))
        .collect();
    let mut expected = [Ok(()); 7];
    expected[2] = Err(ErrorKind::Internal);
    assert_eq!(ended, expected);
    pool.run(&Request::new(&[], &[])).unwrap();
}

#[test]
fn a_full_queue_refuses_and_recovers() {
    let backend = empty();
    let (pool, _) = pool_of(&backend, 1, 1);
    let gate = backend.hold();
    let running = [spawn(&pool, &Stop::new()), spawn(&pool, &Stop::new())];
    until(|| pool.waiting() == 1);
    let error = pool.run(&Request::new(&[], &[])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert!(error.is_retryable());
    drop(gate);
    running
        .into_iter()
        .for_each(|thread| thread.join().unwrap().unwrap());
    pool.run(&Request::new(&[], &[])).unwrap();
}

#[test]
fn a_cancelled_caller_leaves_the_queue_at_once() {
    let backend = empty();
    let (pool, _) = pool_of(&backend, 1, 4);
    let gate = backend.hold();
    let running = spawn(&pool, &Stop::new());
    backend.wait_for_held(1);
    let stop = Stop::new();
    let waiting = spawn(&pool, &stop);
    until(|| pool.waiting() == 1);
    stop.raise();
    assert_eq!(
        waiting.join().unwrap().unwrap_err().kind(),
        ErrorKind::Cancelled
    );
    assert_eq!(pool.waiting(), 0);
    drop(gate);
    running.join().unwrap().unwrap();
    assert_eq!(backend.counts().runs, 1);
}

#[test]
fn a_flag_that_is_up_already_cancels_before_the_run() {
    let backend = empty();
    let (pool, _) = pool_of(&backend, 1, 4);
    let stop = Stop::new();
    stop.raise();
    assert_eq!(
        pool.run(&Request {
            stop: Some(&stop),
            ..Request::new(&[], &[])
        })
        .unwrap_err()
        .kind(),
        ErrorKind::Cancelled
    );
    pool.run(&Request::new(&[], &[])).unwrap();
}

#[test]
fn an_instance_comes_back_from_a_run_that_panics() {
    let turns = AtomicUsize::new(0);
    let backend = empty().computing(move |_| match turns.fetch_add(1, Ordering::Relaxed) {
        0 => panic!("a model that panics"),
        _ => Ok(vec![]),
    });
    let (pool, _) = pool_of(&backend, 1, 0);
    assert!(catch_unwind(AssertUnwindSafe(|| pool.run(&Request::new(&[], &[])))).is_err());
    pool.run(&Request::new(&[], &[])).unwrap();
}

#[test]
fn waiting_and_running_are_told_apart() {
    let backend = empty();
    let (pool, clock) = pool_of(&backend, 1, 1);
    let gate = backend.hold();
    let first = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.run(&Request::new(&[], &[])))
    };
    backend.wait_for_held(1);
    let second = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.run(&Request::new(&[], &[])))
    };
    until(|| pool.waiting() == 1);
    clock.advance(Duration::from_millis(30));
    drop(gate);
    let (first, second) = (
        first.join().unwrap().unwrap(),
        second.join().unwrap().unwrap(),
    );
    assert_eq!(
        (first.queued, first.computed),
        (Duration::ZERO, Duration::from_millis(30))
    );
    assert_eq!(
        (second.queued, second.computed),
        (Duration::from_millis(30), Duration::ZERO)
    );
}
