//! Versions that leave the memory and come back.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::model::Graph;
use amaas_core::registry::Policy;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::runtime::{Backend, DeviceInfo, Instance, LoadOptions};
use amaas_core::service::{Candidate, State, choose_to_unload};
use amaas_core::{Call, ClassifyOptions, Error, ErrorKind, LoadSettings, Result, Service};
use proptest::prelude::*;

use super::support::{World, bare, summing};

const IDLE: Duration = Duration::from_secs(600);

fn states(service: &Service) -> Vec<State> {
    service.versions().iter().map(|one| one.state).collect()
}

fn resting(world: &World, backend: &FakeBackend) -> (Service, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    let settings = LoadSettings {
        idle_unload: Some(IDLE),
        ..LoadSettings::default()
    };
    (world.service_with(backend, clock.clone(), settings), clock)
}

/// Lets time go by until nothing is in memory: requests that ended a moment ago may still hold it.
fn rest(clock: &ManualClock, backend: &FakeBackend) {
    while backend.counts().live != 0 {
        clock.advance(IDLE);
        thread::yield_now();
    }
}

#[test]
fn an_idle_version_leaves_and_the_next_request_brings_it_back() {
    let (world, backend) = (World::new(), summing());
    let (service, clock) = resting(&world, &backend);
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    clock.advance(IDLE - Duration::from_secs(1));
    route.classify(&["a"]).unwrap();
    clock.advance(IDLE - Duration::from_secs(1));
    assert_eq!(backend.counts().live, 1);
    clock.advance(Duration::from_secs(1));
    while states(&service) != [State::Unloaded] {
        thread::yield_now();
    }
    // What is known of it stays, and asking for that loads nothing.
    assert_eq!(route.version().to_string(), "1.0.0");
    assert_eq!((route.lease().capacity(), route.lease().waiting()), (1, 0));
    assert!(!route.update().unwrap());
    assert_eq!(backend.counts().live, 0);
    assert_eq!(route.classify(&["b"]).unwrap()[0].labels[0].score, 2.0);
    assert_eq!(states(&service), [State::Ready]);
    rest(&clock, &backend);
    // A ticket brings it back as well, and so does another route.
    let ticket = route.submit_classify(vec!["c"], &ClassifyOptions::default());
    assert_eq!(ticket.wait().unwrap().answers[0].labels[0].score, 3.0);
    rest(&clock, &backend);
    let _second = service.load("words").unwrap();
    assert_eq!(backend.counts().live, 1);
}

#[test]
fn what_is_pinned_kept_busy_or_at_a_path_stays() {
    let (world, backend) = (World::new(), summing());
    let (service, clock) = resting(&world, &backend);
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    route.pin(true);
    clock.advance(IDLE);
    clock.advance(IDLE);
    assert_eq!(states(&service), [State::Ready]);
    route.pin(false);
    let kept = service.keep("words", Policy::Latest(1)).unwrap();
    clock.advance(IDLE);
    assert_eq!(states(&service), [State::Ready]);
    drop(kept);
    let gate = backend.hold();
    thread::scope(|scope| {
        let request = scope.spawn(|| route.classify(&["a"]));
        backend.wait_for_held(1);
        clock.advance(IDLE);
        clock.advance(IDLE);
        assert_eq!(states(&service), [State::Ready]);
        drop(gate);
        request.join().unwrap().unwrap();
    });
    rest(&clock, &backend);
    let path = world.package("2.0.0", "", "");
    let direct = service.load(path.to_str().unwrap()).unwrap();
    clock.advance(IDLE);
    assert!(direct.classify(&["a"]).is_ok());
    assert_eq!(backend.counts().live, 1);
}

#[test]
fn a_version_that_cannot_come_back_says_why_and_tries_again() {
    let (world, backend) = (World::new(), summing());
    let (service, clock) = resting(&world, &backend);
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    rest(&clock, &backend);
    backend.fail_next_load(Error::new(ErrorKind::LoadFailed, "no memory today"));
    let error = route.classify(&["a"]).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::LoadFailed, "no memory today")
    );
    assert_eq!(states(&service), [State::Failed]);
    backend.fail_next_load(Error::new(ErrorKind::LoadFailed, "nor tomorrow"));
    let ticket = route.submit_classify(vec!["a"], &ClassifyOptions::default());
    assert_eq!(ticket.wait().unwrap_err().message(), "nor tomorrow");
    assert!(route.classify(&["a"]).is_ok());

    // What is held longer than its service cannot be loaded again.
    rest(&clock, &backend);
    let lease = route.lease();
    drop((route, service));
    let ids = amaas_core::Tensor::from_vec([1, 1], vec![1_i64]).unwrap();
    let mut usage = lease.receipt();
    let error = lease.run(&[("input_ids", &ids)], &[], &Call::default(), &mut usage);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Closed);
}

/// Loads wait at a gate.
#[derive(Debug, Clone)]
struct SlowBackend {
    fake: FakeBackend,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Debug, Default)]
struct Gate {
    closed: bool,
    held: usize,
}

impl SlowBackend {
    fn close(&self, closed: bool) {
        self.gate.0.lock().unwrap().closed = closed;
        self.gate.1.notify_all();
    }

    fn wait_for_held(&self) {
        let gate = self.gate.0.lock().unwrap();
        drop(self.gate.1.wait_while(gate, |gate| gate.held == 0).unwrap());
    }
}

impl Backend for SlowBackend {
    fn describe(&self) -> String {
        self.fake.describe()
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        self.fake.devices()
    }

    fn load(&self, graph: &Graph, options: &LoadOptions) -> Result<Box<dyn Instance>> {
        let mut gate = self.gate.0.lock().unwrap();
        gate.held += 1;
        self.gate.1.notify_all();
        let mut gate = self.gate.1.wait_while(gate, |gate| gate.closed).unwrap();
        gate.held -= 1;
        drop(gate);
        self.fake.load(graph, options)
    }
}

#[test]
fn all_who_wait_for_a_version_wait_for_one_load_and_no_longer_than_they_said() {
    let (world, fake, clock) = (World::new(), summing(), Arc::new(ManualClock::new()));
    let backend = SlowBackend {
        fake: fake.clone(),
        gate: Arc::default(),
    };
    let settings = LoadSettings {
        idle_unload: Some(IDLE),
        limits: amaas_core::scheduler::PoolLimits {
            waiting: 5,
            ..Default::default()
        },
        ..LoadSettings::default()
    };
    let service = world
        .builder(&fake, clock.clone(), bare(settings))
        .backend(Arc::new(backend.clone()))
        .build()
        .unwrap();
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    rest(&clock, &fake);
    let loads = fake.counts().loads;
    backend.close(true);
    thread::scope(|scope| {
        let requests = [(); 3].map(|()| scope.spawn(|| route.classify(&["a"])));
        backend.wait_for_held();
        assert_eq!(states(&service), [State::Loading]);
        // Its deadline ends a call that waits for a load, and nobody else's.
        let hurried = scope.spawn(|| {
            let call = Call::within(Duration::from_secs(1));
            let options = ClassifyOptions {
                call,
                ..Default::default()
            };
            route.classify_with(&["a"], &options)
        });
        while !hurried.is_finished() {
            clock.advance(Duration::from_secs(1));
            thread::yield_now();
        }
        let error = hurried.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
        // More than may wait are refused.
        let tickets: Vec<_> = (0..6)
            .map(|_| route.submit_classify(vec!["a"], &ClassifyOptions::default()))
            .collect();
        assert_eq!(tickets[5].wait().unwrap_err().kind(), ErrorKind::Overloaded);
        backend.close(false);
        for request in requests {
            request.join().unwrap().unwrap();
        }
    });
    assert_eq!(fake.counts().loads, loads + 1);
}

#[test]
fn the_least_recently_used_makes_room() {
    let (world, backend, clock) = (World::new(), summing(), Arc::new(ManualClock::new()));
    let builder = || world.builder(&backend, clock.clone(), bare(LoadSettings::default()));
    let service = builder().build().unwrap();
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        service.publish(world.package(version, "", "")).unwrap();
    }
    let probe = service.load("words@1.0.0").unwrap();
    let bytes = service.versions()[0].bytes;
    drop((probe, service));

    let service = builder().memory_budget(2 * bytes).build().unwrap();
    let second = Duration::from_secs(1);
    let load = |version: &str| {
        clock.advance(second);
        service.load(&format!("words@{version}")).unwrap()
    };
    let routes = ["1.0.0", "1.1.0", "1.2.0"].map(load);
    let (ready, unloaded) = (State::Ready, State::Unloaded);
    assert_eq!(states(&service), [unloaded, ready, ready]);
    clock.advance(second);
    routes[1].classify(&["a"]).unwrap();
    clock.advance(second);
    routes[0].classify(&["a"]).unwrap();
    assert_eq!(states(&service), [ready, ready, unloaded]);
    assert_eq!(backend.counts().live, 2);
    // Where all that are there have to stay, the budget is exceeded.
    routes[0].pin(true);
    routes[1].pin(true);
    routes[2].classify(&["a"]).unwrap();
    assert_eq!(states(&service), [ready, ready, ready]);
    routes[1].pin(false);
    let _again = service.load("words@1.2.0").unwrap();
    assert_eq!(states(&service), [ready, ready, ready]); // nothing was loaded
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (0_u64..100, 0_u64..10, any::<bool>());
    let one = one.prop_map(|(bytes, seconds, may_leave)| Candidate {
        bytes,
        idle: Duration::from_secs(seconds),
        may_leave,
    });
    prop::collection::vec(one, 0..8)
}

proptest! {
    #[test]
    fn who_leaves_is_who_must(all in candidates(), budget in 0_u64..500) {
        let chosen = choose_to_unload(&all, budget);
        let total = |leaving: &[usize]| -> u64 {
            let stay = (0..all.len()).filter(|place| !leaving.contains(place));
            stay.map(|place| all[place].bytes).sum()
        };
        prop_assert!(chosen.iter().all(|place| all[*place].may_leave));
        // Enough leave, or all that may.
        let may = all.iter().filter(|one| one.may_leave).count();
        prop_assert!(total(&chosen) <= budget || chosen.len() == may);
        // No more than that.
        if let Some((_, before)) = chosen.split_last() {
            prop_assert!(total(before) > budget);
        }
        // Whoever stays though it may leave was used no earlier than who leaves.
        for place in (0..all.len()).filter(|place| all[*place].may_leave && !chosen.contains(place)) {
            prop_assert!(chosen.iter().all(|leaving| all[*leaving].idle >= all[place].idle));
        }
    }
}
