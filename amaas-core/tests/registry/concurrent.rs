//! Several writers and readers at once: threads, and a second process.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use amaas_core::model::{AliasName, ModelName};
use amaas_core::registry::{Guard, Registry};
use semver::Version;

use crate::support::{ANYWHERE, Home, guarded, package};

const ROOT: &str = "AMAAS_TEST_REGISTRY";

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
                    let set = home.registry.set_alias(&name, &alias, &step[1], &options);
                    wins.fetch_add(usize::from(set.is_ok()), Ordering::Relaxed);
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
