//! Several models of one service share its threads.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use amaas_core::clock::SystemClock;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::scheduler::{Budget, Growth, Instances, Pool, PoolLimits, Request, Share, Wanted};
use amaas_core::service::WarmUp;
use amaas_core::{ClassifyOptions, LoadSettings, Tensor};

use super::pool::{empty, instances, until};
use super::support::{World, signature};

/// A pool of so many narrow instances of one thread each.
fn pool(backend: &FakeBackend, count: usize, budget: &Arc<Budget>) -> Arc<Pool> {
    let free = Instances {
        wide: None,
        narrow: instances(backend, count),
    };
    let share = Share {
        budget: Arc::clone(budget),
        wide: 0,
        narrow: 1,
        most: count,
    };
    let (limits, clock) = (PoolLimits::default(), Arc::new(SystemClock::default()));
    Arc::new(Pool::sharing(free, None, Some(share), limits, clock))
}

fn spawn(pool: &Arc<Pool>) -> thread::JoinHandle<()> {
    let pool = Arc::clone(pool);
    thread::spawn(move || drop(pool.run(&Request::new(&[], &[])).unwrap()))
}

#[test]
fn a_pool_takes_what_the_others_leave_and_is_woken_when_they_give_it_back() {
    let (one, other) = (empty(), empty());
    let budget = Arc::new(Budget::new(2));
    let (first, second) = (pool(&one, 2, &budget), pool(&other, 2, &budget));
    let held = one.hold();
    let runs: Vec<_> = (0..2).map(|_| spawn(&first)).collect();
    one.wait_for_held(2);
    let gate = other.hold();
    let more: Vec<_> = (0..2).map(|_| spawn(&second)).collect();
    other.wait_for_held(1); // the first run of a pool always begins
    until(|| second.waiting() == 1);
    assert_eq!((second.running(), budget.busy()), (1, 3));
    drop(held);
    other.wait_for_held(2); // though nothing happened to this pool
    drop(gate);
    runs.into_iter()
        .chain(more)
        .for_each(|run| run.join().unwrap());
    until(|| budget.busy() == 0);
}

#[test]
fn one_that_was_given_more_than_there_is_gets_it_when_the_others_rest() {
    let backend = empty();
    let pool = pool(&backend, 3, &Arc::new(Budget::new(2)));
    let gate = backend.hold();
    let runs: Vec<_> = (0..3).map(|_| spawn(&pool)).collect();
    backend.wait_for_held(3);
    drop(gate);
    runs.into_iter().for_each(|run| run.join().unwrap());
}

#[test]
fn what_is_loading_is_left_a_thread_and_whoever_is_alone_does_not_notice() {
    let backend = empty();
    let budget = Arc::new(Budget::new(2));
    let pool = pool(&backend, 2, &budget);
    let loading = [budget.occupy(1), budget.occupy(1)]; // more than there are
    pool.run(&Request::new(&[], &[])).unwrap();
    let gate = backend.hold();
    let runs: Vec<_> = (0..2).map(|_| spawn(&pool)).collect();
    backend.wait_for_held(1);
    until(|| pool.waiting() == 1);
    assert_eq!((pool.running(), budget.busy()), (1, 1));
    drop(loading);
    backend.wait_for_held(2); // it was told
    drop(gate);
    runs.into_iter().for_each(|run| run.join().unwrap());
    until(|| budget.busy() == 0);
}

#[test]
fn loading_beside_it_makes_no_crowd_of_a_lone_request() {
    let (backend, asked) = (empty(), Arc::new(AtomicUsize::new(0)));
    let tries = Arc::clone(&asked);
    let make = move || {
        tries.fetch_add(1, Ordering::SeqCst);
        None
    };
    let growth = Growth {
        wanted: Wanted::Crowded,
        count: 2,
        make: Box::new(make),
    };
    let share = Share {
        budget: Arc::new(Budget::new(2)),
        wide: 2,
        narrow: 1,
        most: 2,
    };
    let _loading = share.budget.occupy(1);
    let free = Instances {
        wide: instances(&backend, 1).pop(),
        narrow: Vec::new(),
    };
    let (limits, clock) = (PoolLimits::default(), Arc::new(SystemClock::default()));
    let pool = Pool::sharing(free, Some(growth), Some(share), limits, clock);
    (0..10).for_each(|_| drop(pool.run(&Request::new(&[], &[])).unwrap()));
    assert!(pool.is_calm());
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// Counts how many runs are under way at once, over all models.
#[derive(Debug, Default)]
struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
    sum: Mutex<(usize, usize)>,
}

impl Crowd {
    fn pass(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let mut sum = self.sum.lock().unwrap();
        *sum = (sum.0 + now, sum.1 + 1);
        drop(sum);
        thread::sleep(Duration::from_micros(200)); // as long as a run of a small model
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn two_models_under_load_keep_no_more_threads_busy_than_one() {
    let crowd = Arc::new(Crowd::default());
    let counting = Arc::clone(&crowd);
    let backend = FakeBackend::new(signature()).computing(move |inputs| {
        counting.pass();
        let rows = inputs[0].1.shape()[0];
        Ok(vec![Tensor::from_vec([rows, 2], vec![0.0_f32; rows * 2])?])
    });
    let world = World::new();
    let settings = LoadSettings {
        eager: true,
        warm_up: WarmUp::off(),
        ..LoadSettings::default()
    };
    let service = world.builder(&backend, Arc::new(SystemClock::default()), settings);
    let service = service.build().unwrap();
    let routes = ["1.0.0", "1.1.0"].map(|version| {
        let apart = "[batching]\nenabled = false"; // so that every request is a run
        let path = world.package(version, "", apart);
        service.load(path.to_str().unwrap()).unwrap()
    });
    thread::scope(|scope| {
        for client in 0..16 {
            let route = &routes[client % 2];
            scope.spawn(move || (0..50).for_each(|_| drop(route.classify(&["a"]).unwrap())));
        }
    });
    let (threads, most) = (service.threads(), crowd.most.load(Ordering::SeqCst));
    // One more for a model that ran nothing when all were busy.
    assert!(
        most <= threads + 1,
        "{most} runs at once on {threads} processors"
    );
    let (sum, runs) = *crowd.sum.lock().unwrap();
    // On one processor the first run of each.
    assert!(
        sum as f64 / runs as f64 <= threads.max(2) as f64 + 0.5,
        "{sum} over {runs} runs"
    );
    assert!(runs >= 800);
}

/// Texts of 1 to 4 words whose ids sum to many different numbers.
fn ragged(count: usize) -> (Vec<String>, Vec<f32>) {
    let text = |place: usize| {
        let ids = (0..=place % 4).map(|word| 1 + (place / 4 + word * 7) % 5);
        let ids: Vec<_> = ids.collect();
        let words = ids.iter().map(|id| ["a", "b", "c", "d", "e"][id - 1]);
        (
            words.collect::<Vec<_>>().join(" "),
            ids.iter().sum::<usize>() as f32,
        )
    };
    (0..count).map(text).unzip()
}

#[test]
fn ten_thousand_ragged_texts_are_spread_and_come_back_in_order() {
    let crowd = Arc::new(Crowd::default());
    let (counting, threads) = (Arc::clone(&crowd), Arc::new(Mutex::new(HashSet::new())));
    let seen = Arc::clone(&threads);
    let backend = FakeBackend::new(signature()).computing(move |inputs| {
        counting.pass();
        seen.lock().unwrap().insert(thread::current().id());
        let ids = inputs[0].1.view::<i64>()?;
        let sums = ids.outer_iter().flat_map(|row| [0.0, row.sum() as f32]);
        Ok(vec![Tensor::from_vec([ids.shape()[0], 2], sums.collect())?])
    });
    let world = World::new();
    let settings = LoadSettings {
        instances: Some(3),
        warm_up: WarmUp::off(),
        ..LoadSettings::default()
    };
    let builder = world.builder(&backend, Arc::new(SystemClock::default()), settings);
    let path = world.package("1.0.0", "", "");
    let route = builder
        .build()
        .unwrap()
        .load(path.to_str().unwrap())
        .unwrap();
    let (texts, sums) = ragged(10_000);
    let all = ClassifyOptions {
        top_k: Some(2),
        ..ClassifyOptions::default()
    };
    let found = route.classify_with(&texts, &all).unwrap();
    let yes = found.answers.iter().map(|answer| {
        let yes = answer.labels.iter().find(|label| label.label == "yes");
        yes.unwrap().score as f32
    });
    assert_eq!(yes.collect::<Vec<_>>(), sums);
    assert_eq!(
        crowd.most.load(Ordering::SeqCst),
        3,
        "all instances had a part in it"
    );
    assert!(threads.lock().unwrap().len() >= 3);
    assert!(backend.counts().runs >= 10_000 / 64);
}
