//! Publish, list, resolve, load.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use amaas_core::ErrorKind;
use amaas_core::model::{Digest, Manifest, Selector};
use amaas_core::registry::{Registry, seal};

use crate::support::{Files, Home, blobs, graph, package, package_with, snapshot, text, to_files};

#[test]
fn what_is_published_comes_back() {
    let home = Home::new();
    home.clock.advance(Duration::from_millis(1500));
    let given = package("ner", "1.0.0");
    let published = home.registry.publish(&given).unwrap();
    assert!(published.created);
    assert_eq!(published.digest, given.digest);

    let loaded = home.registry.package(&published.digest).unwrap();
    assert_eq!(loaded.manifest, given.manifest);
    assert_eq!(loaded.digest, given.digest);
    assert!(loaded.files.keys().eq(given.files.keys()));
    assert!(
        loaded
            .files
            .iter()
            .all(|(path, file)| file.bytes() == given.files[path].bytes())
    );
    assert_eq!(loaded.graph().unwrap().weights.len(), 1);

    let entry = &home
        .registry
        .model(&"ner".parse().unwrap())
        .unwrap()
        .versions[0];
    assert_eq!(entry.published, UNIX_EPOCH + Duration::from_millis(1500));
    let stored: u64 = blobs(home.registry.root())
        .iter()
        .map(|blob| fs::metadata(blob).unwrap().len())
        .sum();
    assert!(entry.bytes < stored && entry.bytes > 100);
}

#[test]
fn selectors_pick_as_cargo_does() {
    let home = Home::new();
    for version in ["1.0.0", "1.4.2", "1.10.0", "2.0.0-rc.1", "0.3.0+cpu"] {
        home.publish("ner", version);
    }
    let name = "ner".parse().unwrap();
    let picks = [
        ("*", "1.10.0"),
        ("^1", "1.10.0"),
        ("~1.4", "1.4.2"),
        ("<1.4", "1.0.0"),
        ("1.0.0", "1.0.0"),
        ("2.0.0-rc.1", "2.0.0-rc.1"),
        (">=2.0.0-rc.0", "2.0.0-rc.1"),
        ("0.3.0", "0.3.0+cpu"),
        ("0.3.0+gpu", "0.3.0+cpu"),
        ("^0.3", "0.3.0+cpu"),
    ];
    for (selector, expected) in picks {
        let resolved = home
            .registry
            .resolve(&name, &selector.parse().unwrap())
            .unwrap();
        assert_eq!(resolved.version.to_string(), expected, "{selector}");
        let by_digest = home
            .registry
            .resolve(&name, &Selector::Digest(resolved.digest))
            .unwrap();
        assert_eq!(by_digest, resolved);
    }
    for missing in ["^2", "3.0.0", "champion", &Digest::of(b"").to_string()] {
        let error = home
            .registry
            .resolve(&name, &missing.parse().unwrap())
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("1.10.0"), "{error}");
    }
}

#[test]
fn a_miss_says_what_is_there() {
    let home = Home::new();
    let name = "sentimant".parse().unwrap();
    let error = home.registry.model(&name).unwrap_err();
    assert!(
        error.to_string().contains("the registry is empty"),
        "{error}"
    );

    home.publish("ner", "1.0.0");
    home.publish("sentiment", "1.0.0-rc.1");
    let error = home
        .registry
        .resolve(&name, &"*".parse().unwrap())
        .unwrap_err();
    assert!(error.to_string().contains("sentiment, ner"), "{error}");
    let error = home
        .registry
        .resolve(&"sentiment".parse().unwrap(), &"*".parse().unwrap())
        .unwrap_err();
    assert!(error.to_string().contains("pre-release"), "{error}");
    let weights = Digest::of(&[7; 100]);
    let error = home.registry.package(&weights).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "a layer is no package");
    let error = home.registry.package(&Digest::of(b"nothing")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn publishing_again_changes_nothing() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    home.publish("ner", "1.1.0");
    let before = snapshot(home.registry.root());
    home.clock.advance(Duration::from_secs(60));
    assert!(
        !home
            .registry
            .publish(&package("ner", "1.0.0"))
            .unwrap()
            .created
    );
    assert_eq!(snapshot(home.registry.root()), before);
}

#[test]
fn a_version_never_changes() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let before = snapshot(home.registry.root());
    for package in [
        package_with("ner", "1.0.0", &[8; 10]),
        package("ner", "1.0.0+other"),
    ] {
        let error = home.registry.publish(&package).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(snapshot(home.registry.root()), before, "{error}");
    }
}

#[test]
fn equal_blobs_are_stored_once() {
    let home = Home::new();
    home.publish("ner", "1.0.0");
    let before = blobs(home.registry.root()).len();
    home.publish("ner", "1.1.0");
    // Anew: amaas.toml, config, manifest and the model's index; not graph, weights, tokenizer.
    assert_eq!(blobs(home.registry.root()).len(), before + 4);
}

#[test]
fn models_are_listed_in_order() {
    let home = Home::new();
    for (name, version) in [("b", "1.0.0"), ("a", "1.10.0"), ("a", "1.9.0")] {
        home.publish(name, version);
    }
    let models = home.registry.models().unwrap();
    let listed: Vec<_> = models
        .iter()
        .flat_map(|model| {
            model
                .versions
                .iter()
                .map(|entry| format!("{}@{}", model.name, entry.version))
        })
        .collect();
    assert_eq!(listed, ["a@1.9.0", "a@1.10.0", "b@1.0.0"]);
}

#[test]
fn only_whole_packages_are_published() {
    let home = Home::new();
    let manifest = Manifest::parse(&text("ner", "1.0.0")).unwrap();
    let cases: [(&str, Files); 6] = [
        ("no file `model.onnx`", to_files([])),
        (
            "no file `weights.bin`",
            to_files([("model.onnx", graph(&["weights.bin"]))]),
        ),
        (
            "outside the package",
            to_files([("model.onnx", graph(&["../weights.bin"]))]),
        ),
        (
            "does not name",
            to_files([("model.onnx", graph(&[])), ("notes.txt", vec![1])]),
        ),
        (
            "differs",
            to_files([
                ("model.onnx", graph(&[])),
                ("amaas.toml", text("ner", "2.0.0").into()),
            ]),
        ),
        (
            "for weights",
            to_files([("model.onnx", graph(&["amaas.toml"]))]),
        ),
    ];
    for (part, files) in cases {
        let error = seal(manifest.clone(), files).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidPackage);
        assert!(error.to_string().contains(part), "{error}");
    }
    let mut changed = package("ner", "1.0.0");
    changed
        .files
        .insert("weights.bin".parse().unwrap(), Arc::new(vec![1_u8]));
    assert_eq!(
        home.registry.publish(&changed).unwrap_err().kind(),
        ErrorKind::InvalidPackage
    );
    assert!(blobs(home.registry.root()).is_empty());
}

/// What was hashed is remembered by buffer: neither a buffer in the place of another nor one at an
/// address that became free is taken for it.
#[test]
fn bytes_that_were_not_hashed_are_never_stored_under_a_digest() {
    let home = Home::new();
    let path: amaas_core::model::PackagePath = "weights.bin".parse().unwrap();
    for round in 0..200_u8 {
        let mut changed = package("ner", "1.0.0");
        let length = changed.files.remove(&path).unwrap().bytes().len();
        let other = Arc::new(vec![round.wrapping_add(8); length]);
        changed.files.insert(path.clone(), other);
        let error = home.registry.publish(&changed).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidPackage, "{error}");
    }
    assert!(blobs(home.registry.root()).is_empty());
    let mut equal = package("ner", "1.0.0");
    let copy = equal.files[&path].bytes().to_vec();
    equal.files.insert(path, Arc::new(copy));
    let published = home.registry.publish(&equal).unwrap();
    let stored = home.registry.package(&published.digest).unwrap();
    let elsewhere = Home::new();
    let again = elsewhere.registry.publish(&stored).unwrap();
    assert_eq!((again.digest, again.created), (published.digest, true));
    assert_eq!(
        Arc::strong_count(&stored.files[&"weights.bin".parse().unwrap()]),
        1
    );
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let home = Home::new();
    let other = home.folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("thesis.txt"), "years of work").unwrap();
    let image = home.folder.path().join("image");
    fs::create_dir_all(image.join("blobs/sha256")).unwrap();
    fs::write(
        image.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )
    .unwrap();
    fs::write(
        image.join("index.json"),
        r#"{"schemaVersion":2,"manifests":[]}"#,
    )
    .unwrap();
    for folder in [&other, &image] {
        let before = snapshot(folder);
        assert_eq!(
            Registry::open(folder).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
        assert_eq!(snapshot(folder), before);
    }
    let file = other.join("thesis.txt");
    assert_eq!(Registry::open(file).unwrap_err().kind(), ErrorKind::Io);
}
