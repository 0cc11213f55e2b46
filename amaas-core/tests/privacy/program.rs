//! The program `age` reads what amaas encrypted, and amaas reads what it did.

use std::fs;
use std::path::Path;

use amaas_core::ErrorKind;
use amaas_core::privacy::{Key, decrypt, encrypt};
use serde_json::{Value, json};

use crate::store::Store;
use crate::support::{Home, package};
use crate::tools::{ALICE, for_all, has, pipe, with_key};

fn identity(home: &Home, text: &str) -> String {
    let path = home.folder.path().join("identity.txt");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_program_reads_every_file_of_a_package() {
    if !has("age") {
        return;
    }
    let (home, plain) = (Home::new(), package("ner", "1.0.0"));
    home.registry
        .publish_encrypted(&plain, &for_all(&[ALICE]))
        .unwrap();
    let alice = identity(&home, ALICE.1);
    let store = Store { home };
    let manifest = store.manifest();
    let layers: Vec<_> = manifest["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| fs::read(store.blob_path(layer)).unwrap())
        .collect();
    let contents = pipe("age", &["-d", "-i", &alice], &layers[0]);
    let contents: Value = serde_json::from_slice(&contents).unwrap();
    let own = identity(&store.home, contents["identity"].as_str().unwrap());
    let inner: Value = serde_json::from_str(contents["manifest"].as_str().unwrap()).unwrap();
    assert_eq!(layers.len(), plain.files.len() + 1);
    for (layer, hidden) in inner["layers"].as_array().unwrap().iter().zip(&layers[1..]) {
        let path = layer["annotations"]["org.cncf.model.filepath"]
            .as_str()
            .unwrap();
        let shown = pipe("age", &["-d", "-i", &own], hidden);
        assert_eq!(shown, plain.files[&path.parse().unwrap()].bytes(), "{path}");
    }
}

#[test]
fn a_package_that_the_program_encrypted_loads() {
    if !has("age") {
        return;
    }
    let (home, plain) = (Home::new(), package("ner", "1.0.0"));
    home.registry
        .publish_encrypted(&plain, &for_all(&[ALICE]))
        .unwrap();
    let store = Store { home };
    // All of it anew by the program: another key for the files, and the contents for Alice.
    let bob = crate::tools::BOB;
    let layers = store.manifest()["layers"].as_array().unwrap().len();
    let old = fs::read(store.blob_path(&store.manifest()["layers"][0])).unwrap();
    let old = decrypt(&old, &Key::identities(ALICE.1).unwrap()).unwrap();
    let mut contents: Value = serde_json::from_slice(&old).unwrap();
    let own = Key::identities(contents["identity"].as_str().unwrap()).unwrap();
    for place in 1..layers {
        let hidden = fs::read(store.blob_path(&store.manifest()["layers"][place])).unwrap();
        let shown = decrypt(&hidden, &own).unwrap();
        store.set_layer(place, &pipe("age", &["-r", bob.0], &shown));
    }
    contents["identity"] = json!(bob.1);
    let contents = contents.to_string();
    store.set_layer(0, &pipe("age", &["-r", ALICE.0], contents.as_bytes()));
    let registry = with_key(&store.home, ALICE);
    let resolved = registry
        .resolve(&"ner".parse().unwrap(), &"^1".parse().unwrap())
        .unwrap();
    let loaded = registry.package(&resolved.digest).unwrap();
    for (path, file) in &plain.files {
        assert_eq!(loaded.files[path].bytes(), file.bytes(), "{path}");
    }
}

/// Lengths at the borders of the pieces.
#[test]
fn bytes_of_any_length_go_both_ways() {
    if !has("age") {
        return;
    }
    let home = Home::new();
    let alice = identity(&home, ALICE.1);
    assert!(Path::new(&alice).is_file());
    let keys = Key::identities(ALICE.1).unwrap();
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000] {
        let bytes: Vec<_> = (0..length).map(|place| (place % 253) as u8).collect();
        let ours = encrypt(&bytes, &for_all(&[ALICE])).unwrap();
        assert!(
            pipe("age", &["-d", "-i", &alice], &ours) == bytes,
            "{length}"
        );
        let theirs = pipe("age", &["-r", ALICE.0], &bytes);
        assert!(**decrypt(&theirs, &keys).unwrap() == *bytes, "{length}");
    }
}

/// `age -p` asks a terminal, so what it once wrote lies here; the passphrase is `open sesame`.
#[test]
fn what_the_program_encrypted_with_a_passphrase_is_read() {
    let hidden = include_bytes!("passphrase.age");
    let shown = decrypt(hidden, &[Key::passphrase("open sesame")]).unwrap();
    assert_eq!(**shown, *b"written by age -p\n");
    let error = decrypt(hidden, &[Key::passphrase("open barley")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyDenied);
}
