//! The life of versions: what may follow what, and updates of everything at once.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{TryRecvError, channel};
use std::thread;
use std::time::Duration;

use amaas_core::clock::{ManualClock, SystemClock};
use amaas_core::registry::Policy;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::service::{State, Step, UpdateMode, WatchEvent, WatchOptions};
use amaas_core::{Error, ErrorKind, LoadSettings, Service};

use super::support::{World, bare, summing};

const GOLDEN: &str = r#"
    [[golden]]
    text = "a b"
    expect = [{ label = "yes", score = 3.0 }]
"#;
const DRAIN: Duration = Duration::from_secs(60);

fn publish(world: &World, service: &Service, version: &str) {
    let package = world.package(version, "", GOLDEN);
    service.publish(package).unwrap();
}

fn memory_first(world: &World, backend: &FakeBackend) -> (Service, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    let builder = world.builder(backend, clock.clone(), bare(LoadSettings::default()));
    let mode = UpdateMode::MemoryFirst { drain: DRAIN };
    (builder.update_mode(mode).build().unwrap(), clock)
}

fn states(service: &Service) -> Vec<(String, State)> {
    let tell = |one: amaas_core::service::VersionStatus| (one.version.to_string(), one.state);
    service.versions().into_iter().map(tell).collect()
}

fn said(version: &str, state: State) -> (String, State) {
    (version.to_owned(), state)
}

#[test]
fn what_may_follow_what() {
    use State::{Checking, Draining, Failed, Loading, Ready, Unloaded};
    use Step::{Drained, Fail, Leave, Made, Passed, Want};
    let legal = [
        (Loading, Made, Checking),
        (Loading, Fail, Failed),
        (Checking, Passed, Ready),
        (Checking, Fail, Failed),
        (Ready, Leave, Draining),
        (Draining, Drained, Unloaded),
        (Draining, Want, Ready),
        (Unloaded, Want, Loading),
        (Failed, Want, Loading),
    ];
    let all = State::ALL.iter().flat_map(|state| {
        let steps = Step::ALL.iter();
        steps.filter_map(|step| Some((*state, *step, state.next(*step)?)))
    });
    let all: HashSet<_> = all.collect();
    assert_eq!(all, legal.into_iter().collect());
    // Nothing is a dead end: whatever happened, a version can serve again.
    for state in State::ALL {
        let mut reached = HashSet::from([state]);
        while let Some((_, _, new)) = all
            .iter()
            .find(|(from, _, to)| reached.contains(from) && !reached.contains(to))
        {
            reached.insert(*new);
        }
        assert!(reached.contains(&Ready), "{state}");
    }
    let resident = State::ALL.into_iter().filter(|state| state.is_resident());
    assert_eq!(resident.collect::<Vec<_>>(), [Checking, Ready, Draining]);
    let names: HashSet<_> = State::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), State::ALL.len());
}

#[test]
fn a_service_tells_what_it_has_loaded() {
    let (world, backend, clock) = (World::new(), summing(), Arc::new(ManualClock::new()));
    let service = world.service_with(&backend, clock.clone(), LoadSettings::default());
    publish(&world, &service, "1.0.0");
    assert_eq!(service.versions(), []);
    let routes = [
        service.load("words@^1").unwrap(),
        service.load("words").unwrap(),
    ];
    let path = world.package("2.0.0", "", "");
    let direct = service.load(path.to_str().unwrap()).unwrap();
    clock.advance(Duration::from_secs(5));
    direct.classify(&["a"]).unwrap();
    let told = service.versions();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].routes, ["words@^1", "words@*"]);
    assert_eq!((told[0].state, told[0].pinned), (State::Ready, false));
    assert_eq!(told[0].idle, Duration::from_secs(5));
    assert!(told[0].bytes > 0 && told[0].digest == routes[0].digest());
    // What lies at a path may change, so it stays.
    assert!(told[1].pinned);
    assert_eq!(told[1].idle, Duration::ZERO);
    routes[1].pin(true);
    assert!(service.versions()[0].pinned);
    drop(direct);
    assert_eq!(states(&service), [said("1.0.0", State::Ready)]);

    // While it is checked, it is told of, but serves nobody.
    publish(&world, &service, "1.1.0");
    let gate = backend.hold();
    thread::scope(|scope| {
        let update = scope.spawn(|| service.update());
        backend.wait_for_held(1);
        let expected = [said("1.0.0", State::Ready), said("1.1.0", State::Checking)];
        assert_eq!(states(&service), expected);
        assert_eq!(service.versions()[1].routes, [""; 0]);
        drop(gate);
        assert_eq!(update.join().unwrap().moved.len(), 2);
    });
    assert_eq!(states(&service), [said("1.1.0", State::Ready)]);
}

#[test]
fn an_update_moves_routes_and_what_is_kept() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    publish(&world, &service, "1.0.0");
    let ranged = service.load("words@^1").unwrap();
    let pinned = service.load("words@1.0.0").unwrap();
    let gone = service.load("words").unwrap();
    let kept = service.keep("words", Policy::Latest(1)).unwrap();
    assert!(service.update().is_quiet());
    drop(gone);
    publish(&world, &service, "1.1.0");
    let updated = service.update();
    let moved: Vec<_> = updated
        .moved
        .iter()
        .map(|one| format!("{} {} {}", one.reference, one.from, one.to))
        .collect();
    assert_eq!(moved, ["words@^1 1.0.0 1.1.0"]);
    assert_eq!(updated.kept, ["words".parse().unwrap()]);
    assert!(updated.failed.is_empty() && !updated.is_quiet());
    assert_eq!(pinned.version().to_string(), "1.0.0");
    assert_eq!(kept.versions()[0].to_string(), "1.1.0");
    assert!(service.update().is_quiet());
    drop((ranged, pinned, kept));
    assert_eq!(backend.counts().live, 0);
}

#[test]
fn one_that_cannot_move_keeps_no_other_from_it() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    publish(&world, &service, "1.0.0");
    publish(&world, &service, "2.0.0");
    let old = service.load("words@~1.0").unwrap();
    let ranged = service.load("words@^2").unwrap();
    let kept = service.keep("words", Policy::Latest(3)).unwrap();
    publish(&world, &service, "2.1.0");
    let registry = service.registry().unwrap();
    let (name, version) = ("words".parse().unwrap(), "1.0.0".parse().unwrap());
    registry.delete(&name, &version).unwrap();
    backend.fail_next_load(Error::new(ErrorKind::LoadFailed, "no memory today"));
    let updated = service.update();
    let failed: Vec<_> = updated
        .failed
        .iter()
        .map(|one| (one.reference.as_str(), one.error.kind()))
        .collect();
    let (missing, refused) = (ErrorKind::NotFound, ErrorKind::LoadFailed);
    assert_eq!(failed, [("words@~1.0", missing), ("words@^2", refused)]);
    assert_eq!(ranged.version().to_string(), "2.0.0");
    assert_eq!(kept.versions()[0].to_string(), "2.1.0");
    assert!(old.classify(&["a"]).is_ok() && ranged.classify(&["a"]).is_ok());
    assert_eq!(service.update().moved.len(), 1);
}

#[test]
fn memory_first_unloads_before_it_loads() {
    let (world, backend) = (World::new(), summing());
    let (service, _) = memory_first(&world, &backend);
    publish(&world, &service, "1.0.0");
    let routes = [
        service.load("words@^1").unwrap(),
        service.load("words").unwrap(),
    ];
    publish(&world, &service, "1.1.0");
    let gate = backend.hold();
    thread::scope(|scope| {
        let update = scope.spawn(|| service.update());
        backend.wait_for_held(1); // the golden example of the new one
        assert_eq!(backend.counts().live, 1);
        let expected = [
            said("1.0.0", State::Unloaded),
            said("1.1.0", State::Checking),
        ];
        assert_eq!(states(&service), expected);
        let error = routes[0].classify(&["a"]).unwrap_err();
        assert!(error.kind() == ErrorKind::Overloaded && error.is_retryable());
        let ticket = routes[0].submit_classify(vec!["a"], &Default::default());
        assert_eq!(ticket.wait().unwrap_err().kind(), ErrorKind::Overloaded);
        drop(gate);
        assert_eq!(update.join().unwrap().moved.len(), 2);
    });
    assert!(routes.iter().all(|route| route.classify(&["a"]).is_ok()));
    assert_eq!(states(&service), [said("1.1.0", State::Ready)]);
    assert_eq!(backend.counts().live, 1);
}

#[test]
fn memory_first_brings_the_old_one_back() {
    let (world, backend) = (World::new(), summing());
    let (service, _) = memory_first(&world, &backend);
    publish(&world, &service, "1.0.0");
    let route = service.load("words").unwrap();
    publish(&world, &service, "1.1.0");
    backend.fail_next_load(Error::new(ErrorKind::LoadFailed, "no memory today"));
    assert_eq!(route.update().unwrap_err().kind(), ErrorKind::LoadFailed);
    assert_eq!(states(&service), [said("1.0.0", State::Ready)]);
    assert_eq!(route.classify(&["a"]).unwrap()[0].labels[0].score, 1.0);
    assert!(route.update().unwrap());

    // A package that is not whole is found before anything is given up.
    let package = world.package("1.2.0", "", GOLDEN);
    let published = service.publish(package).unwrap();
    let blobs = service.registry().unwrap().root().join("blobs/sha256");
    fs::remove_file(blobs.join(published.digest.hex())).unwrap();
    let loads = backend.counts().loads;
    assert_eq!(route.update().unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(states(&service), [said("1.1.0", State::Ready)]);
    assert_eq!(backend.counts().loads, loads);
}

#[test]
fn memory_first_leaves_what_others_need() {
    let (world, backend) = (World::new(), summing());
    let (service, _) = memory_first(&world, &backend);
    publish(&world, &service, "1.0.0");
    let route = service.load("words").unwrap();
    let other = service.load("words@1.0.0").unwrap();
    publish(&world, &service, "1.1.0");
    let loads = backend.counts().loads;
    assert!(route.update().unwrap());
    assert!(other.classify(&["a"]).is_ok());
    assert_eq!(backend.counts().loads, loads + 1);
    assert_eq!(backend.counts().live, 2);
}

#[test]
fn memory_first_waits_for_requests_but_not_for_ever() {
    let (world, backend) = (World::new(), summing());
    let (service, clock) = memory_first(&world, &backend);
    publish(&world, &service, "1.0.0");
    let route = service.load("words").unwrap();
    publish(&world, &service, "1.1.0");
    let gate = backend.hold();
    thread::scope(|scope| {
        let request = scope.spawn(|| route.classify(&["a"]));
        backend.wait_for_held(1);
        let update = scope.spawn(|| route.update());
        while !update.is_finished() {
            clock.advance(DRAIN);
            thread::yield_now();
        }
        let error = update.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
        assert_eq!(states(&service), [said("1.0.0", State::Ready)]);
        let update = scope.spawn(|| route.update());
        while states(&service)[0].1 != State::Draining {
            thread::yield_now();
        }
        drop(gate);
        assert!(request.join().unwrap().is_ok());
        assert!(update.join().unwrap().unwrap());
    });
    assert_eq!(route.version().to_string(), "1.1.0");
}

#[test]
fn a_watcher_looks_at_once_and_after_each_interval() {
    let (world, backend, clock) = (World::new(), summing(), Arc::new(ManualClock::new()));
    let mut settings = bare(LoadSettings::default());
    // `next` below lets hours pass while a version loads.
    settings.warm_up.deadline = Duration::from_secs(1 << 40);
    let service = world.builder(&backend, clock.clone(), settings);
    let service = service.build().unwrap();
    publish(&world, &service, "1.0.0");
    let route = service.load("words").unwrap();
    publish(&world, &service, "1.1.0");
    let (tell, told) = channel();
    let options = WatchOptions {
        notifications: false,
        ..WatchOptions::default()
    };
    let interval = options.interval;
    let watcher = service
        .watch(options, move |event| tell.send(event).unwrap())
        .unwrap();
    let updated = |event| match event {
        WatchEvent::Updated(updated) => updated,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        updated(told.recv().unwrap()).moved[0].to.to_string(),
        "1.1.0"
    );
    let next = || loop {
        clock.advance(interval);
        if let Ok(event) = told.try_recv() {
            break updated(event);
        }
        thread::yield_now();
    };
    publish(&world, &service, "1.2.0");
    backend.fail_next_load(Error::new(ErrorKind::LoadFailed, "no memory today"));
    assert_eq!(next().failed[0].error.kind(), ErrorKind::LoadFailed);
    assert_eq!(next().moved.len(), 1);
    assert_eq!(route.version().to_string(), "1.2.0");
    publish(&world, &service, "1.3.0");
    watcher.look();
    assert_eq!(updated(told.recv().unwrap()).moved.len(), 1);
    // The thread ends with the handle, and with it what it would tell.
    drop(watcher);
    assert!(told.recv().is_err());
}

#[test]
fn a_watcher_ends_with_its_service_and_survives_its_host() {
    let (world, backend, clock) = (World::new(), summing(), Arc::new(ManualClock::new()));
    let service = world.service_with(&backend, clock.clone(), LoadSettings::default());
    publish(&world, &service, "1.0.0");
    let route = service.load("words").unwrap();
    publish(&world, &service, "1.1.0");
    let options = || WatchOptions {
        notifications: false,
        ..WatchOptions::default()
    };
    let (tell, told) = channel();
    let watcher = service.watch(options(), move |event| {
        tell.send(event).unwrap();
        panic!("the host's own affair");
    });
    let watcher = watcher.unwrap();
    told.recv().unwrap();
    publish(&world, &service, "1.2.0");
    watcher.look();
    told.recv().unwrap();
    drop((service, route));
    assert_eq!(backend.counts().live, 0); // it keeps nothing loaded
    while !matches!(told.try_recv(), Err(TryRecvError::Disconnected)) {
        clock.advance(Duration::from_secs(30));
        thread::yield_now();
    }
    drop(watcher);
}

#[test]
fn a_watcher_hears_of_changes_in_the_folder() {
    let (world, backend) = (World::new(), summing());
    let service = world.service_with(
        &backend,
        Arc::new(SystemClock::default()),
        LoadSettings::default(),
    );
    publish(&world, &service, "1.0.0");
    let route = service.load("words@champion");
    assert_eq!(route.unwrap_err().kind(), ErrorKind::NotFound);
    let route = service.load("words").unwrap();
    publish(&world, &service, "1.1.0");
    let (tell, told) = channel();
    let options = WatchOptions {
        interval: Duration::from_secs(1_000_000),
        ..WatchOptions::default()
    };
    let watcher = service
        .watch(options, move |event| drop(tell.send(event)))
        .unwrap();
    told.recv().unwrap(); // it listens now, and has moved to what was there
    publish(&world, &world.service(&backend), "1.2.0");
    match told.recv().unwrap() {
        WatchEvent::Updated(updated) => assert_eq!(updated.moved[0].to.to_string(), "1.2.0"),
        other => panic!("{other:?}"),
    }
    drop(watcher);
    assert_eq!(route.version().to_string(), "1.2.0");
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let backend = Arc::new(summing());
    let builder = Service::builder().registry("").backend(backend.clone());
    let service = builder.build().unwrap();
    let error = service.watch(WatchOptions::default(), |_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let service = World::new().service(&backend);
    let options = WatchOptions {
        interval: Duration::ZERO,
        ..WatchOptions::default()
    };
    let error = service.watch(options, |_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}
