//! What the log says of a withdrawn version. In a process of its own: whether an event is wanted is
//! remembered by where it is raised, and other tests raise it where nobody listens.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[path = "serving/support.rs"]
mod support;

use std::sync::{Arc, Mutex};

use amaas_core::ErrorKind;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use support::{World, summing};

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
