//! What runs together, and that nobody notices but by being served sooner.

use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use amaas_core::clock::ManualClock;
use amaas_core::runtime::Stop;
use amaas_core::runtime::fake::{FakeBackend, Gate};
use amaas_core::scheduler::{Instances, Join, Pool, PoolLimits, Ran, Request};
use amaas_core::tensor::Fill;
use amaas_core::{Error, ErrorKind, Phase, Result, Tensor};

use super::pool::{empty, instances, pool_of, until};
use super::support::signature;

/// A row of ids, and a request for it.
#[derive(Clone)]
pub(super) struct Caller {
    ids: Vec<i64>,
    join: Option<Arc<Join>>,
    stop: Option<Stop>,
}

impl Caller {
    pub(super) fn new(ids: &[i64], join: &Arc<Join>) -> Self {
        Self {
            ids: ids.to_vec(),
            join: Some(Arc::clone(join)),
            stop: None,
        }
    }

    /// One who may leave before the answer is there.
    pub(super) fn fickle(ids: &[i64], join: &Arc<Join>) -> Self {
        Self {
            stop: Some(Stop::new()),
            ..Self::new(ids, join)
        }
    }

    fn raise(&self) {
        self.stop.iter().for_each(Stop::raise);
    }

    fn run(&self, pool: &Pool) -> Result<Ran> {
        let tensor = Tensor::from_vec([1, self.ids.len()], self.ids.clone())?;
        let inputs = [("input_ids", &tensor)];
        let request = Request::new(&inputs, &[]);
        pool.run(&Request {
            stop: self.stop.as_ref(),
            join: self.join.as_ref(),
            ..request
        })
    }

    pub(super) fn spawn(&self, pool: &Arc<Pool>) -> JoinHandle<Result<Ran>> {
        let (caller, pool) = (self.clone(), Arc::clone(pool));
        thread::spawn(move || caller.run(&pool))
    }
}

pub(super) fn filled() -> Arc<Join> {
    let fill = Fill {
        value: 0,
        at_front: false,
    };
    Arc::new(Join {
        fills: vec![("input_ids".to_owned(), fill)],
        ..Join::default()
    })
}

/// Answers each row with the sum of its ids; keeps the shape of each run; refuses a 13.
fn summing() -> (FakeBackend, Arc<Mutex<Vec<Vec<usize>>>>) {
    let shapes = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&shapes);
    let backend = FakeBackend::new(signature()).computing(move |inputs| {
        let ids = inputs[0].1.view::<i64>()?;
        log.lock().unwrap().push(ids.shape().to_vec());
        if ids.iter().any(|id| *id == 13) {
            return Err(Error::new(ErrorKind::InferenceFailed, "unlucky"));
        }
        let sums: Vec<f32> = ids.outer_iter().map(|row| row.sum() as f32).collect();
        Ok(vec![Tensor::from_vec([sums.len(), 1], sums)?])
    });
    (backend, shapes)
}

pub(super) fn sum(ran: &Ran) -> f32 {
    ran.outputs[0].as_slice::<f32>().unwrap()[0]
}

/// Fills the only instance, queues the callers in order, and opens the gate.
pub(super) fn queue(
    backend: &FakeBackend,
    pool: &Arc<Pool>,
    callers: &[Caller],
) -> Vec<JoinHandle<Result<Ran>>> {
    let (gate, first) = occupy(backend, pool);
    let waiting = line_up(pool, callers);
    drop(gate);
    first.join().unwrap().unwrap();
    waiting
}

pub(super) fn occupy(backend: &FakeBackend, pool: &Arc<Pool>) -> (Gate, JoinHandle<Result<Ran>>) {
    let gate = backend.hold();
    let first = Caller {
        ids: vec![0],
        join: None,
        stop: None,
    }
    .spawn(pool);
    backend.wait_for_held(1);
    (gate, first)
}

pub(super) fn line_up(pool: &Arc<Pool>, callers: &[Caller]) -> Vec<JoinHandle<Result<Ran>>> {
    let wait = |(place, caller): (usize, &Caller)| {
        let thread = caller.spawn(pool);
        until(|| pool.waiting() == place + 1);
        thread
    };
    callers.iter().enumerate().map(wait).collect()
}

#[test]
fn those_that_wait_run_together_and_get_their_own_rows() {
    let (backend, shapes) = summing();
    let (pool, _) = pool_of(&backend, 1, 64);
    let join = filled();
    let callers: Vec<_> = (1..=5)
        .map(|n| Caller::new(&[n, 10 * n, 1], &join))
        .collect();
    let waiting = queue(&backend, &pool, &callers);
    for (place, thread) in waiting.into_iter().enumerate() {
        let ran = thread.join().unwrap().unwrap();
        assert_eq!(sum(&ran), 11.0 * (place + 1) as f32 + 1.0);
        assert_eq!(ran.together, 5);
    }
    assert_eq!(*shapes.lock().unwrap(), [[1, 1], [5, 3]]);
}

#[test]
fn shorter_rows_are_filled_only_where_that_is_cheap() {
    let (backend, shapes) = summing();
    let (pool, _) = pool_of(&backend, 1, 64);
    let join = filled();
    let rows: [&[i64]; 3] = [&[1; 10], &[1; 9], &[1; 30]];
    let callers: Vec<_> = rows.iter().map(|ids| Caller::new(ids, &join)).collect();
    let sums: Vec<_> = queue(&backend, &pool, &callers)
        .into_iter()
        .map(|thread| sum(&thread.join().unwrap().unwrap()))
        .collect();
    assert_eq!(sums, [10.0, 9.0, 30.0]);
    assert_eq!(*shapes.lock().unwrap(), [[1, 1], [2, 10], [1, 30]]);
}

#[test]
fn requests_of_another_kind_run_apart() {
    let (backend, shapes) = summing();
    let (pool, _) = pool_of(&backend, 1, 64);
    let (filled, plain) = (filled(), Arc::new(Join::default()));
    let mut alone = Caller::new(&[1, 2], &plain);
    alone.join = None;
    let callers = [
        Caller::new(&[1, 2], &filled),
        Caller::new(&[1, 2], &plain),
        alone,
        Caller::new(&[1, 2, 3], &plain),
    ];
    let waiting = queue(&backend, &pool, &callers);
    for thread in waiting {
        assert_eq!(thread.join().unwrap().unwrap().together, 1);
    }
    assert_eq!(shapes.lock().unwrap().len(), 5);
}

#[test]
fn one_bad_row_fails_its_owner_alone() {
    let (backend, _) = summing();
    let (pool, _) = pool_of(&backend, 1, 64);
    let join = filled();
    let callers = [[1, 1], [2, 13], [3, 3]].map(|ids| Caller::new(&ids, &join));
    let answers: Vec<_> = queue(&backend, &pool, &callers)
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    assert_eq!(sum(answers[0].as_ref().unwrap()), 2.0);
    assert_eq!(
        answers[1].as_ref().unwrap_err().kind(),
        ErrorKind::InferenceFailed
    );
    assert_eq!(sum(answers[2].as_ref().unwrap()), 6.0);
}

/// A batch that is held at the gate.
struct Held {
    backend: FakeBackend,
    pool: Arc<Pool>,
    waiting: Vec<JoinHandle<Result<Ran>>>,
    gate: Gate,
}

/// Runs these callers as a batch that stays at the gate.
fn hold_batch(callers: &[Caller]) -> Held {
    let (backend, _) = summing();
    let (pool, _) = pool_of(&backend, 1, 64);
    let gate = backend.hold();
    let mut occupant = Caller::fickle(&[0], &filled());
    occupant.join = None;
    let first = occupant.spawn(&pool);
    backend.wait_for_held(1);
    let waiting = line_up(&pool, callers);
    occupant.raise();
    assert!(first.join().unwrap().is_err());
    until(|| backend.counts().runs == 2 && backend.counts().held == 1);
    Held {
        backend,
        pool,
        waiting,
        gate,
    }
}

#[test]
fn a_member_that_is_cancelled_returns_at_once_and_the_others_are_served() {
    let join = filled();
    for gone in 0..3 {
        let callers = [[1, 1], [2, 2], [3, 3]].map(|ids| Caller::fickle(&ids, &join));
        let mut held = hold_batch(&callers);
        callers[gone].raise();
        let error = held.waiting.remove(gone).join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert_eq!(error.phase(), Some(Phase::Run));
        drop(held.gate);
        let mut expected = vec![2.0, 4.0, 6.0];
        expected.remove(gone);
        for (thread, expected) in held.waiting.into_iter().zip(expected) {
            assert_eq!(sum(&thread.join().unwrap().unwrap()), expected);
        }
        until(|| (held.pool.waiting(), held.pool.running()) == (0, 0));
    }
}

#[test]
fn a_run_ends_when_the_last_of_its_members_has_gone() {
    let join = filled();
    let callers = [[1, 1], [2, 2]].map(|ids| Caller::fickle(&ids, &join));
    let held = hold_batch(&callers);
    callers.iter().for_each(Caller::raise);
    for thread in held.waiting {
        assert_eq!(
            thread.join().unwrap().unwrap_err().kind(),
            ErrorKind::Cancelled
        );
    }
    until(|| held.pool.running() == 0); // though the gate is still up
    assert_eq!(held.backend.counts().runs, 2, "nobody was run again");
    drop(held.gate);
}

#[test]
fn whoever_stays_runs_the_batch_of_those_who_may_leave() {
    let join = filled();
    let callers = [
        Caller::fickle(&[1], &join),
        Caller::new(&[2], &join),
        Caller::fickle(&[3], &join),
    ];
    let held = hold_batch(&callers);
    callers[0].raise();
    callers[2].raise();
    drop(held.gate);
    let answers: Vec<_> = held
        .waiting
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    assert!(answers[0].is_err() && answers[2].is_err());
    assert_eq!(sum(answers[1].as_ref().unwrap()), 2.0);
}

#[test]
fn the_time_of_a_shared_run_is_shared_by_rows() {
    let clock = Arc::new(ManualClock::new());
    let ticking = Arc::clone(&clock);
    let backend = FakeBackend::new(signature()).computing(move |inputs| {
        ticking.advance(std::time::Duration::from_millis(40));
        let rows = inputs[0].1.shape()[0];
        Ok(vec![Tensor::from_vec([rows, 1], vec![0_f32; rows])?])
    });
    let free = Instances {
        wide: None,
        narrow: instances(&backend, 1),
    };
    let pool = Arc::new(Pool::new(free, PoolLimits::default(), clock));
    let join = filled();
    let callers = [[1], [2]].map(|ids| Caller::new(&ids, &join));
    for thread in queue(&backend, &pool, &callers) {
        assert_eq!(thread.join().unwrap().unwrap().computed.as_millis(), 20);
    }
}

#[test]
fn a_request_that_is_alone_gets_the_wide_instance_and_a_crowd_the_narrow_ones() {
    let (wide, narrow) = (empty(), empty());
    let free = Instances {
        wide: instances(&wide, 1).pop(),
        narrow: instances(&narrow, 2),
    };
    let pool = Arc::new(Pool::new(
        free,
        PoolLimits::default(),
        Arc::new(ManualClock::new()),
    ));
    let run = || {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.run(&Request::new(&[], &[])).map(drop))
    };
    run().join().unwrap().unwrap();
    assert_eq!((wide.counts().runs, narrow.counts().runs), (1, 0));
    let gates = (wide.hold(), narrow.hold());
    let first = run();
    wide.wait_for_held(1);
    let second = run();
    narrow.wait_for_held(1);
    let third = run();
    until(|| pool.waiting() == 1);
    assert_eq!(pool.running(), 2);
    drop(gates);
    [first, second, third]
        .into_iter()
        .for_each(|thread| thread.join().unwrap().unwrap());
    // After a crowd the wide one rests until a few requests in a row have found nobody else.
    let before = (wide.counts().runs, narrow.counts().runs);
    for _ in 0..5 {
        run().join().unwrap().unwrap();
    }
    assert_eq!(
        (wide.counts().runs, narrow.counts().runs),
        (before.0 + 2, before.1 + 3)
    );
    pool.run(&Request {
        part: true,
        ..Request::new(&[], &[])
    })
    .unwrap();
    assert_eq!(narrow.counts().runs, before.1 + 4);
}

#[test]
fn many_threads_each_get_their_own_answers() {
    let (backend, shapes) = summing();
    let (pool, _) = pool_of(&backend, 2, 64);
    let join = filled();
    let threads: Vec<_> = (0..8_i64)
        .map(|thread| {
            let (pool, join) = (Arc::clone(&pool), Arc::clone(&join));
            thread::spawn(move || {
                for turn in 0..300_i64 {
                    let length = 1 + usize::try_from((turn * 7 + thread) % 12).unwrap();
                    let ids = vec![20 + thread * 1000 + turn; length];
                    let expected = ids.iter().sum::<i64>() as f32;
                    assert_eq!(sum(&Caller::new(&ids, &join).run(&pool).unwrap()), expected);
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    let rows: usize = shapes.lock().unwrap().iter().map(|shape| shape[0]).sum();
    assert_eq!(rows, 8 * 300);
    until(|| (pool.waiting(), pool.running()) == (0, 0)); // instances go back behind the last answers
}
