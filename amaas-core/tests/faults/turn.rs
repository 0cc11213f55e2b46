//! One operation, with each fault at each of its calls in turn, and what must hold afterwards.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use amaas_core::model::{Digest, Selector, Signature};
use amaas_core::registry::{ModelEntry, Registry};
use amaas_core::{ErrorKind, Result};
use tempfile::TempDir;

use crate::operations::{Operation, clean_up};
use crate::packages::{package, soaks};
use crate::trace::{self, Fault};

const FAULTS: [Fault; 3] = [Fault::Kill, Fault::Full, Fault::Broken];
/// How long whoever comes next may wait for a registry in which somebody was cut off.
const SOON: Duration = Duration::from_millis(100);
/// A machine that does something else at that moment gets another try at the same state.
const TRIES: usize = 5;

/// What a registry says it holds, times aside.
type State = Vec<Model>;
type Model = (String, Vec<Version>, Vec<(String, String)>);
/// The number, the address, whether it was yanked, and what it takes and gives.
type Version = (String, Digest, bool, Option<Signature>);

/// What came of all faults of an operation.
pub(crate) struct Turn {
    /// How many calls each fault took the place of: a kill of each, and a refusal of each in one of
    /// the two ways, unless there is time for both.
    pub(crate) hits: [usize; 3],
    /// The longest that it took to open the registry afterwards and to ask it for a version.
    pub(crate) slowest: Duration,
}

pub(crate) fn run(operation: &Operation, seed: usize) -> Turn {
    let home = in_memory();
    let (before, root) = (home.path().join("before"), home.path().join("models"));
    (operation.prepare)(&before).unwrap();
    copy(&before, &root);
    let calls = trace::run(operation.name, &root, None).calls();
    let old = if before.exists() {
        state(&before).unwrap()
    } else {
        State::new()
    };
    let states = [old, state(&root).unwrap()];
    let mut slowest = Duration::ZERO;
    let hits = FAULTS.map(|fault| {
        let mut hits = 0;
        let due = calls.iter().enumerate().filter(|(place, _)| match fault {
            _ if soaks() => true,
            Fault::Kill => true,
            Fault::Full => (place + seed).is_multiple_of(2),
            Fault::Broken => !(place + seed).is_multiple_of(2),
        });
        for (_, call) in due {
            let _none_yet = fs::remove_dir_all(&root);
            copy(&before, &root);
            let ended = trace::run(operation.name, &root, Some((fault, call)));
            let place = format!("{fault:?} at {call:?} of {}", operation.name);
            assert!(ended.was_hit(), "{place} did not happen");
            let answer = ended.answer.as_deref();
            assert!(is_right(fault, answer), "{place}: {answer:?}");
            let took = first_look(&root, &home.path().join("look"));
            assert!(took < SOON, "{place}: the next open took {took:?}");
            slowest = slowest.max(took);
            check(operation, &root, &states, answer).unwrap_or_else(|error| {
                panic!("{place}: {}", error.report());
            });
            hits += 1;
        }
        hits
    });
    Turn { hits, slowest }
}

/// How long the next process takes to open the registry and to get an answer from it. It looks at a
/// copy each time, since opening may put something right.
fn first_look(root: &Path, copied: &Path) -> Duration {
    let looks = (0..TRIES).map(|_| {
        let _none_yet = fs::remove_dir_all(copied);
        copy(root, copied);
        let (name, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
        let began = Instant::now();
        let resolved = Registry::open(copied).and_then(|opened| opened.resolve(&name, &any));
        let took = began.elapsed();
        let is_none_there = |error: &amaas_core::Error| error.kind() == ErrorKind::NotFound;
        assert!(
            resolved.as_ref().err().is_none_or(is_none_there),
            "{resolved:?}"
        );
        took
    });
    let mut fastest = Duration::MAX;
    for took in looks {
        fastest = fastest.min(took);
        if fastest < SOON {
            break;
        }
    }
    fastest
}

/// Power is not cut here, so nothing is gained by waiting for a disk.
fn in_memory() -> TempDir {
    TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap())
}

fn is_right(fault: Fault, answer: Option<&str>) -> bool {
    match fault {
        Fault::Kill => answer.is_none(),
        Fault::Full | Fault::Broken => matches!(answer, Some("done" | "refused")),
    }
}

/// The old state or the new one; the same again works, then something else, and then a clean-up.
fn check(
    operation: &Operation,
    root: &Path,
    states: &[State; 2],
    answer: Option<&str>,
) -> Result<()> {
    let [_, new] = states;
    let found = state(root)?;
    assert!(states.contains(&found), "neither old nor new: {found:?}");
    assert!(
        answer != Some("done") || found == *new,
        "said to be done, and is not"
    );
    (operation.run)(root)?;
    assert_eq!(state(root)?, *new);
    new.iter().for_each(|model| has_layout(root, model));
    let registry = Registry::open(root)?;
    registry.publish(&package("another", "1.0.0"))?;
    no_orphans(&registry)
}

/// After a clean-up nothing is there that no version needs.
fn no_orphans(registry: &Registry) -> Result<()> {
    clean_up(registry)?;
    let count = |folder| fs::read_dir(registry.root().join(folder)).unwrap().count();
    assert_eq!(count("temporary"), 0, "something was left behind");
    let checked = registry.verify(&mut |_| ())?;
    assert_eq!(count("blobs/sha256") as u64, checked.blobs);
    assert_eq!(count("models"), registry.models()?.len());
    Ok(())
}

/// The layout for other tools may be one step behind after a fault, and no longer.
fn has_layout(root: &Path, (name, versions, aliases): &Model) {
    let folder = root.join("models").join(name);
    let index = fs::read(folder.join("index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    let tags = index["manifests"].as_array().unwrap().len();
    assert_eq!(tags, versions.len() + aliases.len());
    assert!(folder.join("blobs/sha256").is_dir());
}

/// What is there, every version of it verified.
fn state(root: &Path) -> Result<State> {
    let registry = Registry::open(root)?;
    let models = registry.models()?;
    for version in models.iter().flat_map(|model| &model.versions) {
        registry.package(&version.digest)?;
    }
    let described = models.iter().map(|model| describe(&registry, model));
    described.collect()
}

fn describe(registry: &Registry, model: &ModelEntry) -> Result<Model> {
    let versions = model.versions.iter().map(|one| {
        let exact = Selector::Exact(one.version.clone());
        let signature = registry.signature(&model.name, &exact)?;
        let (number, is_yanked) = (one.version.to_string(), one.yanked.is_some());
        Ok((number, one.digest, is_yanked, signature))
    });
    let aliases = model
        .aliases
        .iter()
        .map(|one| (one.alias.to_string(), one.version.to_string()));
    Ok((
        model.name.to_string(),
        versions.collect::<Result<_>>()?,
        aliases.collect(),
    ))
}

fn copy(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else {
        return;
    };
    fs::create_dir(to).unwrap();
    for entry in entries.map(Result::<_, _>::unwrap) {
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
