//! Instances for a crowd are made when there first is one, and not where nobody comes; and the one for
//! a request that is alone, where a version was made in a crowd, when there first is calm.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::scheduler::{Growth, Instances, Make, Pool, PoolLimits, Request, Wanted};
use amaas_core::service::{Plan, WarmUp};
use amaas_core::{Error, ErrorKind, LoadSettings, Route, Service};

use super::pool::{empty, instances, until};
use super::support::{World, summing, summing_and};

const REST: Duration = Duration::from_secs(60);

fn growing(backend: &FakeBackend, make: Make) -> (Arc<Pool>, Arc<ManualClock>) {
    let first = Instances {
        wide: instances(backend, 1).pop(),
        narrow: Vec::new(),
    };
    let growth = Growth {
        wanted: Wanted::Crowded,
        count: 2,
        make,
    };
    let clock = Arc::new(ManualClock::new());
    let pool = Pool::growing(first, growth, PoolLimits::default(), clock.clone());
    (Arc::new(pool), clock)
}

/// Makes two more, and counts how often it was asked.
fn two_more(backend: &FakeBackend, asked: &Arc<AtomicUsize>) -> Make {
    let (backend, asked) = (backend.clone(), Arc::clone(asked));
    Box::new(move || {
        asked.fetch_add(1, Ordering::SeqCst);
        Some(narrow(&backend))
    })
}

fn narrow(backend: &FakeBackend) -> Instances {
    Instances {
        wide: None,
        narrow: instances(backend, 2),
    }
}

fn run(pool: &Pool) {
    pool.run(&Request::new(&[], &[])).unwrap();
}

/// Two requests, the second of which finds the first under way.
fn crowd(pool: &Arc<Pool>, backend: &FakeBackend) {
    let gate = backend.hold();
    thread::scope(|scope| {
        scope.spawn(|| run(pool));
        backend.wait_for_held(1);
        scope.spawn(|| run(pool));
        until(|| pool.waiting() + pool.running() == 2);
        drop(gate);
    });
}

#[test]
fn nobody_beside_it_nothing_is_made() {
    let (backend, asked) = (empty(), Arc::default());
    let (pool, _) = growing(&backend, two_more(&backend, &asked));
    (0..100).for_each(|_| run(&pool));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!((pool.capacity(), pool.has_grown()), (2, false));
}

#[test]
fn who_waits_when_it_has_grown_runs_beside_the_first() {
    let (backend, asked) = (empty(), Arc::default());
    let (pool, _) = growing(&backend, two_more(&backend, &asked));
    let gate = backend.hold();
    thread::scope(|scope| {
        scope.spawn(|| run(&pool));
        backend.wait_for_held(1);
        scope.spawn(|| run(&pool));
        backend.wait_for_held(2); // nobody let the first one go
        scope.spawn(|| run(&pool));
        until(|| pool.waiting() == 1); // two at once, and no third on the wide one
        drop(gate);
    });
    assert_eq!(
        (asked.load(Ordering::SeqCst), backend.counts().live),
        (1, 3)
    );
    assert!(pool.has_grown());
}

#[test]
fn a_part_of_a_larger_call_is_a_crowd() {
    let (backend, asked) = (empty(), Arc::default());
    let (pool, _) = growing(&backend, two_more(&backend, &asked));
    let part = Request {
        part: true,
        ..Request::new(&[], &[])
    };
    pool.run(&part).unwrap();
    until(|| backend.counts().live == 3);
}

#[test]
fn what_cannot_be_made_is_tried_again_after_a_rest() {
    let (backend, asked) = (empty(), Arc::new(AtomicUsize::new(0)));
    let (more, tries) = (backend.clone(), Arc::clone(&asked));
    let make = move || match tries.fetch_add(1, Ordering::SeqCst) {
        0 => None,
        1 => panic!("a backend with a bug"),
        _ => Some(narrow(&more)),
    };
    let (pool, clock) = growing(&backend, Box::new(make));
    for tries in 1..=2 {
        crowd(&pool, &backend);
        until(|| !pool.has_grown());
        crowd(&pool, &backend); // too soon
        assert_eq!(asked.load(Ordering::SeqCst), tries);
        clock.advance(REST);
    }
    crowd(&pool, &backend);
    until(|| backend.counts().live == 3);
    assert!(pool.has_grown());
}

#[test]
fn a_pool_that_goes_while_it_grows_leaves_nothing() {
    let backend = empty();
    let gate = Arc::new(std::sync::Barrier::new(2));
    let (more, held) = (backend.clone(), Arc::clone(&gate));
    let make = move || {
        held.wait();
        held.wait();
        Some(narrow(&more))
    };
    let (pool, _) = growing(&backend, Box::new(make));
    crowd(&pool, &backend);
    gate.wait();
    drop(pool);
    assert_eq!(backend.counts().live, 0);
    gate.wait();
    until(|| backend.counts().loads == 3 && backend.counts().live == 0);
}

#[test]
fn a_pool_of_a_crowd_gets_the_one_for_the_lone_when_it_is_calm() {
    let (backend, asked) = (empty(), Arc::new(AtomicUsize::new(0)));
    let (more, tries) = (backend.clone(), Arc::clone(&asked));
    let make = move || {
        tries.fetch_add(1, Ordering::SeqCst);
        Some(Instances {
            wide: instances(&more, 1).pop(),
            narrow: Vec::new(),
        })
    };
    let growth = Growth {
        wanted: Wanted::Calm,
        count: 0,
        make: Box::new(make),
    };
    let clock = Arc::new(ManualClock::new());
    let pool = Pool::growing(narrow(&backend), growth, PoolLimits::default(), clock);
    let pool = Arc::new(pool);
    assert_eq!((pool.capacity(), pool.has_grown()), (2, true));
    assert!(!pool.is_calm());
    (0..2).for_each(|_| run(&pool));
    crowd(&pool, &backend); // the first of them finds nobody either
    (0..3).for_each(|_| run(&pool)); // not yet, for there was one in between
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    run(&pool);
    until(|| backend.counts().live == 3);
    assert!(pool.is_calm());
    (0..10).for_each(|_| run(&pool));
    assert_eq!((pool.capacity(), asked.load(Ordering::SeqCst)), (2, 1));
}

/// What settings that say nothing come to here: on one processor there is nothing to grow to.
fn plan() -> (usize, usize) {
    let processors = thread::available_parallelism().unwrap().get();
    let Plan { wide, narrow } = LoadSettings::default().plan(processors);
    let all = narrow.len() + usize::from(wide.is_some());
    (if wide.is_some() { 1 } else { all }, all)
}

fn quick(eager: bool) -> LoadSettings {
    LoadSettings {
        warm_up: WarmUp::off(),
        eager,
        ..LoadSettings::default()
    }
}

fn service(world: &World, backend: &FakeBackend, eager: bool) -> (Service, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    let builder = world.builder(backend, clock.clone(), quick(eager));
    (builder.build().unwrap(), clock)
}

fn crowd_route(route: &Route, backend: &FakeBackend) {
    let gate = backend.hold();
    let (first, second) = (route.clone(), route.clone());
    thread::scope(|scope| {
        scope.spawn(move || first.classify(&["a"]).unwrap());
        backend.wait_for_held(1);
        scope.spawn(move || second.classify(&["b"]).unwrap());
        let model = route.lease();
        until(|| model.waiting() == 1 || backend.counts().held == 2);
        drop(gate);
    });
}

#[test]
fn a_version_begins_small_and_its_successor_does_not() {
    let (world, backend) = (World::new(), summing());
    let (service, _) = service(&world, &backend, false);
    let (first, all) = plan();
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let before = backend.counts().loads;
    assert_eq!((before, backend.counts().live), (first, 0)); // trying out asks for no crowd
    let route = service.load("words").unwrap();
    assert_eq!(backend.counts().live, first);
    service.publish(world.package("1.1.0", "", "")).unwrap();
    assert!(route.update().unwrap());
    assert_eq!(backend.counts().live, first); // it saw nobody, and neither did the one before
    crowd_route(&route, &backend);
    until(|| backend.counts().live == all);
    service.publish(world.package("1.2.0", "", "")).unwrap();
    assert!(route.update().unwrap());
    assert!(route.lease().has_grown());
    // The crowd is served first.
    let lone = usize::from(first < all);
    assert_eq!(backend.counts().live, all - lone);
    // The one that it began without is made when there first is calm.
    (0..4).for_each(|_| drop(route.classify(&["a"]).unwrap()));
    until(|| backend.counts().live == all);
    service.publish(world.package("1.3.0", "", "")).unwrap();
    assert!(route.update().unwrap());
    assert_eq!(backend.counts().live, all); // it may be crowded again at any time
}

#[test]
fn beside_a_crowd_a_version_is_loaded_where_others_go_first() {
    let golden = "[[golden]]\ntext = \"a\"\nexpect = [{ label = \"yes\", score = 1.0 }]";
    let threads = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&threads);
    let backend = summing_and(move || {
        let name = thread::current().name().map(str::to_owned);
        log.lock().unwrap().push(name);
    });
    let last = || threads.lock().unwrap().last().cloned().unwrap();
    let own = thread::current().name().map(str::to_owned);
    let world = World::new();
    let (service, _) = service(&world, &backend, false);
    service.publish(world.package("1.0.0", "", golden)).unwrap();
    let route = service.load("words").unwrap();
    assert_eq!(last(), own); // its golden example, and nobody is served meanwhile
    crowd_route(&route, &backend);
    until(|| backend.counts().live == plan().1);
    service.publish(world.package("1.1.0", "", golden)).unwrap();
    assert!(route.update().unwrap());
    assert_eq!(last().as_deref(), Some("amaas-load"));
}

#[test]
fn eager_settings_make_all_at_once() {
    let (world, backend) = (World::new(), summing());
    let (service, _) = service(&world, &backend, true);
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    assert_eq!(backend.counts().live, plan().1);
    assert!(route.lease().has_grown());
}

#[test]
fn a_package_that_changed_meanwhile_adds_nothing() {
    let (world, backend) = (World::new(), summing());
    let (service, clock) = service(&world, &backend, false);
    let (first, all) = plan();
    let folder = world.package("1.0.0", "", "");
    let manifest = folder.join("amaas.toml");
    let route = service.load(folder.to_str().unwrap()).unwrap();
    let written = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("{written}\n# another package\n")).unwrap();
    crowd_route(&route, &backend);
    until(|| first == all || !route.lease().has_grown());
    assert_eq!(backend.counts().live, first);
    fs::write(&manifest, written).unwrap();
    clock.advance(REST);
    crowd_route(&route, &backend);
    until(|| backend.counts().live == all);
}

#[test]
fn where_memory_is_short_one_instance_serves() {
    let (world, backend) = (World::new(), summing());
    let (service, _) = service(&world, &backend, false);
    let (first, all) = plan();
    let route = service.load(world.package("1.0.0", "", "").to_str().unwrap());
    let route = route.unwrap();
    if first < all {
        backend.fail_next_load(Error::new(ErrorKind::LoadFailed, "no memory today"));
    }
    crowd_route(&route, &backend);
    until(|| first == all || !route.lease().has_grown());
    crowd_route(&route, &backend);
    assert_eq!(backend.counts().live, first);
}
