//! Runs that fail or panic together, and what the others of them notice: nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use amaas_core::clock::{Alarm, Clock, Ring, SystemClock};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::scheduler::{Instances, Pool, PoolLimits, Ran};
use amaas_core::{Error, ErrorKind, Result, Tensor};

use super::batches::{Caller, filled, line_up, occupy, queue, sum};
use super::pool::{instances, pool_of, until};
use super::support::signature;

/// After a request that died the next one is served within this time.
const BACK: Duration = Duration::from_millis(100);

/// Sums rows, and keeps how many ran together each time; `bad` says what comes of a run.
fn judging(
    bad: impl Fn(&[i64], usize) -> Result<()> + Send + Sync + 'static,
) -> (FakeBackend, Arc<Mutex<Vec<usize>>>) {
    let counts = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&counts);
    let backend = FakeBackend::new(signature()).computing(move |inputs| {
        let ids = inputs[0].1.view::<i64>()?;
        let rows = ids.shape()[0];
        log.lock().unwrap().push(rows);
        bad(&ids.iter().copied().collect::<Vec<_>>(), rows)?;
        let sums: Vec<f32> = ids.outer_iter().map(|row| row.sum() as f32).collect();
        Ok(vec![Tensor::from_vec([sums.len(), 1], sums)?])
    });
    (backend, counts)
}

/// Panics whenever a 13 is among the rows.
fn panicking() -> FakeBackend {
    let bad = |ids: &[i64], _| match ids.contains(&13) {
        true => std::panic::resume_unwind(Box::new("a model that panics")),
        false => Ok(()),
    };
    judging(bad).0
}

/// Refuses more than one row at a time.
fn unjoinable() -> (FakeBackend, Arc<Mutex<Vec<usize>>>) {
    judging(|_, rows| {
        let refused = || Error::new(ErrorKind::InferenceFailed, "one row, please");
        (rows == 1).then_some(()).ok_or_else(refused)
    })
}

fn answers(waiting: Vec<JoinHandle<Result<Ran>>>) -> Vec<Result<Ran>> {
    let thread = |thread: JoinHandle<_>| thread.join().unwrap();
    waiting.into_iter().map(thread).collect()
}

#[test]
fn a_row_that_always_panics_costs_its_owner_alone_wherever_it_stands() {
    let join = filled();
    for who in [Caller::new, Caller::fickle] {
        for bad in 0..4 {
            let backend = panicking();
            let (pool, _) = pool_of(&backend, 1, 64);
            let id = |place| if place == bad { 13 } else { place as i64 };
            let callers: Vec<_> = (0..4).map(|place| who(&[id(place)], &join)).collect();
            let answers = answers(queue(&backend, &pool, &callers));
            for (place, answer) in answers.into_iter().enumerate() {
                match place == bad {
                    true => assert_eq!(answer.unwrap_err().kind(), ErrorKind::Internal),
                    false => assert_eq!(sum(&answer.unwrap()), place as f32),
                }
            }
            until(|| (pool.waiting(), pool.running()) == (0, 0));
            assert!(pool.joins(), "one row was to blame");
        }
    }
}

#[test]
fn a_model_that_cannot_be_joined_is_tried_a_few_times_and_no_more() {
    let (backend, counts) = unjoinable();
    let (pool, _) = pool_of(&backend, 1, 64);
    let join = filled();
    let callers: Vec<_> = (1..=4).map(|n| Caller::new(&[n], &join)).collect();
    for _ in 0..6 {
        let answers = answers(queue(&backend, &pool, &callers));
        assert!(answers.iter().all(Result::is_ok), "each ran apart");
    }
    assert!(!pool.joins());
    let tried = counts
        .lock()
        .unwrap()
        .iter()
        .filter(|rows| **rows > 1)
        .count();
    assert_eq!(tried, 3);
}

#[test]
fn bad_rows_do_not_end_joining() {
    let (backend, _) = judging(|ids, _| {
        let bad = || Error::new(ErrorKind::InferenceFailed, "unlucky");
        (!ids.contains(&13)).then_some(()).ok_or_else(bad)
    });
    let (pool, _) = pool_of(&backend, 1, 64);
    let join = filled();
    let callers = [1, 13, 2].map(|n| Caller::new(&[n], &join));
    for _ in 0..6 {
        let failed = answers(queue(&backend, &pool, &callers));
        assert_eq!(failed.iter().filter(|answer| answer.is_err()).count(), 1);
    }
    assert!(pool.joins());
}

/// How long `next` takes, in the best of a few tries: the machine may have other things to do.
fn soonest(next: impl Fn() -> Result<()>) -> Duration {
    let once = |_| {
        let started = Instant::now();
        next().unwrap();
        started.elapsed()
    };
    (0..5).map(once).min().unwrap()
}

#[test]
fn after_a_panic_the_next_request_is_served_at_once() {
    let backend = panicking();
    let (pool, _) = pool_of(&backend, 1, 64);
    let join = filled();
    let again = || {
        let bad = Caller::new(&[13], &join).spawn(&pool).join();
        assert!(bad.is_err(), "its own thread panicked");
        Caller::new(&[1], &join)
            .spawn(&pool)
            .join()
            .unwrap()
            .map(drop)
    };
    assert!(soonest(again) < BACK);
}

/// A clock that panics when it is read for the nth time from now.
#[derive(Debug, Default)]
struct Falling {
    inner: SystemClock,
    reads: AtomicUsize,
}

impl Falling {
    fn after(&self, reads: usize) {
        self.reads.store(reads, Ordering::SeqCst);
    }
}

impl Clock for Falling {
    fn now(&self) -> Instant {
        let count = |left: usize| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if self.reads.fetch_update(order, order, count) == Ok(1) {
            std::panic::resume_unwind(Box::new("a clock that panics"));
        }
        self.inner.now()
    }

    fn calendar(&self) -> SystemTime {
        self.inner.calendar()
    }

    fn alarm(&self, when: Instant, ring: Ring) -> std::io::Result<Alarm> {
        self.inner.alarm(when, ring)
    }
}

#[test]
fn a_panic_under_the_lock_leaves_a_pool_that_serves() {
    let (backend, _) = judging(|_, _| Ok(()));
    let clock = Arc::new(Falling::default());
    let free = Instances {
        wide: None,
        narrow: instances(&backend, 1),
    };
    let pool = Arc::new(Pool::new(free, PoolLimits::default(), clock.clone()));
    let join = filled();
    let again = || {
        let (gate, first) = occupy(&backend, &pool);
        let waiting = line_up(&pool, &[Caller::new(&[1], &join)]);
        clock.after(2); // the first reads it when its run is done, and then under the pool's lock
        drop(gate);
        assert!(first.join().is_err(), "its thread panicked");
        let next = Caller::new(&[2], &join).spawn(&pool);
        let mut found: Vec<_> = answers(waiting)
            .iter()
            .map(|ran| sum(ran.as_ref().unwrap()))
            .collect();
        found.push(sum(&next.join().unwrap()?));
        assert_eq!(found, [1.0, 2.0]);
        Ok(())
    };
    assert!(soonest(again) < BACK);
    assert_eq!((pool.waiting(), pool.running()), (0, 0));
}
