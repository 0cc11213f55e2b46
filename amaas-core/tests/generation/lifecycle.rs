//! Texts and what happens to their version and their tenant meanwhile.

use amaas_core::usage::{Quota, Quotas};
use amaas_core::{Call, ErrorKind, GenerateOptions};

use crate::fake::{World, adder};

fn by(tenant: &str, count: usize) -> GenerateOptions {
    GenerateOptions {
        max_new_tokens: Some(count),
        call: Call {
            tenant: Some(tenant.into()),
            ..Call::default()
        },
        ..GenerateOptions::default()
    }
}

#[test]
fn a_text_ends_on_the_version_it_began_with() {
    let backend = adder(false);
    let world = World::new("growing", "1.0.0");
    let registry = world.folder().join("registry");
    let (service, _) = world.load_with(&backend, |builder| builder.registry(&registry));
    let publish = |version: &str| {
        let folder = world.package("growing", version);
        service.publish(std::path::Path::new(&folder)).unwrap();
    };
    publish("1.0.0");
    let route = service.load("adder@^1").unwrap();
    let mut stream = route.stream_generate("a", &by("acme", 40)).unwrap();
    assert_eq!(stream.next().unwrap().unwrap(), "a");
    publish("1.1.0");
    assert!(route.update().unwrap());
    let live = backend.counts().live;
    let whole = stream.wait().unwrap();
    assert_eq!(whole.usage.version.to_string(), "1.0.0");
    let after = route.generate_with(&["a"], &by("acme", 2)).unwrap();
    assert_eq!(after.usage.version.to_string(), "1.1.0");
    assert!(live >= 2);
}

#[test]
fn a_quota_ends_a_text_in_its_middle() {
    let quota = Quota {
        tokens_per_second: Some(8.0),
        ..Quota::default()
    };
    let world = World::new("growing", "1.0.0");
    let quotas = Quotas::default().with("acme", quota);
    let (service, route) = world.load_with(&adder(false), |builder| builder.quotas(quotas));
    let mut stream = route.stream_generate("a", &by("acme", 60)).unwrap();
    let mut pieces = 0;
    let error = loop {
        match stream.next() {
            Some(Ok(_)) => pieces += 1,
            Some(Err(error)) => break error,
            None => panic!("it was let write all"),
        }
    };
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    assert!((4..30).contains(&pieces), "{pieces}");
    assert!(error.retry_after().is_some());
    // Another tenant's text is not touched, and what was written is charged.
    assert!(route.generate_with(&["a"], &by("other", 60)).is_ok());
    let error = route.generate_with(&["a"], &by("acme", 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    drop(service);
}

#[test]
fn a_stream_that_is_dropped_stops_its_text() {
    let backend = adder(false);
    let route = World::new("growing", "1.0.0").load(&backend);
    let mut stream = route.stream_generate("a", &by("acme", 600)).unwrap();
    assert!(stream.next().is_some());
    drop(stream);
    // The thread ends with its last text: the next one finds a free desk.
    assert!(route.generate_with(&["b"], &by("acme", 3)).is_ok());
    assert_eq!(route.usage().failures, 1);
}
