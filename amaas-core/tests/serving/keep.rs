//! Checking what is stored, what is recorded of it, and what the log says of a withdrawn version.

use std::fs;
use std::sync::{Arc, Mutex};

use amaas_core::ErrorKind;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::support::{World, signature, summing};

const GOLDEN: &str = r#"
    [[golden]]
    text = "a b"
    expect = [{ label = "yes", score = 3.0 }]
"#;

#[test]
fn publish_records_the_signature() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let registry = service.registry().unwrap();
    let found = registry.signature(&"words".parse().unwrap(), &"^1".parse().unwrap());
    assert_eq!(found.unwrap(), Some(signature()));
}

#[test]
fn a_check_runs_golden_examples_and_stops_at_nothing() {
    let world = World::new();
    let (good, bad) = (summing(), summing().computing(|_| Err(failed())));
    let service = world.service(&good);
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        service.publish(world.package(version, "", GOLDEN)).unwrap();
    }
    let mut steps = 0;
    let checked = service.verify_all(&mut |_| steps += 1).unwrap();
    assert!(checked.is_good() && steps > 0);
    assert!(checked.versions.iter().all(|one| one.golden == 1));
    let one = service.verify("words@^1").unwrap();
    assert_eq!(
        (one.version.to_string(), one.golden),
        ("1.2.0".to_owned(), 1)
    );
    assert!(one.error.is_none());
    let path = world.package("1.0.0", "", GOLDEN);
    let one = service.verify(path.to_str().unwrap()).unwrap();
    assert!(one.error.is_none() && one.digest == checked.versions[0].digest);
    let error = service.verify("nobody").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);

    // A runtime that answers otherwise, and a manifest that is gone.
    let registry = service.registry().unwrap();
    let blobs = registry.root().join("blobs/sha256");
    fs::remove_file(blobs.join(checked.versions[1].digest.hex())).unwrap();
    let checked = world.service(&bad).verify_all(&mut |_| ()).unwrap();
    assert!(!checked.is_good());
    assert_eq!(checked.store.damaged.len(), 1);
    let kinds = checked
        .versions
        .iter()
        .map(|one| one.error.as_ref().unwrap().kind());
    let (failed, corrupt) = (ErrorKind::InferenceFailed, ErrorKind::Corrupt);
    assert_eq!(kinds.collect::<Vec<_>>(), [failed, corrupt, failed]);
    assert_eq!(bad.counts().live, 0);
}

fn failed() -> amaas_core::Error {
    amaas_core::Error::new(ErrorKind::InferenceFailed, "no")
}

#[test]
fn a_service_that_loads_a_withdrawn_version_says_so_once() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let registry = service.registry().unwrap();
    let (name, version) = ("words".parse().unwrap(), "1.0.0".parse().unwrap());
    registry.yank(&name, &version, Some("too slow")).unwrap();
    let heard = Notices::default();
    tracing::subscriber::with_default(heard.clone(), || {
        assert_eq!(
            service.load("words").unwrap_err().kind(),
            ErrorKind::NotFound
        );
        let route = service.load("words@1.0.0").unwrap();
        let _second = service.load("words@1.0.0").unwrap();
        route.update().unwrap();
    });
    let heard = heard.0.lock().unwrap();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("yanked at") && heard[0].contains("too slow"));
}

/// Collects what events say in their field `notice`.
#[derive(Clone, Default)]
struct Notices(Arc<Mutex<Vec<String>>>);

impl Visit for Notices {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "notice" {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}

impl Subscriber for Notices {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
