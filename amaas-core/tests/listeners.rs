//! Listeners of the log are the host's code: they may panic, and they may call. In a process and a
//! test of its own, for the reason that `notices.rs` gives.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[path = "serving/support.rs"]
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, OnceLock};

use amaas_core::{Route, Service};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use support::{World, summing};

#[test]
fn a_listener_may_panic_and_may_call() {
    one_that_panics_at_a_swap_leaves_a_route_that_serves();
    one_may_use_the_route_that_it_hears_of();
}

fn one_that_panics_at_a_swap_leaves_a_route_that_serves() {
    let (world, backend) = (World::new(), summing());
    let (service, route) = two_versions(&world, &world.service(&backend));
    let listens = Listener(Arc::new(|| {
        resume_unwind(Box::new("a listener that panics"))
    }));
    let update = || tracing::subscriber::with_default(listens.clone(), || route.update());
    assert!(catch_unwind(AssertUnwindSafe(update)).is_err());
    route.classify(&["a"]).unwrap();
    service.load("words").unwrap().classify(&["a"]).unwrap();
    route.update().unwrap();
    assert_eq!(route.version().to_string(), "1.1.0");
}

fn one_may_use_the_route_that_it_hears_of() {
    let (world, backend) = (World::new(), summing());
    let (_, route) = two_versions(&world, &world.service(&backend));
    let heard = Arc::new(OnceLock::new());
    let (asked, says) = (route.clone(), Arc::clone(&heard));
    let listens = Listener(Arc::new(move || {
        asked.classify(&["a"]).unwrap();
        says.set(asked.version().to_string()).unwrap();
    }));
    tracing::subscriber::with_default(listens, || route.update()).unwrap();
    assert_eq!(heard.get().unwrap(), "1.1.0");
}

/// A route that answers with the older of two versions.
fn two_versions(world: &World, service: &Service) -> (Service, Route) {
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    service.publish(world.package("1.1.0", "", "")).unwrap();
    (service.clone(), route)
}

/// Does something when a route has moved.
#[derive(Clone)]
struct Listener(Arc<dyn Fn() + Send + Sync>);

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let swapped = event
            .metadata()
            .fields()
            .iter()
            .any(|field| field.name() == "from");
        if swapped {
            (self.0)();
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
