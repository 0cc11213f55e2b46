//! Pulls, publishes, deletions and clean-ups of one store at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use amaas_core::registry::{GcOptions, Registry};
use amaas_core::{ErrorKind, Result};
use semver::Version;

use crate::packages::{Home, package, say, soaks};
use crate::site::Site;
use crate::support::{partials, remote};

const TIMES: u64 = 15;
const AT_ONCE: GcOptions = GcOptions {
    grace: Duration::ZERO,
    dry_run: false,
};

#[test]
fn clean_up_breaks_no_pull() {
    let port = Site::new().serve().port;
    let rounds = if soaks() { 10 } else { 1 };
    let pulled: usize = (0..rounds).map(|_| round(port)).sum();
    say(&format!(
        "{rounds} rounds of pulls, publishers and clean-ups at once, pulls: {pulled}"
    ));
}

/// Counted until it is dropped, in a panic too.
struct Working<'a>(&'a AtomicUsize);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many pulls came to their end; the others gave up, since what they brought was removed
/// again and again.
fn round(port: u16) -> usize {
    let home = Home::new();
    let registry = &home.registry;
    let working = AtomicUsize::new(3);
    let pull = || {
        let _ended = Working(&working);
        pull_and_delete(registry, port)
    };
    let pulled = thread::scope(|scope| {
        let pullers = [scope.spawn(pull), scope.spawn(pull)];
        scope.spawn(|| {
            let _ended = Working(&working);
            publish_and_delete(registry);
        });
        scope.spawn(|| {
            while working.load(Ordering::Relaxed) > 0 {
                registry.gc(&AT_ONCE).unwrap();
                read_all(registry);
            }
        });
        pullers.map(|puller| puller.join().unwrap()).iter().sum()
    });
    let (name, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    remote(port).pull(registry, &name, &any).unwrap();
    let kept = registry.gc(&AT_ONCE).unwrap().kept;
    let checked = registry.verify(&mut |_| ()).unwrap();
    assert!(checked.is_good(), "{checked:?}");
    assert_eq!((checked.blobs, checked.versions.len()), (kept, 2));
    assert!(partials(registry).is_empty());
    pulled
}

fn pull_and_delete(registry: &Registry, port: u16) -> usize {
    let (name, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    let mut pulled = 0;
    for _ in 0..TIMES {
        match remote(port).pull(registry, &name, &any) {
            Ok(found) => {
                is_there_unless(registry.package(&found.digest), ErrorKind::NotFound);
                pulled += 1;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{}", error.report()),
        }
        let deleted = registry.delete(&name, &Version::new(1, 0, 0));
        is_there_unless(deleted, ErrorKind::NotFound);
    }
    pulled
}

/// What is listed is whole, or was deleted since.
fn read_all(registry: &Registry) {
    let models = registry.models().unwrap();
    for version in models.iter().flat_map(|model| &model.versions) {
        is_there_unless(registry.package(&version.digest), ErrorKind::NotFound);
    }
}

/// Somebody else may have deleted it.
fn is_there_unless<T>(answer: Result<T>, kind: ErrorKind) {
    if let Err(error) = answer {
        assert_eq!(error.kind(), kind, "{}", error.report());
    }
}

/// What shares blobs with what is pulled.
fn publish_and_delete(registry: &Registry) {
    let name = "another".parse().unwrap();
    for patch in 0..TIMES {
        let version = format!("1.0.{patch}");
        registry.publish(&package("another", &version)).unwrap();
        if patch > 0 {
            let before = Version::new(1, 0, patch - 1);
            registry.delete(&name, &before).unwrap();
        }
    }
}
