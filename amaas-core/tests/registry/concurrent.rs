//! Several writers and readers at once: threads, and a second process.

use std::fs::File;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use amaas_core::ErrorKind;
use amaas_core::model::{AliasName, ModelName, Selector};
use amaas_core::registry::{GcOptions, Guard, Registry};
use semver::Version;

use crate::support::{ANYWHERE, Home, guarded, package, say, soaks};

const ROOT: &str = "AMAAS_TEST_REGISTRY";
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn of_two_who_compare_and_set_one_wins() {
    let home = Home::new();
    let (name, alias): (ModelName, AliasName) =
        ("ner".parse().unwrap(), "champion".parse().unwrap());
    let versions: Vec<Version> = (0..=8).map(|minor| Version::new(1, minor, 0)).collect();
    versions
        .iter()
        .for_each(|version| home.publish("ner", &version.to_string()));
    home.registry
        .set_alias(&name, &alias, &versions[0], &ANYWHERE)
        .unwrap();
    for step in versions.windows(2) {
        let wins = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let options = guarded(Guard::At(&step[0]));
                    match home.registry.set_alias(&name, &alias, &step[1], &options) {
                        Ok(()) => drop(wins.fetch_add(1, Ordering::Relaxed)),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::AliasConflict),
                    }
                });
            }
        });
        assert_eq!(wins.into_inner(), 1);
    }
    assert_eq!(
        home.registry.alias_history(&name, &alias).unwrap().len(),
        versions.len()
    );
}

#[test]
fn two_processes_lose_nothing() {
    let home = Home::new();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "concurrent::child", "--ignored", "--quiet"])
        .env(ROOT, home.registry.root())
        .spawn();
    (0..10).for_each(|patch| home.publish("ner", &format!("1.0.{patch}")));
    assert!(child.unwrap().wait().unwrap().success());
    let models = home.registry.models().unwrap();
    let counts: Vec<_> = models.iter().map(|model| model.versions.len()).collect();
    assert_eq!(counts, [10, 20]);
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn child() {
    let registry = Registry::open(std::env::var_os(ROOT).unwrap()).unwrap();
    for patch in 0..10 {
        registry
            .publish(&package("ner", &format!("2.0.{patch}")))
            .unwrap();
        registry
            .publish(&package("another", &format!("1.0.{patch}")))
            .unwrap();
    }
}

#[test]
fn a_reader_sees_whole_states_only() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let name: ModelName = "ner".parse().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            let mut last = Version::new(0, 0, 0);
            while !done.load(Ordering::Relaxed) || reads == 0 {
                let resolved = home.registry.resolve(&name, &"*".parse().unwrap()).unwrap();
                assert!(resolved.version >= last);
                let package = home.registry.package(&resolved.digest).unwrap();
                assert_eq!(package.manifest.package.version, resolved.version);
                last = resolved.version;
                reads += 1;
            }
            reads
        });
        (1..20).for_each(|minor| home.publish("ner", &format!("1.{minor}.0")));
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
}

/// A writer may hold the lock for as long as it likes: whoever reads does not ask for it.
#[test]
fn readers_wait_for_no_writer() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let (name, any): (ModelName, Selector) = ("ner".parse().unwrap(), "*".parse().unwrap());
    let (path, (tell, told)) = (home.registry.root().join("lock"), mpsc::channel());
    let (home, name, any) = (&home, &name, &any);
    thread::scope(|scope| {
        let lock = File::options().write(true).open(path).unwrap();
        lock.lock().unwrap();
        let writer = scope.spawn(|| home.publish("ner", "1.1.0"));
        scope.spawn(move || {
            // Through the handle that knows the list, and through one that knows nothing.
            for registry in [
                home.registry.clone(),
                Registry::open(home.registry.root()).unwrap(),
            ] {
                let resolved = registry.resolve(name, any).unwrap();
                let package = registry.package(&resolved.digest).unwrap();
                let models = registry.models().unwrap();
                let all_there = registry.verify(&mut |_| ()).unwrap().is_good();
                tell.send((package.digest, models[0].versions.len(), all_there))
                    .unwrap();
            }
        });
        for _ in 0..2 {
            let seen = told.recv_timeout(PATIENCE);
            let expected = (package("ner", "1.0.0").digest, 1, true);
            assert_eq!(seen.expect("a reader waits for the lock"), expected);
        }
        assert!(!writer.is_finished(), "the lock is another one");
        lock.unlock().unwrap();
    });
    assert_eq!(home.registry.model(name).unwrap().versions.len(), 2);
}

#[test]
fn many_may_create_one_registry() {
    let home = Home::new();
    let root = home.folder.path().join("new");
    thread::scope(|scope| {
        for patch in 0..4 {
            let root = &root;
            scope.spawn(move || {
                let registry = Registry::open(root).unwrap();
                registry
                    .publish(&package("ner", &format!("1.0.{patch}")))
                    .unwrap();
            });
        }
    });
    let registry = Registry::open(&root).unwrap();
    assert_eq!(
        registry
            .model(&"ner".parse().unwrap())
            .unwrap()
            .versions
            .len(),
        4
    );
}

/// Publishes, deletes and cleans up at once with no grace at all; whoever reads meanwhile gets
/// whole packages.
fn churn(registry: &Registry, name: &str, major: u64) {
    let model: ModelName = name.parse().unwrap();
    for patch in 0..15 {
        let version = Version::new(major, 0, patch);
        registry
            .publish(&package(name, &version.to_string()))
            .unwrap();
        if patch > 0 {
            registry
                .delete(&model, &Version::new(major, 0, patch - 1))
                .unwrap();
        }
    }
}

const AT_ONCE: GcOptions = GcOptions {
    grace: Duration::ZERO,
    dry_run: false,
};

/// Loads everything that is listed; how much that was.
fn read_all(registry: &Registry) -> usize {
    let mut read = 0;
    for model in registry.models().unwrap() {
        for entry in model.versions {
            match registry.package(&entry.digest) {
                Ok(package) => assert_eq!(package.manifest.package.version, entry.version),
                Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{}", error.report()),
            }
            read += 1;
        }
    }
    read
}

#[test]
fn clean_up_breaks_nothing_that_is_published_or_read_meanwhile() {
    let rounds = if soaks() { 10 } else { 1 };
    let read: usize = (0..rounds).map(|_| publish_read_and_clean_up()).sum();
    say(&format!(
        "{rounds} rounds of publishers and clean-ups at once, packages read whole: {read}"
    ));
}

/// How many packages were read meanwhile.
fn publish_read_and_clean_up() -> usize {
    let home = Home::new();
    home.publish("kept", "1.0.0");
    let registry = &home.registry;
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "concurrent::churning_child",
            "--ignored",
            "--quiet",
        ])
        .env(ROOT, registry.root())
        .spawn();
    let writing = AtomicUsize::new(2);
    let read = thread::scope(|scope| {
        for major in [1, 2] {
            let writing = &writing;
            scope.spawn(move || {
                churn(registry, "shared", major);
                writing.fetch_sub(1, Ordering::Relaxed);
            });
        }
        scope.spawn(|| {
            while writing.load(Ordering::Relaxed) > 0 {
                registry.gc(&AT_ONCE).unwrap();
            }
        });
        let reader = scope.spawn(|| {
            let mut read = 0;
            while writing.load(Ordering::Relaxed) > 0 || read == 0 {
                read += read_all(registry);
            }
            read
        });
        reader.join().unwrap()
    });
    assert!(child.unwrap().wait().unwrap().success());
    registry.gc(&AT_ONCE).unwrap();
    let report = registry.verify(&mut |_| ()).unwrap();
    assert!(report.is_good(), "{report:?}");
    assert_eq!(report.versions.len(), 4);
    assert_eq!(
        registry.statistics().unwrap().blobs,
        registry.gc(&AT_ONCE).unwrap().kept
    );
    read
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn churning_child() {
    let registry = Registry::open(std::env::var_os(ROOT).unwrap()).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| churn(&registry, "shared", 3));
        for _ in 0..15 {
            registry.gc(&AT_ONCE).unwrap();
            read_all(&registry);
        }
    });
}
