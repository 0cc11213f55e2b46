//! Encrypted packages: who can read them, who cannot, and what goes on without a key.

use std::fs;
use std::sync::{Arc, Mutex};

use amaas_core::model::{Digest, Package};
use amaas_core::privacy::{Key, Keys, Recipients};
use amaas_core::registry::{ExportOptions, GcOptions, Registry};
use amaas_core::{Error, ErrorKind};

use crate::support::{Home, package, package_with, snapshot};
use crate::tools::{ALICE, BOB, for_all, keys, with_key};

const CANARY: &[u8] = b"these are the weights that nobody may see";

fn read(registry: &Registry, digest: &Digest) -> Result<Package, Error> {
    registry.package(digest)
}

fn denied(home: &Home, digest: &Digest, keys: Keys) -> Error {
    let error = read(&home.registry.clone().with_keys(keys), digest).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyDenied, "{}", error.report());
    assert!(!error.report().contains("AGE-SECRET"), "{}", error.report());
    error
}

fn same(loaded: &Package, plain: &Package) {
    assert_eq!(loaded.manifest, plain.manifest);
    assert!(loaded.files.keys().eq(plain.files.keys()));
    for (path, file) in &plain.files {
        assert_eq!(loaded.files[path].bytes(), file.bytes(), "{path}");
    }
}

#[test]
fn every_recipient_reads_what_was_published_and_the_store_shows_nothing() {
    let (home, plain) = (Home::new(), package_with("ner", "1.0.0", CANARY));
    let published = home
        .registry
        .publish_encrypted(&plain, &for_all(&[ALICE, BOB]))
        .unwrap();
    assert!(published.created);
    assert_ne!(published.digest, plain.digest);
    for who in [ALICE, BOB] {
        let loaded = read(&with_key(&home, who), &published.digest).unwrap();
        same(&loaded, &plain);
        assert_eq!(loaded.digest, published.digest);
    }
    let hidden = [CANARY, b"weights.bin", b"tokenizer", b"AGE-SECRET"];
    for (path, bytes) in snapshot(home.folder.path()) {
        for words in hidden {
            let found = bytes.windows(words.len()).any(|window| window == words);
            assert!(!found, "{} shows {words:?}", path.display());
        }
        let digests = plain.files.values().map(|file| Digest::of(file.bytes()));
        for digest in digests.chain([plain.digest]) {
            assert!(!String::from_utf8_lossy(&bytes).contains(&digest.hex()));
        }
    }
}

#[test]
fn a_wrong_key_and_no_key_are_denied() {
    let (home, plain) = (Home::new(), package("ner", "1.0.0"));
    let published = home.registry.publish_encrypted(&plain, &for_all(&[ALICE]));
    let digest = published.unwrap().digest;
    let none = denied(&home, &digest, Keys::default());
    assert!(none.message().contains("there is no key"));
    denied(&home, &digest, keys(BOB));
    denied(&home, &digest, Keys::of(vec![Key::passphrase("a guess")]));
    let misspelt = ALICE.1.replace('Q', "P");
    denied(
        &home,
        &digest,
        Keys::of(Key::identities(&misspelt).unwrap()),
    );
    denied(
        &home,
        &digest,
        Keys::from_file(home.folder.path().join("absent")),
    );
    denied(
        &home,
        &digest,
        Keys::from_environment("AMAAS_TEST_IS_NOT_SET"),
    );
    denied(
        &home,
        &digest,
        Keys::ask(|_| Err(Error::new(ErrorKind::KeyDenied, "the vault is closed"))),
    );
    for text in ["", "# only a comment", "age1public", "secret"] {
        let error = Key::identities(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeyDenied);
        assert!(text.is_empty() || !error.report().contains(text));
    }
}

#[test]
fn keys_come_from_a_file_or_the_host_each_time_they_are_wanted() {
    let (home, plain) = (Home::new(), package("ner", "1.0.0"));
    let published = home.registry.publish_encrypted(&plain, &for_all(&[ALICE]));
    let digest = published.unwrap().digest;
    let path = home.folder.path().join("identities.txt");
    let reader = home.registry.clone().with_keys(Keys::from_file(&path));
    fs::write(&path, BOB.1).unwrap();
    assert_eq!(
        read(&reader, &digest).unwrap_err().kind(),
        ErrorKind::KeyDenied
    );
    fs::write(&path, format!("# Bob\n{}\n\n# Alice\n{}\n", BOB.1, ALICE.1)).unwrap();
    same(&read(&reader, &digest).unwrap(), &plain);

    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let reader = home.registry.clone().with_keys(Keys::ask(move |request| {
        heard.lock().unwrap().push(request.clone());
        Key::identities(ALICE.1)
    }));
    same(&read(&reader, &digest).unwrap(), &plain);
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].name.as_str(), "ner");
    assert_eq!(asked[0].version.to_string(), "1.0.0");
    assert_eq!(asked[0].digest, digest);
}

/// The environment belongs to a process, so another one asks.
#[test]
fn keys_come_from_the_environment() {
    const VARIABLE: &str = "AMAAS_TEST_IDENTITY";
    let (home, plain) = (Home::new(), package("ner", "1.0.0"));
    let published = home.registry.publish_encrypted(&plain, &for_all(&[ALICE]));
    let digest = published.unwrap().digest;
    match std::env::var("AMAAS_TEST_STORE") {
        Ok(store) => {
            let store = Registry::open(store).unwrap();
            let reader = store.with_keys(Keys::from_environment(VARIABLE));
            let stored = std::env::var("AMAAS_TEST_DIGEST").unwrap();
            same(&read(&reader, &stored.parse().unwrap()).unwrap(), &plain);
        }
        Err(_) => {
            denied(&home, &digest, Keys::from_environment(VARIABLE));
            let name = "encrypted::keys_come_from_the_environment";
            let child = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", name])
                .env("AMAAS_TEST_STORE", home.registry.root())
                .env("AMAAS_TEST_DIGEST", digest.to_string())
                .env(VARIABLE, format!("# Alice\n{}\n", ALICE.1))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&child.stdout).into_owned();
            assert!(
                child.status.success() && said.contains("1 passed"),
                "{said}"
            );
        }
    }
}

#[test]
fn recipients_are_keys_or_one_passphrase() {
    let (home, plain) = (Home::new(), package("ner", "1.0.0"));
    let both = for_all(&[ALICE]).and(for_all(&[BOB])).unwrap();
    let digest = home
        .registry
        .publish_encrypted(&plain, &both)
        .unwrap()
        .digest;
    for one in [ALICE, BOB] {
        same(&read(&with_key(&home, one), &digest).unwrap(), &plain);
    }
    let error = both.and(Recipients::passphrase("x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_passphrase_opens_what_it_closed() {
    let (home, plain) = (Home::new(), package("ner", "1.0.0"));
    let recipients = Recipients::passphrase("correct horse");
    let published = home.registry.publish_encrypted(&plain, &recipients);
    let digest = published.unwrap().digest;
    let right = Keys::of(vec![Key::passphrase("correct horse")]);
    same(
        &read(&home.registry.clone().with_keys(right), &digest).unwrap(),
        &plain,
    );
    denied(
        &home,
        &digest,
        Keys::of(vec![Key::passphrase("wrong horse")]),
    );
    denied(&home, &digest, keys(ALICE));
    assert!(!format!("{recipients:?}").contains("horse"));
}

#[test]
fn publishing_again_is_told_apart_by_whoever_has_a_key() {
    let (home, plain) = (Home::new(), package("ner", "1.0.0"));
    let alice = for_all(&[ALICE]);
    let first = home.registry.publish_encrypted(&plain, &alice).unwrap();
    let again = with_key(&home, ALICE)
        .publish_encrypted(&plain, &alice)
        .unwrap();
    assert_eq!((again.digest, again.created), (first.digest, false));
    let other = package_with("ner", "1.0.0", b"other weights");
    for (registry, package) in [
        (home.registry.clone(), &plain),
        (with_key(&home, ALICE), &other),
    ] {
        let error = registry.publish_encrypted(package, &alice).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }
    let error = home.registry.publish(&plain).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

/// What was decrypted is not stored in the clear by mistake.
#[test]
fn a_decrypted_package_is_not_published_as_it_is() {
    let (home, other) = (Home::new(), Home::new());
    let plain = package("ner", "1.0.0");
    let published = home.registry.publish_encrypted(&plain, &for_all(&[ALICE]));
    let loaded = with_key(&home, ALICE)
        .package(&published.unwrap().digest)
        .unwrap();
    let error = other.registry.publish(&loaded).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPackage);
}

#[test]
fn a_store_is_looked_after_and_copied_without_a_key() {
    let (home, there, plain) = (Home::new(), Home::new(), package("ner", "1.0.0"));
    let published = home.registry.publish_encrypted(&plain, &for_all(&[ALICE]));
    let digest = published.unwrap().digest;
    let (name, any) = ("ner".parse().unwrap(), "^1".parse().unwrap());
    assert_eq!(home.registry.resolve(&name, &any).unwrap().digest, digest);
    assert!(home.registry.verify(&mut |_| {}).unwrap().is_good());
    home.registry.gc(&GcOptions::default()).unwrap();
    assert_eq!(home.registry.signature(&name, &any).unwrap(), None);

    let archive = home.folder.path().join("ner.tar");
    let options = ExportOptions::default();
    home.registry.export_file(&options, &archive).unwrap();
    there.registry.import(&archive).unwrap();
    assert_eq!(there.registry.resolve(&name, &any).unwrap().digest, digest);
    same(&read(&with_key(&there, ALICE), &digest).unwrap(), &plain);
}

#[test]
fn recipients_are_public_keys_of_age() {
    for texts in [vec![], vec!["age1short"], vec![ALICE.0, "ssh-ed25519 AAAA"]] {
        let error = Recipients::keys(texts).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}
