//! What may happen in a pool, each thing under every order of events that is tried.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use amaas_schedules::runtime::Stop;
use amaas_schedules::scheduler::{Budget, PoolLimits, Wanted};
use amaas_schedules::{Error, ErrorKind, Phase, Result};
use shuttle::thread;

use crate::explore::{Scenario, explore};
use crate::world::{World, all, is_own, kind, until};

macro_rules! explored {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            explore(stringify!($name), self::scenario::$name);
        })*
    };
}

explored![
    each_caller_is_answered_once,
    callers_and_tickets_run_together,
    cancelling_races_with_leading_and_answering,
    the_last_of_a_batch_to_leave_ends_its_run,
    those_of_a_batch_leave_at_once,
    a_ticket_is_dropped_at_any_moment,
    a_leader_that_panics_pays_alone,
    a_bad_row_fails_its_owner_alone,
    a_full_queue_refuses_and_recovers,
    a_window_closes_while_requests_come,
    a_driven_future_ends,
    a_pool_grows_while_requests_come,
    a_pool_that_could_not_grow_serves,
    a_pool_goes_while_it_grows,
    a_row_that_panics_fails_its_owner_alone,
    pools_that_share_threads_keep_nobody_waiting,
    a_pool_made_in_a_crowd_grows_when_it_is_calm,
    who_loads_keeps_nobody_waiting,
];

/// For the planted bugs.
pub(crate) const ANSWERED: Scenario = scenario::each_caller_is_answered_once;
pub(crate) const TICKETS: Scenario = scenario::callers_and_tickets_run_together;
pub(crate) const LAST_TO_LEAVE: Scenario = scenario::those_of_a_batch_leave_at_once;

mod scenario {
    use super::*;

    pub(super) fn each_caller_is_answered_once() {
        let world = World::plain(1);
        let callers = [0, 1, 2, 3].map(|id| world.caller(id, None));
        assert!(all(callers).iter().all(Result::is_ok));
        assert_eq!(world.rows(), [0, 1, 2, 3]);
        world.rests();
    }

    pub(super) fn callers_and_tickets_run_together() {
        let world = World::plain(2);
        let stop = Stop::new(); // never raised: those who may leave run on the pool's own threads
        let answers = [
            world.caller(0, None),
            world.ticket(1, None),
            world.caller(2, Some(&stop)),
            world.ticket(3, Some(&stop)),
        ];
        assert!(all(answers).iter().all(Result::is_ok));
        assert_eq!(world.rows(), [0, 1, 2, 3]);
        world.rests();
    }

    pub(super) fn a_pool_grows_while_requests_come() {
        let world = World::growing(Wanted::Crowded, 0);
        let callers = [0, 1, 2].map(|id| world.caller(id, None));
        let ticket = world.ticket(3, None);
        assert!(all(callers).iter().all(Result::is_ok));
        assert!(ticket.join().unwrap().is_ok());
        assert_eq!(world.rows(), [0, 1, 2, 3]);
        world.rests();
    }

    pub(super) fn a_pool_that_could_not_grow_serves() {
        let world = World::growing(Wanted::Crowded, 1);
        let callers = [0, 1].map(|id| world.caller(id, None));
        assert!(all(callers).iter().all(Result::is_ok));
        until(|| !world.pool.has_grown());
        world.clock.advance(Duration::from_secs(60));
        let callers = [2, 3].map(|id| world.caller(id, None));
        assert!(all(callers).iter().all(Result::is_ok));
        assert_eq!(world.rows(), [0, 1, 2, 3]);
        world.rests();
    }

    pub(super) fn a_pool_goes_while_it_grows() {
        let world = World::growing(Wanted::Crowded, 0);
        let answers = [world.caller(0, None), world.ticket(1, None)];
        assert!(all(answers).iter().all(Result::is_ok));
        world.rests(); // whoever still makes instances has nobody to give them to
    }

    pub(super) fn cancelling_races_with_leading_and_answering() {
        let world = World::plain(1);
        let stops = [Stop::new(), Stop::new(), Stop::new()];
        let answers = [
            world.caller(0, Some(&stops[0])),
            world.ticket(1, Some(&stops[1])),
            world.caller(2, Some(&stops[2])),
            world.caller(3, None),
        ];
        stops[..2].iter().for_each(Stop::raise);
        let answers = all(answers);
        assert!(answers[2..].iter().all(Result::is_ok));
        let is_right = |answer| matches!(kind(answer), None | Some(ErrorKind::Cancelled));
        assert!(answers.iter().all(is_right));
        world.rests();
    }

    pub(super) fn the_last_of_a_batch_to_leave_ends_its_run() {
        all_leave(PoolLimits::default());
    }

    pub(super) fn those_of_a_batch_leave_at_once() {
        all_leave(PoolLimits {
            window: Some(Duration::from_secs(60)), // they run once they are three
            rows: 3,
            ..PoolLimits::default()
        });
    }

    /// Callers each of whom is cancelled, in runs that would go on for ever.
    fn all_leave(limits: PoolLimits) {
        let world = World::of(1, limits, |rows, stop| {
            let stop = stop.filter(|_| rows[0] >= 0);
            stop.map_or(Ok(()), |stop| {
                until(|| stop.is_raised());
                Err(stop.error(Phase::Run))
            })
        });
        let stops = [Stop::new(), Stop::new(), Stop::new()];
        let ids = [0, 1, 2];
        let answers = ids.map(|id| world.caller(id, Some(&stops[id as usize])));
        let raise = |stop: Stop| thread::spawn(move || stop.raise());
        let raising = stops.map(raise);
        let cancelled = |answer| kind(answer) == Some(ErrorKind::Cancelled);
        assert!(all(answers).iter().all(cancelled));
        raising
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        world.rests();
    }

    pub(super) fn a_ticket_is_dropped_at_any_moment() {
        let world = World::plain(1);
        let others = [world.caller(0, None), world.ticket(1, None)];
        let mut queued = Box::pin(world.submit(2, None).unwrap());
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(ran) = queued.as_mut().poll(&mut context) {
            is_own(2, &ran.unwrap());
        }
        drop(queued);
        assert!(all(others).iter().all(Result::is_ok));
        world.rests();
    }

    pub(super) fn a_leader_that_panics_pays_alone() {
        let first = AtomicBool::new(true);
        let world = World::of(1, PoolLimits::default(), move |_, _| {
            match first.swap(false, Ordering::Relaxed) {
                true => resume_unwind(Box::new("a model that panics")), // past the hook, in silence
                false => Ok(()),
            }
        });
        let caller = |id| {
            let world = Arc::clone(&world);
            let run = move || catch_unwind(AssertUnwindSafe(|| world.run(id, None)));
            thread::spawn(move || run().unwrap_or_else(|_| Err(panicked())))
        };
        let answers = [
            caller(0),
            caller(1),
            world.ticket(2, None),
            world.ticket(3, None),
        ];
        let answers = all(answers);
        let lost: Vec<_> = answers.iter().filter_map(kind).collect();
        assert_eq!(lost, [ErrorKind::Internal]);
        world.rests();
    }

    fn panicked() -> Error {
        Error::new(
            ErrorKind::Internal,
            "it panicked on the caller's own thread",
        )
    }

    pub(super) fn a_bad_row_fails_its_owner_alone() {
        let world = World::of(1, PoolLimits::default(), |rows, _| {
            let bad = || Error::new(ErrorKind::InferenceFailed, "a bad row");
            (!rows.contains(&1)).then_some(()).ok_or_else(bad)
        });
        let answers = [
            world.caller(0, None),
            world.caller(1, None),
            world.ticket(2, None),
            world.caller(3, None),
        ];
        let ended: Vec<_> = all(answers).iter().map(kind).collect();
        assert_eq!(ended, [None, Some(ErrorKind::InferenceFailed), None, None]);
        world.rests();
    }

    pub(super) fn a_row_that_panics_fails_its_owner_alone() {
        let world = World::of(1, PoolLimits::default(), |rows, _| {
            match rows.contains(&1) {
                true => resume_unwind(Box::new("a row that panics")), // past the hook, in silence
                false => Ok(()),
            }
        });
        let bad = {
            let world = Arc::clone(&world);
            let run = move || catch_unwind(AssertUnwindSafe(|| world.run(1, None)));
            thread::spawn(move || run().unwrap_or_else(|_| Err(panicked())))
        };
        let others = [world.caller(0, None), world.ticket(2, None)];
        assert!(all(others).iter().all(Result::is_ok));
        assert_eq!(kind(&bad.join().unwrap()), Some(ErrorKind::Internal));
        world.rests();
    }

    pub(super) fn pools_that_share_threads_keep_nobody_waiting() {
        let budget = Arc::new(Budget::new(2));
        let pools = [World::within(&budget), World::within(&budget)];
        let ask = |world: &Arc<World>| [0, 1, 2].map(|id| world.caller(id, None));
        let callers: Vec<_> = pools.iter().flat_map(ask).collect();
        assert!(all(callers).iter().all(Result::is_ok));
        let [one, other] = pools;
        until(|| budget.busy() == 0);
        one.rests();
        other.rests();
    }

    pub(super) fn a_pool_made_in_a_crowd_grows_when_it_is_calm() {
        let world = World::growing(Wanted::Calm, 0);
        (0..4).for_each(|id| world.run(id, None).unwrap());
        let callers = [4, 5, 6].map(|id| world.caller(id, None));
        assert!(all(callers).iter().all(Result::is_ok));
        assert_eq!(world.rows(), [0, 1, 2, 3, 4, 5, 6]);
        world.rests();
    }

    pub(super) fn who_loads_keeps_nobody_waiting() {
        let budget = Arc::new(Budget::new(2));
        let world = World::within(&budget);
        let loading = budget.occupy(1);
        let callers = [0, 1, 2].map(|id| world.caller(id, None));
        let loaded = thread::spawn(move || drop(loading));
        let ticket = world.ticket(3, None);
        assert!(all(callers).iter().all(Result::is_ok));
        assert!(ticket.join().unwrap().is_ok());
        loaded.join().unwrap();
        assert_eq!(world.rows(), [0, 1, 2, 3]);
        until(|| budget.busy() == 0);
        world.rests();
    }

    pub(super) fn a_full_queue_refuses_and_recovers() {
        let limits = PoolLimits {
            waiting: 1,
            ..PoolLimits::default()
        };
        let world = World::of(1, limits, |_, _| Ok(()));
        let answers = all([0, 1, 2, 3].map(|id| world.caller(id, None)));
        let is_right = |answer| matches!(kind(answer), None | Some(ErrorKind::Overloaded));
        assert!(answers.iter().all(is_right));
        let served = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(world.rows().len(), served);
        assert!(served >= 2, "one runs and one waits");
        world.rests();
    }

    pub(super) fn a_window_closes_while_requests_come() {
        const WINDOW: Duration = Duration::from_millis(5);
        let limits = PoolLimits {
            window: Some(WINDOW),
            rows: 3,
            ..PoolLimits::default()
        };
        let world = World::of(1, limits, |_, _| Ok(()));
        let stop = Stop::new();
        let answers = [
            world.caller(0, None),
            world.caller(1, Some(&stop)),
            world.ticket(2, None),
        ];
        stop.raise();
        let (clock, done) = (Arc::clone(&world.clock), Arc::new(AtomicBool::new(false)));
        let ended = Arc::clone(&done);
        let ticking = thread::spawn(move || {
            until(|| {
                clock.advance(WINDOW);
                ended.load(Ordering::Relaxed)
            });
        });
        let answers = all(answers);
        let is_right = |answer| matches!(kind(answer), None | Some(ErrorKind::Cancelled));
        assert!(answers[0].is_ok() && is_right(&answers[1]) && answers[2].is_ok());
        done.store(true, Ordering::Relaxed);
        ticking.join().unwrap();
        world.rests();
    }

    pub(super) fn a_driven_future_ends() {
        let world = World::plain(1);
        let ended = Arc::new(AtomicUsize::new(0));
        for id in [0, 1] {
            let queued = world.submit(id, None).unwrap();
            let ended = Arc::clone(&ended);
            let work = async move {
                is_own(id, &queued.await.unwrap());
                ended.fetch_add(1, Ordering::Relaxed);
            };
            world.pool.ready().unwrap();
            world.pool.drive(work);
        }
        let caller = world.caller(2, None);
        assert!(caller.join().unwrap().is_ok());
        until(|| ended.load(Ordering::Relaxed) == 2);
        world.rests();
    }
}
