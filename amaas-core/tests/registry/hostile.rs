//! Stores that somebody tampered with: every call answers with a typed error, changes nothing,
//! and the same handle serves again once the store is good.

mod manifest;
mod model;

use std::fs;

use amaas_core::ErrorKind::{self, Corrupt};
use amaas_core::registry::Registry;
use serde_json::{Value, json};

pub(crate) use crate::hostile_store::Store;
use crate::support::{report, snapshot};

pub(crate) type Damage = Box<dyn Fn(&Store)>;

fn case(
    name: &str,
    kind: ErrorKind,
    damage: impl Fn(&Store) + 'static,
) -> (String, ErrorKind, Damage) {
    (name.to_owned(), kind, Box::new(damage))
}

fn top(name: &str, edit: impl Fn(&mut Value) + 'static) -> (String, ErrorKind, Damage) {
    case(name, Corrupt, move |store| {
        let mut document = store.top();
        edit(&mut document);
        store.set_top(document.to_string());
    })
}

const REF_NAME: &str = "org.opencontainers.image.ref.name";
const VERSION: &str = "org.opencontainers.image.version";
const TYPE: &str = "vnd.amaas.type";

fn of_top() -> Vec<(String, ErrorKind, Damage)> {
    let other = format!("sha256:{}", "b".repeat(64));
    vec![
        case("empty list", Corrupt, |store| store.set_top("")),
        case("list cut off", Corrupt, |store| {
            let text = store.top().to_string();
            store.set_top(&text[..text.len() / 2]);
        }),
        case("list with a tail", Corrupt, |store| {
            store.set_top(format!("{} {{}}", store.top()));
        }),
        case("list of no UTF-8", Corrupt, |store| {
            store.set_top([0xff, 0xfe]);
        }),
        case("list nested without end", Corrupt, |store| {
            store.set_top("[".repeat(100_000));
        }),
        case("list that is an array", Corrupt, |store| {
            store.set_top("[]");
        }),
        case("list too large", Corrupt, |store| {
            store.set_top(vec![b' '; (64 << 20) + 1]);
        }),
        case("list is a folder", Corrupt, |store| {
            fs::remove_file(store.top_path()).unwrap();
            fs::create_dir(store.top_path()).unwrap();
        }),
        case("list with a repeated field", Corrupt, |store| {
            store.set_top(
                store
                    .top()
                    .to_string()
                    .replacen('{', r#"{"schemaVersion":2,"#, 1),
            );
        }),
        case("entry with a repeated annotation", Corrupt, |store| {
            let again = format!(r#"{{"{REF_NAME}":"other","{REF_NAME}":"#);
            store.set_top(store.top().to_string().replacen(
                &format!(r#"{{"{REF_NAME}":"#),
                &again,
                1,
            ));
        }),
        top("schema version 1", |top| top["schemaVersion"] = json!(1)),
        top("another media type", |top| {
            top["mediaType"] = json!("text/plain");
        }),
        top("another artifact type", |top| {
            top["annotations"][TYPE] = json!("text/plain");
        }),
        top("model listed twice", |top| {
            let entry = top["manifests"][0].clone();
            top["manifests"].as_array_mut().unwrap().push(entry);
        }),
        top("model of another media type", |top| {
            top["manifests"][0]["mediaType"] = json!("x");
        }),
        top("negative size", |top| {
            top["manifests"][0]["size"] = json!(-1);
        }),
        top("size too small", |top| {
            top["manifests"][0]["size"] = json!(1);
        }),
        top("size too large", |top| {
            top["manifests"][0]["size"] = json!(100_000);
        }),
        top("size without bounds", |top| {
            top["manifests"][0]["size"] = json!(u64::MAX);
        }),
        top("digest of nothing", move |top| {
            top["manifests"][0]["digest"] = json!(other);
        }),
        top("digest with a path", |top| {
            top["manifests"][0]["digest"] = json!(format!("sha256:../../{}", "a".repeat(58)));
        }),
        top("digest in capitals", |top| {
            let digest = top["manifests"][0]["digest"]
                .as_str()
                .unwrap()
                .to_uppercase();
            top["manifests"][0]["digest"] = json!(digest);
        }),
        top("digest of another algorithm", |top| {
            top["manifests"][0]["digest"] = json!("md5:00");
        }),
        top("model without a name", |top| {
            let annotations = &mut top["manifests"][0]["annotations"];
            annotations.as_object_mut().unwrap().remove(REF_NAME);
        }),
    ]
}

fn of_blobs() -> Vec<(String, ErrorKind, Damage)> {
    let each = |name: &'static str, damage: fn(&std::path::Path)| {
        ["index", "manifest", "config", "layer"].map(|which| {
            case(&format!("{which} {name}"), Corrupt, move |store| {
                let descriptor = match which {
                    "index" => store.top()["manifests"][0].clone(),
                    "manifest" => store.model()["manifests"][0].clone(),
                    "config" => store.manifest()["config"].clone(),
                    _ => store.manifest()["layers"][3].clone(),
                };
                damage(&store.blob_path(&descriptor));
            })
        })
    };
    let mut cases = Vec::new();
    cases.extend(each("missing", |path| fs::remove_file(path).unwrap()));
    cases.extend(each("empty", |path| fs::write(path, "").unwrap()));
    cases.extend(each("one byte longer", |path| {
        fs::write(path, [fs::read(path).unwrap(), vec![0]].concat()).unwrap();
    }));
    cases.extend(each("is a folder", |path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    }));
    #[cfg(unix)]
    cases.extend(each("is a link to a device", |path| {
        fs::remove_file(path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", path).unwrap();
    }));
    #[cfg(unix)]
    cases.extend(each("is a pipe", |path| {
        fs::remove_file(path).unwrap();
        assert!(
            std::process::Command::new("mkfifo")
                .arg(path)
                .status()
                .unwrap()
                .success()
        );
    }));
    cases
}

/// Every way to tamper with a store, with the kind of error it gives.
pub(crate) fn damages() -> Vec<(String, ErrorKind, Damage)> {
    let cases = [
        of_top(),
        model::of_model(),
        manifest::of_manifest(),
        of_blobs(),
    ];
    cases.into_iter().flatten().collect()
}

#[test]
fn tampered_stores_are_refused_and_left_as_they_are() {
    let cases = damages();
    report("tampered stores", cases.len());
    let store = Store::new();
    let root = store.home.registry.root();
    let good = snapshot(root);
    for (name, kind, damage) in &cases {
        let fresh = Registry::open(root).unwrap();
        damage(&store);
        let before = snapshot(root);
        let error = Store::serve_from(&fresh).expect_err(name);
        assert_eq!(error.kind(), *kind, "{name}: {}", error.report());
        // What remembers the good documents may go on with these, and with nothing else.
        match store.serve() {
            Ok(loaded) => assert!(Store::is_right(&loaded), "{name}"),
            Err(error) => assert_eq!(error.kind(), *kind, "{name}: {}", error.report()),
        }
        assert!(error.remedy().is_some(), "{name}: {error}");
        assert!(snapshot(root) == before, "{name} changed the store");
        restore(&good, &before);
        assert!(store.is_good(), "{name}: not served again");
        assert!(
            Store::serve_from(&fresh).is_ok(),
            "{name}: not served again"
        );
    }
}

type Snapshot = std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>;

pub(crate) fn restore(good: &Snapshot, now: &Snapshot) {
    for path in now.keys().filter(|path| !good.contains_key(*path)) {
        fs::remove_file(path).unwrap();
    }
    for (path, bytes) in good
        .iter()
        .filter(|(path, bytes)| now.get(*path) != Some(*bytes))
    {
        let _gone = fs::remove_dir(path).or_else(|_| fs::remove_file(path));
        fs::write(path, bytes).unwrap();
    }
}
