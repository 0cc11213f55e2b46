//! A handle that remembers what it has read is never behind: what was acknowledged before a call
//! began, the call sees, whoever changed it and however.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::model::{ModelName, Selector};
use amaas_core::registry::files::{Files, SimulatedFiles, SystemFiles};
use amaas_core::registry::{Notice, Registry};
use semver::Version;
use tempfile::TempDir;

use crate::support::{ANYWHERE, package};

const ROOT: &str = "AMAAS_TEST_FRESH_ROOT";
const VERSION: Version = Version::new(1, 0, 0);
/// Longer than a changed file counts as new; see `registry/files/system.rs`.
const SETTLED: Duration = Duration::from_millis(2_100);

fn name() -> ModelName {
    "ner".parse().unwrap()
}

fn open(files: &Arc<dyn Files>, root: &Path) -> Registry {
    Registry::open_on(Arc::clone(files), root, Arc::new(ManualClock::new())).unwrap()
}

/// A folder in memory where there is one, since nothing here is about lasting.
fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap())
}

/// The clock stands still, so the list goes back and forth between two states of equal length.
fn flip(registry: &Registry, round: usize) {
    let reason = ["a", "b"][round % 2];
    registry.yank(&name(), &VERSION, Some(reason)).unwrap();
}

fn assert_seen(registry: &Registry, round: usize) {
    let resolved = registry.resolve(&name(), &Selector::Exact(VERSION));
    let reasons: Vec<_> = resolved
        .unwrap()
        .notices
        .into_iter()
        .filter_map(|notice| match notice {
            Notice::Yanked(yanked) => yanked.reason,
            _ => None,
        })
        .collect();
    assert_eq!(reasons, [["a", "b"][round % 2]], "round {round}");
}

fn back_and_forth(files: &Arc<dyn Files>, root: &Path, rounds: usize) {
    let (writer, reader) = (open(files, root), open(files, root));
    writer.publish(&package("ner", "1.0.0")).unwrap();
    for round in 0..rounds {
        flip(&writer, round);
        (0..2).for_each(|_| assert_seen(&reader, round));
    }
}

#[test]
fn the_next_call_sees_what_another_handle_did() {
    let simulated: Arc<dyn Files> = Arc::new(SimulatedFiles::new());
    back_and_forth(&simulated, Path::new("/srv/models"), 3_000);
    let files: Arc<dyn Files> = Arc::new(SystemFiles);
    back_and_forth(&files, &folder().path().join("models"), 3_000);
    // Here the number of a file that is gone is given to the next one.
    back_and_forth(&files, &TempDir::new().unwrap().path().join("models"), 200);
}

#[test]
fn the_next_call_sees_what_another_process_did() {
    let home = folder();
    let root = home.path().join("models");
    let files: Arc<dyn Files> = Arc::new(SystemFiles);
    let reader = open(&files, &root);
    reader.publish(&package("ner", "1.0.0")).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "fresh::flipping_child",
            "--ignored",
            "--nocapture",
        ])
        .env(ROOT, &root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ask = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for round in 0..2_000 {
        writeln!(ask, "{round}").unwrap();
        let done = format!("done {round}");
        while !answers.next().unwrap().unwrap().ends_with(&done) {}
        assert_seen(&reader, round);
    }
    drop(ask);
    answers.for_each(drop);
    assert!(child.wait().unwrap().success());
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn flipping_child() {
    let files: Arc<dyn Files> = Arc::new(SystemFiles);
    let registry = open(&files, &PathBuf::from(std::env::var_os(ROOT).unwrap()));
    for line in std::io::stdin().lines() {
        let round: usize = line.unwrap().parse().unwrap();
        flip(&registry, round);
        println!("done {round}");
    }
}

/// Once a list is old enough to be relied on, it is not read again; what replaces it, or writes
/// into it, is seen at once.
#[test]
fn a_list_that_is_relied_on_is_given_up_at_the_first_change() {
    let home = TempDir::new().unwrap();
    let root = home.path().join("models");
    let files: Arc<dyn Files> = Arc::new(SystemFiles);
    let (writer, reader) = (open(&files, &root), open(&files, &root));
    writer.publish(&package("ner", "1.0.0")).unwrap();
    flip(&writer, 0);
    let index = root.join("index.json");
    let first = fs::read(&index).unwrap();
    flip(&writer, 1);
    std::thread::sleep(SETTLED); // for the file to grow old: nobody is waited for
    (0..2).for_each(|_| assert_seen(&reader, 1));
    flip(&writer, 2);
    (0..2).for_each(|_| assert_seen(&reader, 2));
    flip(&writer, 3);
    std::thread::sleep(SETTLED);
    (0..2).for_each(|_| assert_seen(&reader, 3));
    assert_eq!(fs::metadata(&index).unwrap().len(), first.len() as u64);
    fs::write(&index, first).unwrap();
    (0..2).for_each(|_| assert_seen(&reader, 0));
}

/// What is remembered is by digest, and a list that lies about it is refused as before.
#[test]
fn a_list_that_lies_about_what_is_remembered_is_refused() {
    let home = folder();
    let root = home.path().join("models");
    let files: Arc<dyn Files> = Arc::new(SystemFiles);
    let registry = open(&files, &root);
    registry.publish(&package("ner", "1.0.0")).unwrap();
    let good = fs::read_to_string(root.join("index.json")).unwrap();
    let any = "*".parse().unwrap();
    let found = registry.resolve(&name(), &any).unwrap();
    for (from, to) in [("\"size\":", "\"size\":1"), ("\"ner\"", "\"other\"")] {
        let lie = good.replacen(from, to, 1);
        assert_ne!(lie, good);
        fs::write(root.join("index.json"), lie).unwrap();
        for name in ["ner", "other"] {
            assert!(
                registry.resolve(&name.parse().unwrap(), &any).is_err(),
                "{to}"
            );
        }
        fs::write(root.join("index.json"), &good).unwrap();
        assert_eq!(registry.resolve(&name(), &any).unwrap(), found);
    }
}

#[test]
fn clones_see_alike() {
    let files: Arc<dyn Files> = Arc::new(SimulatedFiles::new());
    let registry = open(&files, Path::new("/srv/models"));
    let clone = registry.clone();
    for minor in 0..30 {
        let version = Version::new(1, minor, 0);
        registry
            .publish(&package("ner", &version.to_string()))
            .unwrap();
        let alias = "champion".parse().unwrap();
        registry
            .set_alias(&name(), &alias, &version, &ANYWHERE)
            .unwrap();
        for handle in [&registry, &clone] {
            for selector in ["*", "^1", "champion"] {
                let resolved = handle.resolve(&name(), &selector.parse().unwrap());
                assert_eq!(resolved.unwrap().version, version, "{selector}");
            }
        }
    }
}
