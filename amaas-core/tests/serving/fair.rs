//! Tenants share alike, whatever one of them sends: a simulation on a clock that runs move.

use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::scheduler::{Instances, Pool, PoolLimits, Queued, Request};
use amaas_core::{ErrorKind, Priority};

use crate::pool::{empty, instances, until};

const STEP: Duration = Duration::from_millis(1);
/// How many steps a run takes.
const RUN: u32 = 10;

/// Who sends how many requests, every so many steps.
#[derive(Clone, Copy)]
struct Sender {
    tenant: Option<&'static str>,
    every: u64,
    requests: usize,
    priority: Priority,
}

/// What became of a sender's requests.
#[derive(Default)]
struct Outcome {
    waiting: Vec<Queued>,
    refused: usize,
}

struct World {
    clock: Arc<ManualClock>,
    pool: OnceLock<Pool>,
    senders: Vec<(Sender, Option<Arc<str>>)>,
    state: Mutex<(u64, Vec<Outcome>)>,
    steps: u64,
}

impl World {
    /// One step of time, and what comes in it.
    fn step(&self) {
        self.clock.advance(STEP);
        let mut state = self.state.lock().unwrap();
        let (time, outcomes) = &mut *state;
        *time += 1;
        let due = |every: u64| *time <= self.steps && time.is_multiple_of(every);
        for ((sender, tenant), outcome) in self.senders.iter().zip(outcomes) {
            for _ in 0..if due(sender.every) {
                sender.requests
            } else {
                0
            } {
                let tenant = tenant.as_ref();
                let priority = sender.priority;
                let request = Request {
                    tenant,
                    priority,
                    ..Request::new(&[], &[])
                };
                match self.pool.get().unwrap().submit(&request) {
                    Ok(queued) => outcome.waiting.push(queued),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Overloaded);
                        outcome.refused += 1;
                    }
                }
            }
        }
    }
}

/// For each sender how long its answered requests took, sorted, and how many were refused.
fn simulate(senders: &[Sender], steps: u64) -> Vec<(Vec<Duration>, usize)> {
    let own = |sender: &Sender| (*sender, sender.tenant.map(Arc::from));
    let world = Arc::new(World {
        clock: Arc::new(ManualClock::new()),
        pool: OnceLock::new(),
        senders: senders.iter().map(own).collect(),
        state: Mutex::new((0, senders.iter().map(|_| Outcome::default()).collect())),
        steps,
    });
    let running = Arc::downgrade(&world);
    let backend = empty().computing(move |_| {
        let world = running.upgrade().unwrap();
        (0..RUN).for_each(|_| world.step());
        Ok(vec![])
    });
    let narrow = instances(&backend, 1);
    let limits = PoolLimits {
        waiting: 64,
        ..PoolLimits::default()
    };
    let clock = world.clock.clone();
    let pool = Pool::new(Instances { wide: None, narrow }, limits, clock);
    world.pool.set(pool.clone()).unwrap();
    let is_idle = || pool.running() == 0 && pool.waiting() == 0;
    while world.state.lock().unwrap().0 < steps {
        until(is_idle);
        world.step();
    }
    until(is_idle);
    let outcomes = std::mem::take(&mut world.state.lock().unwrap().1);
    outcomes.into_iter().map(answered).collect()
}

fn answered(outcome: Outcome) -> (Vec<Duration>, usize) {
    let mut context = Context::from_waker(Waker::noop());
    let times = outcome.waiting.into_iter().map(|mut queued| {
        // The last one is answered a moment after its instance is free.
        loop {
            if let Poll::Ready(answer) = Pin::new(&mut queued).poll(&mut context) {
                let ran = answer.unwrap();
                return ran.queued + ran.computed;
            }
            std::thread::yield_now();
        }
    });
    let mut times: Vec<_> = times.collect();
    times.sort();
    (times, outcome.refused)
}

fn p99(times: &[Duration]) -> Duration {
    times[(times.len() * 99).div_ceil(100) - 1]
}

fn sender(tenant: Option<&'static str>, every: u64, requests: usize) -> Sender {
    Sender {
        tenant,
        every,
        requests,
        priority: Priority::Normal,
    }
}

#[test]
fn a_hundred_times_the_load_does_not_double_anothers_p99() {
    let light = sender(Some("light"), 51, 1);
    let (alone, _) = simulate(&[light], 20_000).remove(0);
    for heavy in [
        Sender {
            priority: Priority::High,
            ..sender(Some("heavy"), 51, 100)
        },
        sender(Some("heavy"), 1, 2),
        sender(None, 51, 60),
    ] {
        let [(beside, refused), (theirs, _)] =
            simulate(&[light, heavy], 20_000).try_into().unwrap();
        assert_eq!((refused, beside.len()), (0, alone.len()));
        assert!(
            theirs.len() > 10 * beside.len() / 3,
            "{} of theirs",
            theirs.len()
        );
        let (alone, beside) = (p99(&alone), p99(&beside));
        assert!(beside <= 2 * alone, "{alone:?} alone, {beside:?} beside");
    }
}

#[test]
fn those_who_always_want_more_get_the_same() {
    let heavy = |tenant, requests| sender(Some(tenant), 1, requests);
    let found = simulate(&[heavy("a", 1), heavy("b", 3), heavy("c", 9)], 6000);
    let served: Vec<_> = found.iter().map(|(times, _)| times.len()).collect();
    let (least, most) = (served.iter().min().unwrap(), served.iter().max().unwrap());
    assert!(most - least <= most / 10, "{served:?}");
}

#[test]
fn without_tenants_all_are_served_as_they_come_and_the_queue_is_theirs() {
    let [(times, refused)] = simulate(&[sender(None, 1000, 65)], 1000)
        .try_into()
        .unwrap();
    assert_eq!((times.len(), refused), (65, 0), "one runs, 64 wait");
    let [(times, refused)] = simulate(&[sender(Some("a"), 1000, 65)], 1000)
        .try_into()
        .unwrap();
    assert_eq!(
        (times.len(), refused),
        (33, 32),
        "half of the places are for others"
    );
}
