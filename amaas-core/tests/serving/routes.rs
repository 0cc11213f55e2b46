//! Publishing, loading, moving from one version to another.

use amaas_core::{Error, ErrorKind};

use super::support::{World, summing};

const GOLDEN: &str = r#"
    [[golden]]
    text = "a b"
    expect = [{ label = "yes", score = 3.0 }]
"#;
const WRONG: &str = r#"
    [[golden]]
    text = "a b"
    expect = [{ label = "yes", score = 3.5 }]
"#;

#[test]
fn a_model_that_answers_wrongly_is_neither_published_nor_served() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    let package = world.package("1.0.0", "", WRONG);
    let error = service.publish(&package).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::GoldenMismatch, "{error}");
    assert_eq!(
        service.load("words").unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let error = service.load(package.to_str().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::GoldenMismatch);
    assert_eq!(backend.counts().live, 0);
}

#[test]
fn a_route_moves_to_the_version_its_reference_selects() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    service.publish(world.package("1.0.0", "", GOLDEN)).unwrap();
    let (route, pinned) = (
        service.load("words@^1").unwrap(),
        service.load("words@1.0.0").unwrap(),
    );
    assert!(!route.update().unwrap());
    service.publish(world.package("1.2.0", "", GOLDEN)).unwrap();
    assert_eq!(route.version().to_string(), "1.0.0");
    let lease = route.lease();
    assert!(route.update().unwrap());
    assert_eq!(route.version().to_string(), "1.2.0");
    assert_eq!(lease.manifest().package.version.to_string(), "1.0.0");
    assert!(!pinned.update().unwrap());
    assert_eq!(pinned.version().to_string(), "1.0.0");
}

#[test]
fn an_update_that_fails_leaves_the_old_version_serving() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    service.publish(world.package("1.0.0", "", GOLDEN)).unwrap();
    let route = service.load("words").unwrap();
    service.publish(world.package("2.0.0", "", GOLDEN)).unwrap();
    let live = backend.counts().live;
    backend.fail_next_load(Error::new(ErrorKind::LoadFailed, "no memory today"));
    assert_eq!(route.update().unwrap_err().kind(), ErrorKind::LoadFailed);
    assert_eq!(route.version().to_string(), "1.0.0");
    assert_eq!(route.classify(&["a"]).unwrap()[0].labels[0].score, 1.0);
    assert_eq!(backend.counts().live, live);
    assert!(route.update().unwrap());
}

#[test]
fn routes_to_one_version_share_its_instances_and_unload_with_the_last() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    service.publish(world.package("1.0.0", "", GOLDEN)).unwrap();
    assert_eq!(backend.counts().live, 0);
    let routes = [
        service.load("words").unwrap(),
        service.load("words@1.0.0").unwrap(),
    ];
    assert_eq!(backend.counts().live, 1);
    drop(routes);
    assert_eq!(backend.counts().live, 0);
}

#[test]
fn requests_on_the_old_version_end_on_it() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let route = service.load("words").unwrap();
    service.publish(world.package("1.1.0", "", "")).unwrap();
    let gate = backend.hold();
    let old = {
        let route = route.clone();
        std::thread::spawn(move || route.classify_with(&["a"], &Default::default()))
    };
    backend.wait_for_held(1);
    assert!(route.update().unwrap());
    drop(gate);
    assert_eq!(
        old.join().unwrap().unwrap().usage.version.to_string(),
        "1.0.0"
    );
    let new = route.classify_with(&["a"], &Default::default()).unwrap();
    assert_eq!(new.usage.version.to_string(), "1.1.0");
}

#[test]
fn usage_is_summed_and_failures_are_counted() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    let route = service
        .load(world.package("1.0.0", "", "").to_str().unwrap())
        .unwrap();
    route.classify(&["a b", "c"]).unwrap();
    backend.fail_next_run(Error::new(ErrorKind::InferenceFailed, "once"));
    assert_eq!(
        route.classify(&["a"]).unwrap_err().kind(),
        ErrorKind::InferenceFailed
    );
    route.classify(&["a"]).unwrap();
    let totals = route.usage();
    assert_eq!(
        (totals.requests, totals.failures, totals.rows, totals.tokens),
        (2, 1, 3, 4)
    );
}

#[test]
fn a_service_without_a_registry_says_so() {
    let backend = std::sync::Arc::new(summing());
    let builder = amaas_core::Service::builder().registry("").backend(backend);
    let error = builder.build().unwrap().load("words").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("AMAAS_HOME"), "{error}");
}
