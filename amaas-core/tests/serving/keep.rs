//! Checking what is stored, what is recorded of it, and what stays loaded.

use std::fs;

use amaas_core::ErrorKind;
use amaas_core::registry::Policy;
use amaas_core::service::Kept;

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
    let runs = good.counts().runs;
    let mut left = steps - 2; // so that one of the three versions is loaded
    let error = service.verify_all_while(&mut |_| {
        left -= 1;
        left >= 0
    });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(good.counts().runs, runs + 1);
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

fn versions(kept: &Kept) -> Vec<String> {
    kept.versions().iter().map(ToString::to_string).collect()
}

#[test]
fn a_policy_says_what_stays_loaded() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    let publish = |version| service.publish(world.package(version, "", "")).unwrap();
    for version in ["1.0.0", "1.1.0", "2.0.0-rc.1"] {
        publish(version);
    }
    let kept = service.keep("words", Policy::Latest(2)).unwrap();
    assert_eq!(versions(&kept), ["1.1.0", "1.0.0"]);
    assert_eq!(backend.counts().live, 2);
    let _shared = service.load("words@^1").unwrap();
    assert_eq!(backend.counts().live, 2);
    assert!(!kept.update().unwrap());
    publish("1.2.0");
    assert!(kept.update().unwrap());
    assert_eq!(versions(&kept), ["1.2.0", "1.1.0"]);

    let (name, last) = ("words".parse().unwrap(), "1.2.0".parse().unwrap());
    let registry = service.registry().unwrap();
    registry.yank(&name, &last, None).unwrap();
    assert!(kept.update().unwrap());
    assert_eq!(versions(&kept), ["1.1.0", "1.0.0"]);
    let all = service.keep("words", Policy::All).unwrap();
    assert_eq!(versions(&all), ["1.1.0", "1.0.0"]);
    let named = ["1.2.0", "2.0.0-rc.1"].map(|text| text.parse().unwrap());
    let some = service
        .keep("words", Policy::Specific(named.to_vec()))
        .unwrap();
    assert_eq!(versions(&some), ["2.0.0-rc.1", "1.2.0"]);
    assert_eq!(backend.counts().live, 4);
    drop((all, some));
    assert_eq!(backend.counts().live, 2);
    let missing = Policy::Specific(vec!["9.0.0".parse().unwrap()]);
    let error = service.keep("words", missing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = service.keep("nobody", Policy::All).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn what_cannot_be_loaded_leaves_what_is_kept() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    service.publish(world.package("1.0.0", "", "")).unwrap();
    let kept = service.keep("words", Policy::Latest(1)).unwrap();
    let published = service.publish(world.package("1.1.0", "", "")).unwrap();
    let blobs = service.registry().unwrap().root().join("blobs/sha256");
    fs::remove_file(blobs.join(published.digest.hex())).unwrap();
    assert_eq!(kept.update().unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(versions(&kept), ["1.0.0"]);
    assert!(kept.routes()[0].classify(&["a"]).is_ok());
}
