//! Panics in code of the host's that amaas calls: whoever panics pays, and the next call is served.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use amaas_core::clock::SystemClock;
use amaas_core::model::Graph;
use amaas_core::runtime::{Backend, DeviceInfo, Instance, LoadOptions, Stop};
use amaas_core::{Call, ErrorKind, Result, Service};

use super::pool::until;
use super::support::{World, summing};

#[test]
fn an_engine_that_panics_while_it_loads_costs_that_load() {
    let world = World::new();
    let engine = Arc::new(Engine {
        inner: Arc::new(summing()),
        panics: AtomicBool::new(false),
    });
    let builder = Service::builder().clock(Arc::new(SystemClock::default()));
    let service = builder.backend(engine.clone()).build().unwrap();
    let path = world.package("1.0.0", "", "");
    let path = path.to_str().unwrap();
    let route = service.load(path).unwrap();
    engine.panics.store(true, Ordering::Relaxed);
    world.package("1.0.0", "", "[batching]\nmax_rows = 3");
    assert!(catch_unwind(AssertUnwindSafe(|| route.update())).is_err());
    route.classify(&["a"]).unwrap();
    assert!(route.update().unwrap());
    route.classify(&["a"]).unwrap();
}

#[test]
fn progress_that_panics_leaves_a_registry_that_works() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let registry = service.registry().unwrap();
    let verify = || registry.verify(&mut |_| resume_unwind(Box::new("a bar that panics")));
    assert!(catch_unwind(AssertUnwindSafe(verify)).is_err());
    service.publish(world.package("1.1.0", "", "")).unwrap();
    assert!(registry.verify(&mut |_| ()).unwrap().damaged.is_empty());
}

#[test]
fn an_action_that_panics_keeps_no_call_from_being_cancelled() {
    let (world, backend) = (World::new(), summing());
    let route = world.service(&backend);
    let route = route.load(world.package("1.0.0", "", "").to_str().unwrap());
    let route = route.unwrap();
    let stop = Stop::new();
    let _guard = stop.on_raise(|| resume_unwind(Box::new("an action that panics")));
    let gate = backend.hold();
    let calls = [(); 2].map(|()| {
        let (route, stop) = (route.clone(), stop.clone());
        let call = Call {
            stop: Some(stop),
            ..Call::default()
        };
        let options = amaas_core::ClassifyOptions {
            call,
            ..Default::default()
        };
        thread::spawn(move || route.classify_with(&["a"], &options).map(drop))
    });
    backend.wait_for_held(1);
    until(|| route.lease().waiting() == 1);
    stop.raise();
    for call in calls {
        let error = call.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
    drop(gate);
    route.classify(&["a"]).unwrap();
}

/// An engine that panics at the next load when told to.
#[derive(Debug)]
struct Engine {
    inner: Arc<dyn Backend>,
    panics: AtomicBool,
}

impl Backend for Engine {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        self.inner.devices()
    }

    fn load(&self, graph: &Graph, options: &LoadOptions) -> Result<Box<dyn Instance>> {
        if self.panics.swap(false, Ordering::Relaxed) {
            resume_unwind(Box::new("an engine that panics"));
        }
        self.inner.load(graph, options)
    }
}
