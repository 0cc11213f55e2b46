//! A service that follows a remote: what appears there is pulled and served.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::model::{Dimension, Port, Signature};
use amaas_core::registry::Registry;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::service::{Updated, WatchEvent, WatchOptions};
use amaas_core::{Dtype, ErrorKind, Service};
use serde_json::json;

use crate::packages::Home;
use crate::script::{Reply, Request, Script};
use crate::site::Site;
use crate::support::{noise, remote};

const VERSIONS: [&str; 2] = ["1.0.0", "1.1.0"];
/// The remote cannot be reached.
const DOWN: usize = usize::MAX;

/// `acme/ner` with as many of the versions as `shown` says; the alias `live` is the last of them.
fn growing(shown: &Arc<AtomicUsize>) -> Script {
    let sites = [1, 2].map(|seed| Site::of_version(VERSIONS[seed - 1], &noise(3000, seed as u64)));
    let shown = Arc::clone(shown);
    Script::new(move |request: &Request| {
        let shown = shown.load(Ordering::SeqCst);
        if shown == DOWN {
            return Reply::status(503);
        }
        if request.path.starts_with("/v2/acme/ner/tags/list") {
            let tags: Vec<_> = VERSIONS[..shown].iter().chain(["live"].iter()).collect();
            return Reply::body(json!({"name": "acme/ner", "tags": tags}).to_string());
        }
        let mut request = request.clone();
        request.path = request.path.replace(
            "/manifests/live",
            &format!("/manifests/{}", VERSIONS[shown - 1]),
        );
        let answers = sites[..shown].iter().map(|site| site.answer(&request));
        let mut answers = answers.skip_while(|answer| matches!(answer, Reply::Good(404, ..)));
        answers.next().unwrap_or_else(|| Reply::status(404))
    })
}

fn service(home: &Home) -> Service {
    let port = |name| Port::tensor(name, Dtype::Float32, [Dimension::named("batch")]);
    let signature = Signature {
        inputs: vec![port("x")],
        outputs: vec![port("y")],
    };
    let builder = Service::builder().registry(home.registry.root());
    let builder = builder.backend(Arc::new(FakeBackend::new(signature)));
    builder.clock(Arc::new(ManualClock::new())).build().unwrap()
}

fn quietly() -> WatchOptions {
    WatchOptions {
        notifications: false,
        ..WatchOptions::default()
    }
}

/// What the watcher tells next.
fn next(told: &mpsc::Receiver<WatchEvent>) -> Updated {
    match told.recv_timeout(Duration::from_secs(60)).unwrap() {
        WatchEvent::Updated(updated) => updated,
        other => unreachable!("{other:?}"),
    }
}

fn has(registry: &Registry, version: &str) -> bool {
    let selector = version.parse().unwrap();
    registry.resolve(&"ner".parse().unwrap(), &selector).is_ok()
}

#[test]
fn what_appears_on_the_remote_is_pulled_and_served() {
    let (home, shown) = (Home::new(), Arc::new(AtomicUsize::new(1)));
    let script = growing(&shown);
    let remote = remote(script.port);
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    remote.pull(&home.registry, &ner, &any).unwrap();
    let live = "live".parse().unwrap();
    let version = "1.0.0".parse().unwrap();
    home.registry
        .set_alias(&ner, &live, &version, &Default::default())
        .unwrap();

    let service = service(&home);
    let routes = ["ner@^1", "ner@live"].map(|reference| service.load(reference).unwrap());
    let (tell, told) = mpsc::channel();
    let tell = move |event| drop(tell.send(event));
    let watcher = service.watch_remote(remote, quietly(), tell).unwrap();

    assert!(!has(&home.registry, "1.1.0"));
    shown.store(2, Ordering::SeqCst);
    watcher.look();
    let updated = next(&told);
    assert!(updated.failed.is_empty(), "{updated:?}");
    assert_eq!(updated.moved.len(), 2, "by its range, and by its alias");
    for route in &routes {
        assert_eq!(route.version().to_string(), "1.1.0");
    }

    shown.store(DOWN, Ordering::SeqCst);
    watcher.look();
    let failed = next(&told).failed;
    let kinds: Vec<_> = failed.iter().map(|unmoved| unmoved.error.kind()).collect();
    assert_eq!(kinds, [ErrorKind::RemoteUnavailable; 2]);
    assert_eq!(
        routes[0].version().to_string(),
        "1.1.0",
        "it goes on serving"
    );
}

#[test]
fn what_the_remote_does_not_have_is_the_registrys_own() {
    let (home, shown) = (Home::new(), Arc::new(AtomicUsize::new(1)));
    let script = growing(&shown);
    home.publish("own", "1.0.0");
    let service = service(&home);
    let own = service.load("own@^1").unwrap();
    let (tell, told) = mpsc::channel();
    let tell = move |event| drop(tell.send(event));
    let watcher = service
        .watch_remote(remote(script.port), quietly(), tell)
        .unwrap();
    home.publish("own", "1.1.0");
    watcher.look();
    let updated = next(&told);
    assert!(updated.failed.is_empty(), "{updated:?}");
    assert_eq!(own.version().to_string(), "1.1.0");
}
