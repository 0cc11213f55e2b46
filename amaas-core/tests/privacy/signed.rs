//! Signed packages: who is trusted, what is refused, and that a generation does not go back.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amaas_core::clock::SystemClock;
use amaas_core::model::Package;
use amaas_core::privacy::{Keys, PublicKey, Signer, verify};
use amaas_core::registry::{Registry, read_package};
use amaas_core::service::{PublishOptions, Trust, TrustPolicy, WarmUp};
use amaas_core::{Error, ErrorKind, LoadSettings, Service};
use serde_json::{Value, json};

use crate::serving::{World, summing};
use crate::support::{package, package_with, report};
use crate::tools::{ALICE, for_all, keys, report_places};

pub(crate) const AUTHOR: &str = include_str!("author.key");
pub(crate) const AUTHOR_PUBLIC: &str = include_str!("author.pub");
/// Of somebody else, in PKCS #8.
const OTHER: &str = include_str!("other.key");

pub(crate) fn author(generation: u64) -> Signer {
    Signer::from_pem(AUTHOR).unwrap().generation(generation)
}

fn trusted() -> PublicKey {
    PublicKey::from_pem(AUTHOR_PUBLIC).unwrap()
}

fn service(world: &World, trust: Trust) -> Service {
    let settings = LoadSettings {
        instances: Some(1),
        warm_up: WarmUp::off(),
        ..LoadSettings::default()
    };
    let builder = world.builder(&summing(), Arc::new(SystemClock::default()), settings);
    builder.trust(trust).keys(keys(ALICE)).build().unwrap()
}

/// Stores this version of `words` without a look at who made it.
fn store(world: &World, version: &str, signer: Option<Signer>) {
    let path = world.package(version, "", "");
    let options = match signer {
        Some(signer) => PublishOptions::default().signed_by(signer),
        None => PublishOptions::default(),
    };
    service(world, Trust::default())
        .publish_with(path, &options)
        .unwrap();
}

fn untrusted<T: std::fmt::Debug>(result: Result<T, Error>) -> Error {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Untrusted, "{}", error.report());
    assert!(error.remedy().is_some(), "{error}");
    error
}

#[test]
fn the_keys_are_those_of_openssl() {
    assert_eq!(author(0).public_key(), trusted());
    assert_eq!(trusted().to_pem(), AUTHOR_PUBLIC);
    let other = Signer::from_pem(OTHER).unwrap();
    assert_ne!(other.public_key(), trusted());
    assert!(!format!("{other:?}").contains("PRIVATE"));
    for text in ["", "no key", AUTHOR_PUBLIC, &AUTHOR.replace("MHcC", "MHcA")] {
        let error = Signer::from_pem(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    for text in ["", AUTHOR, &AUTHOR_PUBLIC.replace("MFkw", "MFkx")] {
        let error = PublicKey::from_pem(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn a_service_that_requires_signatures_runs_nothing_else() {
    let world = World::new();
    store(&world, "1.0.0", None);
    store(&world, "1.1.0", Some(Signer::from_pem(OTHER).unwrap()));
    store(&world, "1.2.0", Some(author(0)));
    let strict = service(&world, Trust::require([trusted()]));
    assert!(
        untrusted(strict.load("words@1.0.0"))
            .message()
            .contains("not signed")
    );
    untrusted(strict.load("words@1.1.0"));
    assert_eq!(
        strict.load("words@1.2.0").unwrap().describe(),
        "words@1.2.0"
    );
    assert!(strict.load("words").is_ok());
    // Nor does it publish or check what it would not run.
    untrusted(strict.publish(world.package("2.0.0", "", "")));
    let checked = strict.verify("words@1.1.0").unwrap();
    assert_eq!(checked.error.unwrap().kind(), ErrorKind::Untrusted);
    let both = Trust::require([trusted(), Signer::from_pem(OTHER).unwrap().public_key()]);
    assert!(service(&world, both).load("words@1.1.0").is_ok());
    untrusted(service(&world, Trust::require([])).load("words@1.2.0"));
    for (trust, policy) in [
        (Trust::warn([trusted()]), TrustPolicy::Warn),
        (Trust::default(), TrustPolicy::Off),
    ] {
        assert_eq!(trust.policy(), policy);
        let service = service(&world, trust);
        for version in ["1.0.0", "1.1.0", "1.2.0"] {
            assert!(service.load(&format!("words@{version}")).is_ok());
        }
    }
}

#[test]
fn a_generation_that_goes_back_is_refused() {
    let world = World::new();
    for (version, generation) in [("1.0.0", 3), ("1.1.0", 5), ("1.2.0", 4)] {
        store(&world, version, Some(author(generation)));
    }
    store(&world, "1.3.0", Some(author(0)));
    let strict = service(&world, Trust::require([trusted()]));
    let old = strict.load("words@1.0.0").unwrap();
    let new = strict.load("words@1.1.0").unwrap();
    for version in ["1.2.0", "1.3.0"] {
        let error = untrusted(strict.load(&format!("words@{version}")));
        assert!(error.message().contains("older"), "{error}");
    }
    // What serves goes on, and may be loaded again: it was served by this service.
    assert!(old.classify(&["a"]).is_ok() && new.classify(&["a"]).is_ok());
    drop((old, new));
    assert!(strict.load("words@1.0.0").is_ok());
    // Another process knows nothing of it, unless a file tells.
    assert!(
        service(&world, Trust::require([trusted()]))
            .load("words@1.0.0")
            .is_ok()
    );
}

#[test]
fn generations_are_remembered_in_a_file() {
    let (world, home) = (World::new(), tempfile::tempdir().unwrap());
    store(&world, "1.0.0", Some(author(1)));
    store(&world, "1.1.0", Some(author(2)));
    let path = home.path().join("state/generations.json");
    let open = || service(&world, Trust::require([trusted()]).remember(&path));
    // Looking at a version, or failing to serve it, raises nothing.
    assert!(open().verify("words@1.1.0").unwrap().error.is_none());
    assert!(open().load("words@1.0.0").is_ok());
    assert!(open().load("words@1.1.0").is_ok());
    untrusted(open().load("words@1.0.0"));
    let kept: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(kept, json!({ "words": 2 }));
    fs::write(&path, "broken").unwrap();
    assert_eq!(
        open().load("words@1.1.0").unwrap_err().kind(),
        ErrorKind::Corrupt
    );
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(
        open().load("words@1.1.0").unwrap_err().kind(),
        ErrorKind::Io
    );
}

#[test]
fn what_is_encrypted_is_signed_inside() {
    let (world, plain) = (World::new(), Trust::default());
    let options = PublishOptions::default().signed_by(author(1));
    let options = options.encrypted_for(for_all(&[ALICE]));
    let path = world.package("1.0.0", "", "");
    let published = service(&world, plain).publish_with(path, &options).unwrap();
    let strict = service(&world, Trust::require([trusted()]));
    assert!(strict.load("words").is_ok());
    let root = strict.registry().unwrap().root().to_owned();
    let closed = Registry::open(root).unwrap().with_keys(Keys::default());
    assert_eq!(
        closed.package(&published.digest).unwrap_err().kind(),
        ErrorKind::KeyDenied
    );
    for (path, bytes) in crate::support::snapshot(closed.root()) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("dsseEnvelope"), "{}", path.display());
    }
}

/// A folder of the package, as it would lie on its author's disk.
pub(crate) fn write(folder: &Path, package: &Package) -> PathBuf {
    for (path, file) in &package.files {
        fs::write(folder.join(path.as_str()), file.bytes()).unwrap();
    }
    if let Some(bundle) = package.bundle() {
        fs::write(folder.join("model.sig"), bundle).unwrap();
    }
    folder.to_owned()
}

#[test]
fn a_file_that_differs_from_what_was_signed_is_refused() {
    let signed = package("ner", "1.0.0").signed_by(&author(7)).unwrap();
    assert_ne!(signed.digest, package("ner", "1.0.0").digest);
    let vouched = signed.vouched(&[trusted()]).unwrap();
    assert_eq!((vouched.generation, vouched.files.len()), (7, 4));
    assert_eq!(vouched.key, trusted());
    for (path, file) in &signed.files {
        let home = tempfile::tempdir().unwrap();
        let folder = write(home.path(), &signed);
        assert!(read_package(&folder).unwrap().vouched(&[trusted()]).is_ok());
        let changed = match path.as_str() {
            "amaas.toml" => [file.bytes(), b"# changed\n"].concat(),
            "tokenizer.json" => b"{ }".to_vec(),
            "weights.bin" => vec![8; 100],
            _ => [file.bytes(), &[0x10, 0x01][..]].concat(),
        };
        fs::write(folder.join(path.as_str()), changed).unwrap();
        let package = read_package(&folder).unwrap();
        let error = untrusted(package.vouched(&[trusted()]));
        assert!(error.message().contains(path.as_str()), "{error}");
    }
    // The signature of one package in another.
    let home = tempfile::tempdir().unwrap();
    let folder = write(home.path(), &package_with("ner", "1.0.1", b"w"));
    fs::write(folder.join("model.sig"), signed.bundle().unwrap()).unwrap();
    untrusted(read_package(&folder).unwrap().vouched(&[trusted()]));
    untrusted(package("ner", "1.0.0").vouched(&[trusted()]));
}

#[test]
fn a_bundle_that_was_changed_anywhere_is_refused() {
    let signed = package("ner", "1.0.0").signed_by(&author(7)).unwrap();
    let bundle = signed.bundle().unwrap();
    let expected = verify(bundle, &[trusted()]).unwrap();
    let mut refused = 0;
    for place in 0..bundle.len() {
        let mut changed = bundle.to_vec();
        changed[place] ^= 1;
        // The hint and key id, which name the key and prove nothing, may differ.
        match verify(&changed, &[trusted()]) {
            Ok(found) => assert_eq!(found, expected),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Untrusted);
                refused += 1;
            }
        }
    }
    for length in 0..bundle.len() {
        untrusted(verify(&bundle[..length], &[trusted()]));
    }
    report_places("signatures", refused + bundle.len());

    let parsed: Value = serde_json::from_slice(bundle).unwrap();
    let edits: [fn(&mut Value); 6] = [
        |bundle| bundle["mediaType"] = "application/json".into(),
        |bundle| bundle["dsseEnvelope"]["payloadType"] = "text/plain".into(),
        |bundle| bundle["dsseEnvelope"]["signatures"] = json!([]),
        |bundle| {
            let one = bundle["dsseEnvelope"]["signatures"][0].clone();
            bundle["dsseEnvelope"]["signatures"] = json!([one, one]);
        },
        |bundle| bundle["dsseEnvelope"]["payload"] = "bm90aGluZw==".into(),
        |bundle| drop(bundle.as_object_mut().unwrap().remove("dsseEnvelope")),
    ];
    for edit in edits {
        let mut changed = parsed.clone();
        edit(&mut changed);
        untrusted(verify(changed.to_string().as_bytes(), &[trusted()]));
    }
    report("edited bundles", edits.len());
}
