//! Encrypted bytes that somebody moved about, with every digest above them made right again: what
//! whoever may write to the store can do.

use amaas_core::ErrorKind;
use amaas_core::privacy::encrypt;
use serde_json::Value;

use crate::store::Store;
use crate::support::{Home, package_with, report};
use crate::tools::{ALICE, for_all, report_places, with_key};

/// The length of a sealed piece, and of the nonce before the first: `age-encryption.org/v1`.
const CHUNK: usize = (64 << 10) + 16;
const NONCE: usize = 16;

/// What somebody does to a document.
type Edit = fn(&mut Value);

/// The layers, the contents first.
const CONTENTS: usize = 0;
const LAYERS: usize = 5;

/// A store of one encrypted package whose weights take four pieces.
fn store() -> Store {
    let home = Home::new();
    let weights: Vec<_> = (0..200_000_u32).map(|place| (place % 251) as u8).collect();
    let package = package_with("ner", "1.0.0", &weights);
    home.registry
        .publish_encrypted(&package, &for_all(&[ALICE]))
        .unwrap();
    Store { home }
}

fn layer(store: &Store, place: usize) -> Vec<u8> {
    std::fs::read(store.blob_path(&store.manifest()["layers"][place])).unwrap()
}

/// The layer of the weights: the longest.
fn weights(store: &Store) -> usize {
    let length = |place: &usize| layer(store, *place).len();
    (0..LAYERS).max_by_key(length).unwrap()
}

/// What a load ends with.
fn kind(store: &Store) -> ErrorKind {
    let registry = with_key(&store.home, ALICE);
    let (name, version) = ("ner".parse().unwrap(), "=1.0.0".parse().unwrap());
    let resolved = registry.resolve(&name, &version);
    let loaded = resolved.and_then(|resolved| registry.package(&resolved.digest));
    loaded.expect_err("damage was not seen").kind()
}

/// The header of an encrypted file with its nonce, and its pieces.
fn parts(file: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mac = file.windows(4).position(|four| four == b"\n---").unwrap() + 1;
    let line = file[mac..].iter().position(|byte| *byte == b'\n').unwrap();
    let (header, body) = file.split_at(mac + line + 1 + NONCE);
    (
        header.to_vec(),
        body.chunks(CHUNK).map(<[u8]>::to_vec).collect(),
    )
}

fn join((header, pieces): &(Vec<u8>, Vec<Vec<u8>>)) -> Vec<u8> {
    [header.clone(), pieces.concat()].concat()
}

#[test]
fn pieces_that_were_moved_dropped_or_cut_are_refused() {
    let store = store();
    let place = weights(&store);
    let whole = layer(&store, place);
    let original = parts(&whole);
    assert_eq!(original.1.len(), 4);
    let mut damaged: Vec<Vec<u8>> = Vec::new();
    for first in 0..4 {
        for second in 0..4 {
            let mut swapped = original.clone();
            swapped.1.swap(first, second);
            let mut copied = original.clone();
            copied.1[first] = original.1[second].clone();
            let mut repeated = original.clone();
            repeated.1.insert(first, original.1[second].clone());
            let moved = [swapped, copied, repeated].map(|parts| join(&parts));
            damaged.extend(moved.into_iter().filter(|file| *file != whole));
        }
        let mut dropped = original.clone();
        dropped.1.remove(first);
        damaged.push(join(&dropped));
        let mut cut = original.clone();
        cut.1.truncate(first);
        damaged.push(join(&cut));
    }
    damaged.push([whole.clone(), vec![0]].concat());
    damaged.push([whole.clone(), whole.clone()].concat());
    let named = damaged.len();
    // Cut anywhere, and one bit anywhere.
    for step in (0..whole.len()).step_by(4099).chain([whole.len() - 1]) {
        damaged.push(whole[..step].to_vec());
        let mut flipped = whole.clone();
        flipped[step] ^= 1;
        damaged.push(flipped);
    }
    for file in &damaged {
        store.set_layer(place, file);
        assert_eq!(kind(&store), ErrorKind::Corrupt);
    }
    store.set_layer(place, &whole);
    assert!(
        with_key(&store.home, ALICE)
            .verify(&mut |_| {})
            .unwrap()
            .is_good()
    );
    report(
        "moved, dropped and repeated pieces of encrypted weights",
        named,
    );
    report_places("encrypted weights", damaged.len() - named);
}

#[test]
fn the_contents_are_refused_when_a_bit_of_them_differs() {
    let store = store();
    let whole = layer(&store, CONTENTS);
    for place in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        store.set_layer(CONTENTS, &flipped);
        // In the part that says who can open it, damage looks like another's key.
        assert!(matches!(
            kind(&store),
            ErrorKind::Corrupt | ErrorKind::KeyDenied
        ));
    }
    report_places("an encrypted package's contents", whole.len());
}

#[test]
fn files_spliced_between_packages_and_places_are_refused() {
    let (one, other) = (store(), store());
    let originals: Vec<_> = (0..LAYERS).map(|place| layer(&one, place)).collect();
    let place = weights(&one);
    let mut cases = 0;
    for from in 0..LAYERS {
        // The same file of the same package, encrypted another time, and with it the key.
        one.set_layer(from, &layer(&other, from));
        assert_eq!(kind(&one), ErrorKind::Corrupt, "{from}");
        one.set_layer(from, &originals[from]);
        // A file of the same package in the place of another.
        for to in (1..LAYERS).filter(|to| *to != from) {
            one.set_layer(to, &originals[from]);
            assert_eq!(
                kind(&one),
                ErrorKind::Corrupt,
                "{from} in the place of {to}"
            );
            one.set_layer(to, &originals[to]);
            cases += 1;
        }
        cases += 1;
    }
    // The pieces of one under the header of the other.
    let (here, there) = (parts(&originals[place]), parts(&layer(&other, place)));
    for mixed in [
        (here.0.clone(), there.1.clone()),
        (there.0, here.1.clone()),
        (here.0.clone(), [&there.1[..1], &here.1[1..]].concat()),
        (here.0, [&here.1[..3], &there.1[3..]].concat()),
    ] {
        one.set_layer(place, &join(&mixed));
        assert_eq!(kind(&one), ErrorKind::Corrupt);
        cases += 1;
    }
    report("files spliced between encrypted packages", cases);
}

/// Whoever knows the public key can encrypt contents of their own; they must fit nothing.
#[test]
fn contents_that_a_stranger_wrote_are_refused() {
    let store = store();
    let alice = for_all(&[ALICE]);
    let strange = [
        "",
        "{}",
        "null",
        "[1]",
        "AGE-SECRET-KEY-1",
        r#"{"identity":"","manifest":""}"#,
        r#"{"identity":"AGE-SECRET-KEY-1","manifest":"{}"}"#,
        r#"{"identity":"a","manifest":"{}","more":1}"#,
        r#"{"identity":"a","identity":"b","manifest":"{}"}"#,
    ];
    for text in strange {
        store.set_layer(CONTENTS, &encrypt(text.as_bytes(), &alice).unwrap());
        assert!(
            matches!(kind(&store), ErrorKind::Corrupt | ErrorKind::InvalidPackage),
            "{text}"
        );
    }
    report("contents that a stranger encrypted", strange.len());
}

#[test]
fn documents_that_disagree_with_what_is_encrypted_are_refused() {
    let edits: [(&str, Edit); 5] = [
        ("a layer less", |manifest| {
            drop(manifest["layers"].as_array_mut().unwrap().pop());
        }),
        ("a layer twice", |manifest| {
            let layers = manifest["layers"].as_array_mut().unwrap();
            layers.push(layers[1].clone());
        }),
        ("the contents last", |manifest| {
            manifest["layers"].as_array_mut().unwrap().rotate_left(1);
        }),
        ("another licence", |manifest| {
            manifest["annotations"]["org.opencontainers.image.licenses"] = "GPL".into();
        }),
        ("no contents", |manifest| {
            drop(manifest["layers"].as_array_mut().unwrap().remove(0));
        }),
    ];
    report("documents beside encrypted files", edits.len());
    for (what, edit) in edits {
        let store = store();
        let mut manifest = store.manifest();
        edit(&mut manifest);
        store.set_manifest(manifest.to_string());
        let expected = match what {
            "no contents" => ErrorKind::InvalidPackage,
            _ => ErrorKind::Corrupt,
        };
        assert_eq!(kind(&store), expected, "{what}");
    }
}
