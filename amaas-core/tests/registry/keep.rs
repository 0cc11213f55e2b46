//! Keeping a store: clean-up, checks, counts, signatures.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use amaas_core::model::{Digest, Dimension, ModelName, Port, PortKind, Selector, Signature};
use amaas_core::registry::{GcOptions, GcReport, Needed, VerifyReport};
use amaas_core::{Dtype, ErrorKind};
use semver::Version;

use crate::hostile_store::Store;
use crate::support::{Home, blobs, package, package_with, report, snapshot};

/// Everything that is not needed goes, however young.
const AT_ONCE: GcOptions = GcOptions {
    grace: Duration::ZERO,
    dry_run: false,
};

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn gc(home: &Home, options: &GcOptions) -> GcReport {
    home.registry.gc(options).unwrap()
}

fn verify(home: &Home) -> VerifyReport {
    home.registry.verify(&mut |_| ()).unwrap()
}

fn orphan(root: &Path, bytes: &[u8]) -> Digest {
    let digest = Digest::of(bytes);
    fs::write(root.join("blobs/sha256").join(digest.hex()), bytes).unwrap();
    digest
}

/// Sets the time of a file, against the clock of a test that starts in 1970.
fn date(path: &Path, at: SystemTime) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(at).unwrap();
}

#[test]
fn clean_up_removes_what_nothing_needs() {
    let home = Home::new();
    for version in ["1.0.0", "1.1.0"] {
        home.registry
            .publish(&package_with("ner", version, version.as_bytes()))
            .unwrap();
    }
    let name: ModelName = "ner".parse().unwrap();
    home.registry.delete(&name, &version("1.0.0")).unwrap();
    let root = home.registry.root();
    let stray = orphan(root, b"never listed");
    fs::write(root.join("temporary/.tmpCut"), "half").unwrap();
    let before = snapshot(root);

    let would = gc(
        &home,
        &GcOptions {
            dry_run: true,
            ..AT_ONCE
        },
    );
    assert_eq!(snapshot(root), before);
    let report = gc(&home, &AT_ONCE);
    assert_eq!(report, would);
    assert!(report.removed.contains(&stray));
    // Of 1.0.0: manifest, config, amaas.toml and weights; two superseded indexes; the stray one.
    assert_eq!((report.removed.len(), report.temporaries), (7, 1));
    let after = snapshot(root);
    let bytes = |files: &std::collections::BTreeMap<_, Vec<u8>>| {
        files.values().map(|bytes| bytes.len() as u64).sum::<u64>()
    };
    assert_eq!(report.bytes, bytes(&before) - bytes(&after));
    assert_eq!(report.kept, blobs(root).len() as u64);
    let again = gc(&home, &AT_ONCE);
    assert!(again.removed.is_empty() && again.bytes == 0);
    assert!(verify(&home).is_good());
    let digest = home.registry.model(&name).unwrap().versions[0].digest;
    home.registry.package(&digest).unwrap();
    let gone = package_with("ner", "1.0.0", b"1.0.0").digest;
    let error = home.registry.package(&gone).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[test]
fn grace_is_counted_from_when_something_was_last_needed() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    home.publish("ner", "1.1.0");
    let root = home.registry.root();
    let stray = root.join("blobs/sha256").join(orphan(root, b"stray").hex());
    let young = root.join("temporary/young");
    fs::write(&young, "half").unwrap();
    for path in blobs(root).iter().chain([&young]) {
        date(path, UNIX_EPOCH);
    }
    home.clock.advance(Duration::from_secs(5000));
    let (name, first) = ("ner".parse().unwrap(), version("1.0.0"));
    let digest = home.registry.model(&name).unwrap().versions[0].digest;
    home.registry.delete(&name, &first).unwrap();
    date(&young, UNIX_EPOCH + Duration::from_secs(4000));

    let report = gc(&home, &GcOptions::default());
    // The stray one and the index that the second publish superseded long ago.
    assert_eq!((report.removed.len(), report.temporaries), (2, 0));
    assert!(report.spared > 0 && !stray.exists() && young.exists());
    home.registry.package(&digest).unwrap();
    home.clock.advance(Duration::from_secs(3600));
    let report = gc(&home, &GcOptions::default());
    assert_eq!((report.spared, report.temporaries), (0, 1));
    assert!(home.registry.package(&digest).is_err());
}

#[test]
fn a_publish_refreshes_what_it_relies_on() {
    let home = Home::new();
    let given = package_with("ner", "1.0.0", b"shared");
    home.registry.publish(&given).unwrap();
    let root = home.registry.root();
    let weights = root.join("blobs/sha256").join(Digest::of(b"shared").hex());
    date(&weights, UNIX_EPOCH);
    home.clock.advance(Duration::from_secs(99));
    home.registry
        .publish(&package_with("ner", "1.1.0", b"shared"))
        .unwrap();
    let modified = fs::metadata(&weights).unwrap().modified().unwrap();
    assert_eq!(modified, UNIX_EPOCH + Duration::from_secs(99));
}

#[test]
fn a_file_that_is_being_written_stays() {
    let home = Home::new();
    let path = home.registry.root().join("temporary/.tmpBusy");
    let file = File::create(&path).unwrap();
    file.lock().unwrap();
    assert_eq!(gc(&home, &AT_ONCE).temporaries, 0);
    assert!(path.exists());
    drop(file);
    assert_eq!(gc(&home, &AT_ONCE).temporaries, 1);
    assert!(!path.exists());
}

#[test]
fn what_other_tools_listed_is_kept() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let root = home.registry.root();
    let layer = orphan(root, b"a layer");
    let config = orphan(root, b"{}");
    let part = |digest: &Digest, media_type: &str| serde_json::json!({"mediaType": media_type, "digest": digest.to_string(), "size": 1});
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "config": part(&config, "application/vnd.oci.image.config.v1+json"),
        "layers": [part(&layer, "application/vnd.oci.image.layer.v1.tar")],
    });
    let manifest = orphan(root, manifest.to_string().as_bytes());
    let oci = "application/vnd.oci.image.manifest.v1+json";
    let index = serde_json::json!({"schemaVersion": 2, "manifests": [part(&manifest, oci)]});
    let index = orphan(root, index.to_string().as_bytes());
    let missing = Digest::of(b"elsewhere");
    let mut top: serde_json::Value =
        serde_json::from_slice(&fs::read(root.join("index.json")).unwrap()).unwrap();
    let entries = top["manifests"].as_array_mut().unwrap();
    entries.push(part(&index, "application/vnd.oci.image.index.v1+json"));
    entries.push(part(&missing, oci));
    fs::write(root.join("index.json"), top.to_string()).unwrap();
    let report = gc(&home, &AT_ONCE);
    assert!(report.removed.is_empty(), "{report:?}");

    // What cannot be read may refer to anything: nothing is removed.
    fs::write(root.join("blobs/sha256").join(manifest.hex()), "no").unwrap();
    orphan(root, b"stray");
    let before = snapshot(root);
    let error = home.registry.gc(&AT_ONCE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert_eq!(snapshot(root), before);
}

#[test]
fn a_damaged_manifest_stops_clean_up_until_it_is_published_again_or_deleted() {
    let home = Home::new();
    let given = package("ner", "1.0.0");
    home.registry.publish(&given).unwrap();
    home.publish("ner", "1.1.0");
    let manifest = home
        .registry
        .root()
        .join("blobs/sha256")
        .join(given.digest.hex());
    for repair in [true, false] {
        fs::remove_file(&manifest).unwrap();
        let before = snapshot(home.registry.root());
        let error = home.registry.gc(&AT_ONCE).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.remedy().unwrap().contains("verify"), "{error}");
        assert_eq!(snapshot(home.registry.root()), before);
        if repair {
            home.publish("ner", "1.0.0");
        } else {
            let (name, version) = ("ner".parse().unwrap(), version("1.0.0"));
            home.registry.delete(&name, &version).unwrap();
        }
        gc(&home, &AT_ONCE);
        assert!(verify(&home).is_good());
    }
}

#[test]
fn layouts_of_models_that_are_gone_are_removed() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let views = home.registry.root().join("models");
    fs::create_dir(views.join("gone")).unwrap();
    fs::write(views.join("gone/index.json"), "{}").unwrap();
    fs::create_dir(views.join("theirs")).unwrap();
    fs::write(views.join("theirs/notes.txt"), "not ours").unwrap();
    gc(&home, &AT_ONCE);
    assert!(views.join("ner/index.json").exists());
    assert!(!views.join("gone").exists());
    assert!(views.join("theirs/notes.txt").exists());
}

#[test]
fn a_check_that_nobody_waits_for_ends() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let mut told = 0;
    let enough = &mut |_: &_| {
        told += 1;
        told < 2
    };
    let error = home.registry.verify_while(enough).unwrap_err();
    assert_eq!((error.kind(), told), (ErrorKind::Cancelled, 2));
}

#[test]
fn a_check_lists_every_damaged_blob_and_who_needs_it() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    home.publish("ner", "1.1.0");
    home.registry
        .publish(&package_with("other", "1.0.0", b"others"))
        .unwrap();
    let good = verify(&home);
    assert!(good.is_good());
    assert_eq!((good.blobs, good.versions.len()), (15, 3));
    let root = home.registry.root().join("blobs/sha256");
    let blob = |digest: Digest| root.join(digest.hex());
    let (shared, theirs) = (Digest::of(&[7; 100]), Digest::of(b"others"));
    let manifest = package("ner", "1.1.0").digest;
    fs::remove_file(blob(theirs)).unwrap();
    fs::write(blob(shared), [8; 100]).unwrap();
    fs::write(blob(manifest), "{}").unwrap();

    let mut steps = Vec::new();
    let report = home
        .registry
        .verify(&mut |progress| steps.push(*progress))
        .unwrap();
    let last = steps.last().unwrap();
    assert!(steps.is_sorted_by_key(|step| step.bytes));
    assert_eq!((last.blobs, last.bytes), (last.all_blobs, last.all_bytes));
    let needed = |name: &str, version: &str| Needed {
        name: name.parse().unwrap(),
        version: Some(version.parse().unwrap()),
    };
    let mut expected = [
        (shared, vec![needed("ner", "1.0.0")]),
        (theirs, vec![needed("other", "1.0.0")]),
        (manifest, vec![needed("ner", "1.1.0")]),
    ];
    expected.sort_by_key(|(digest, _)| *digest);
    let found: Vec<_> = report
        .damaged
        .iter()
        .map(|damage| (damage.digest, damage.needed_by.clone()))
        .collect();
    assert_eq!(found, expected);
    for damage in &report.damaged {
        assert_eq!(damage.error.kind(), ErrorKind::Corrupt);
        let text = damage.error.report();
        assert!(text.contains(&damage.digest.to_string()), "{text}");
    }
    assert_eq!(report.versions.len(), 3);

    home.publish("ner", "1.1.0");
    home.publish("ner", "1.0.0");
    home.registry
        .publish(&package_with("other", "1.0.0", b"others"))
        .unwrap();
    assert!(verify(&home).is_good());
}

#[test]
fn a_damaged_index_is_told_by_its_model() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    home.publish("other", "1.0.0");
    let root = home.registry.root();
    let top: serde_json::Value =
        serde_json::from_slice(&fs::read(root.join("index.json")).unwrap()).unwrap();
    let digest: Digest = top["manifests"][0]["digest"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    fs::write(root.join("blobs/sha256").join(digest.hex()), "{}").unwrap();
    let report = verify(&home);
    assert_eq!(report.damaged.len(), 1);
    assert_eq!(report.damaged[0].digest, digest);
    assert_eq!(report.damaged[0].needed_by[0].to_string(), "ner");
    assert_eq!(report.versions[0].name.as_str(), "other");
}

#[test]
fn statistics_tell_what_is_shared() {
    let home = Home::new();
    let empty = home.registry.statistics().unwrap();
    assert_eq!((empty.models, empty.blobs, empty.bytes), (0, 0, 0));
    let weights = vec![3; 10_000];
    for version in ["1.0.0", "1.1.0"] {
        home.registry
            .publish(&package_with("ner", version, &weights))
            .unwrap();
    }
    home.registry
        .publish(&package_with("other", "1.0.0", &[4; 5000]))
        .unwrap();
    orphan(home.registry.root(), &[5; 70]);
    let found = home.registry.statistics().unwrap();
    let on_disk: u64 = blobs(home.registry.root())
        .iter()
        .map(|blob| fs::metadata(blob).unwrap().len())
        .sum();
    assert_eq!((found.models, found.versions.len()), (2, 3));
    assert_eq!(found.bytes, on_disk);
    assert_eq!(found.blobs, blobs(home.registry.root()).len() as u64);
    assert!(found.shared > 10_000 && found.shared < 10_200);
    for (one, entry) in found.versions.iter().zip(
        home.registry
            .models()
            .unwrap()
            .iter()
            .flat_map(|model| &model.versions),
    ) {
        assert_eq!(one.version, entry.version);
        assert_eq!(one.unique + one.shared, entry.bytes);
    }
    assert!(found.versions[1].unique < found.versions[1].shared);
    assert!(found.versions[2].unique > 5000 && found.versions[2].shared < 200);
}

fn signature() -> Signature {
    let port = |name: &str, kind| Port {
        name: name.to_owned(),
        kind,
    };
    Signature {
        inputs: vec![
            Port::tensor(
                "ids",
                Dtype::Int64,
                [
                    Dimension::named("batch"),
                    Dimension::Fixed(8),
                    Dimension::Any,
                ],
            ),
            port(
                "scalar",
                PortKind::Tensor(Dtype::Float8E4m3fn, Some(vec![])),
            ),
            port("any", PortKind::Tensor(Dtype::String, None)),
        ],
        outputs: vec![port(
            "maps",
            PortKind::Other("sequence(map(int64, float32))".to_owned()),
        )],
    }
}

#[test]
fn a_signature_is_recorded_beside_the_package() {
    let home = Home::new();
    let given = package("ner", "1.0.0");
    let (name, any): (ModelName, Selector) = ("ner".parse().unwrap(), "*".parse().unwrap());
    let registry = &home.registry;
    registry.publish(&given).unwrap();
    assert_eq!(registry.signature(&name, &any).unwrap(), None);
    let again = registry
        .publish_with_signature(&given, &signature())
        .unwrap();
    assert!(!again.created);
    assert_eq!(again.digest, given.digest);
    assert_eq!(registry.signature(&name, &any).unwrap(), Some(signature()));
    let before = snapshot(registry.root());
    registry.publish(&given).unwrap();
    let other = Signature {
        inputs: vec![],
        outputs: vec![],
    };
    registry.publish_with_signature(&given, &other).unwrap();
    assert_eq!(registry.signature(&name, &any).unwrap(), Some(signature()));
    gc(&home, &AT_ONCE);
    assert!(
        snapshot(registry.root())
            .iter()
            .all(|(path, bytes)| before.get(path) == Some(bytes))
    );
    assert_eq!(registry.signature(&name, &any).unwrap(), Some(signature()));
}

#[test]
fn hostile_signatures_are_refused_and_keep_nobody_from_serving() {
    let port = |rest: &str| format!(r#"{{"inputs":[{{"name":"x"{rest}}}],"outputs":[]}}"#);
    let cases = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "{\"inputs\":[]}".to_owned(),
        r#"{"inputs":[],"outputs":[],"more":[]}"#.to_owned(),
        r#"{"inputs":[],"inputs":[],"outputs":[]}"#.to_owned(),
        r#"{"inputs":{},"outputs":[]}"#.to_owned(),
        r#"{"inputs":[{"dtype":"int8"}],"outputs":[]}"#.to_owned(),
        port(""),
        port(r#","dtype":"float33""#),
        port(r#","dtype":"FLOAT32""#),
        port(r#","dtype":1"#),
        port(r#","dtype":"int8","kind":"map""#),
        port(r#","kind":"map","shape":[]"#),
        port(r#","shape":[1]"#),
        port(r#","dtype":"int8","shape":[-1]"#),
        port(r#","dtype":"int8","shape":[1.5]"#),
        port(r#","dtype":"int8","shape":[[1]]"#),
        port(r#","dtype":"int8","shape":{"a":1}"#),
        port(r#","dtype":"int8","shape":[18446744073709551616]"#),
        port(r#","dtype":"int8","other":1"#),
        "[".repeat(100_000),
        " ".repeat((4 << 20) + 1),
    ];
    let store = Store::new();
    let (name, first) = ("ner".parse().unwrap(), "1.0.0".parse().unwrap());
    let registry = &store.home.registry;
    for text in &cases {
        let digest = orphan(registry.root(), text.as_bytes());
        let mut model = store.model();
        model["manifests"][0]["annotations"]["vnd.amaas.signature"] = digest.to_string().into();
        store.set_model(model.to_string());
        let shown: String = text.chars().take(80).collect();
        let before = snapshot(registry.root());
        let error = registry.signature(&name, &first).expect_err(&shown);
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{shown}: {error}");
        let damaged = registry.verify(&mut |_| ()).unwrap().damaged;
        assert_eq!(damaged.len(), 1, "{shown}");
        assert_eq!(damaged[0].digest, digest);
        assert_eq!(damaged[0].needed_by[0].to_string(), "ner@1.0.0");
        assert!(store.is_good(), "{shown}");
        assert!(snapshot(registry.root()) == before, "{shown}");
    }
    report("signatures", cases.len());
}
