//! Stores that somebody tampered with: every call answers with a typed error, changes nothing,
//! and the same handle serves again once the store is good.

use std::fs;

use amaas_core::ErrorKind::{self, Corrupt, InvalidPackage};
use amaas_core::registry::Registry;
use serde_json::{Value, json};

pub(crate) use crate::hostile_store::Store;
use crate::support::{graph, report, snapshot, text};

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

fn model(name: &str, edit: impl Fn(&mut Value) + 'static) -> (String, ErrorKind, Damage) {
    case(name, Corrupt, move |store| {
        let mut document = store.model();
        edit(&mut document);
        store.set_model(document.to_string());
    })
}

fn manifest(
    name: &str,
    kind: ErrorKind,
    edit: impl Fn(&mut Value) + 'static,
) -> (String, ErrorKind, Damage) {
    case(name, kind, move |store| {
        let mut document = store.manifest();
        edit(&mut document);
        store.set_manifest(document.to_string());
    })
}

const REF_NAME: &str = "org.opencontainers.image.ref.name";
const VERSION: &str = "org.opencontainers.image.version";
const TYPE: &str = "vnd.amaas.type";
const PATH: &str = "org.cncf.model.filepath";

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

fn of_model() -> Vec<(String, ErrorKind, Damage)> {
    let log = |text: &'static str| {
        move |model: &mut Value| {
            model["annotations"]["vnd.amaas.aliases"] = json!(text);
        }
    };
    let mut cases = vec![
        case("model's index of no JSON", Corrupt, |store| {
            store.set_model("no");
        }),
        case("model's index too large", Corrupt, |store| {
            store.set_model(vec![b' '; (4 << 20) + 1]);
        }),
        model("index of another model", |model| {
            model["annotations"]["org.opencontainers.image.title"] = json!("other");
        }),
        model("index of another kind", |model| {
            model["annotations"][TYPE] = json!("x");
        }),
        model("version that is none", |model| {
            model["manifests"][0]["annotations"][VERSION] = json!("1");
        }),
        model("version that is a path", |model| {
            model["manifests"][0]["annotations"][VERSION] = json!("../1.0.0");
        }),
        model("version listed twice", |model| {
            model["manifests"][1]["annotations"][VERSION] = json!("1.0.0");
        }),
        model("version twice save for build metadata", |model| {
            model["manifests"][1]["annotations"][VERSION] = json!("1.0.0+z");
        }),
        model("version without annotations", |model| {
            model["manifests"][0]["annotations"] = json!({});
        }),
        model("version that is an index", |model| {
            model["manifests"][0]["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
        }),
        model("time that is none", |model| {
            model["manifests"][0]["annotations"]["org.opencontainers.image.created"] = json!("now");
        }),
        model("bytes that are no number", |model| {
            model["manifests"][0]["annotations"]["vnd.amaas.bytes"] = json!("-1");
        }),
        model("versions swapped", |model| {
            let digests = [0, 1].map(|entry| model["manifests"][entry]["digest"].clone());
            let sizes = [0, 1].map(|entry| model["manifests"][entry]["size"].clone());
            for entry in [0, 1] {
                model["manifests"][entry]["digest"] = digests[1 - entry].clone();
                model["manifests"][entry]["size"] = sizes[1 - entry].clone();
            }
        }),
        model("aliases of no JSON", log("{")),
        model("alias to nowhere", log(r#"{"champion":[]}"#)),
        model(
            "alias to what is not there",
            log(r#"{"champion":[{"version":"9.0.0","at":"2026-01-01T00:00:00Z"}]}"#),
        ),
        model(
            "alias at no time",
            log(r#"{"champion":[{"version":"1.0.0","at":"soon"}]}"#),
        ),
        model(
            "alias with a field unheard of",
            log(r#"{"champion":[{"version":"1.0.0","at":"2026-01-01T00:00:00Z","x":1}]}"#),
        ),
        model(
            "alias twice",
            log(
                r#"{"champion":[{"version":"1.0.0","at":"2026-01-01T00:00:00Z"}],"champion":[{"version":"1.1.0","at":"2026-01-01T00:00:00Z"}]}"#,
            ),
        ),
        model(
            "alias that is a path",
            log(r#"{"../x":[{"version":"1.0.0","at":"2026-01-01T00:00:00Z"}]}"#),
        ),
    ];
    let at = "2026-01-01T00:00:00Z";
    for (name, key, text) in [
        ("yank of no JSON", "yanked", "yes".to_owned()),
        ("yank at no time", "yanked", r#"{"at":"soon"}"#.to_owned()),
        (
            "yank without a time",
            "yanked",
            r#"{"reason":"x"}"#.to_owned(),
        ),
        (
            "yank before 1970",
            "yanked",
            r#"{"at":"1969-01-01T00:00:00Z"}"#.to_owned(),
        ),
        (
            "yank with a field unheard of",
            "yanked",
            format!(r#"{{"at":"{at}","x":1}}"#),
        ),
        (
            "yank twice at once",
            "yanked",
            format!(r#"{{"at":"{at}","at":"{at}"}}"#),
        ),
        (
            "yank that paints",
            "yanked",
            format!(r#"{{"at":"{at}","reason":"\u001b[2J"}}"#),
        ),
        (
            "yank of two lines",
            "yanked",
            format!(r#"{{"at":"{at}","reason":"a\nb"}}"#),
        ),
        (
            "yank for a blank reason",
            "yanked",
            format!(r#"{{"at":"{at}","reason":" "}}"#),
        ),
        (
            "yank for reasons without end",
            "yanked",
            format!(r#"{{"at":"{at}","reason":"{}"}}"#, "x".repeat(1001)),
        ),
        (
            "signature that is a path",
            "signature",
            "../../etc/passwd".to_owned(),
        ),
        (
            "signature of another algorithm",
            "signature",
            "md5:00".to_owned(),
        ),
        (
            "signature in capitals",
            "signature",
            format!("sha256:{}", "A".repeat(64)),
        ),
        ("signature of nothing", "signature", String::new()),
    ] {
        cases.push(model(name, move |model| {
            model["manifests"][0]["annotations"][format!("vnd.amaas.{key}")] = json!(text);
        }));
    }
    for (name, reason) in [
        ("alias moved with a bell", "\u{7}"),
        ("alias moved for a blank reason", ""),
        ("alias moved across lines", "a\r\nb"),
    ] {
        cases.push(model(name, move |model| {
            let log = json!({"champion": [{"version": "1.0.0", "at": at, "reason": reason}]});
            model["annotations"]["vnd.amaas.aliases"] = json!(log.to_string());
        }));
    }
    for name in [
        "..",
        "../ner",
        "/ner",
        "ner/..",
        "NER",
        "ner\u{0}",
        "n\u{435}r",
        "",
    ] {
        cases.push(top(&format!("model called {name:?}"), move |top| {
            top["manifests"][0]["annotations"][REF_NAME] = json!(name);
        }));
    }
    cases
}

fn of_manifest() -> Vec<(String, ErrorKind, Damage)> {
    let mut cases = vec![
        case("manifest of no JSON", Corrupt, |store| {
            store.set_manifest("no");
        }),
        case("manifest too large", Corrupt, |store| {
            store.set_manifest(vec![b' '; (4 << 20) + 1]);
        }),
        manifest("manifest of a container", InvalidPackage, |manifest| {
            manifest["artifactType"] = json!("x");
        }),
        manifest("manifest without a type", Corrupt, |manifest| {
            manifest.as_object_mut().unwrap().remove("artifactType");
        }),
        manifest("manifest without layers", InvalidPackage, |manifest| {
            manifest["layers"] = json!([]);
        }),
        manifest("manifest of too many layers", Corrupt, |manifest| {
            manifest["layers"] = json!(vec![manifest["layers"][0].clone(); 5000]);
        }),
        manifest("manifest of another package", Corrupt, |manifest| {
            manifest["annotations"]["org.opencontainers.image.title"] = json!("other");
        }),
        manifest("manifest under another licence", Corrupt, |manifest| {
            manifest["annotations"]["org.opencontainers.image.licenses"] = json!("proprietary");
        }),
        manifest("layer twice", Corrupt, |manifest| {
            let layer = manifest["layers"][1].clone();
            manifest["layers"].as_array_mut().unwrap().push(layer);
        }),
        manifest("layer left out", InvalidPackage, |manifest| {
            manifest["layers"].as_array_mut().unwrap().pop();
        }),
        manifest("layer added", InvalidPackage, |manifest| {
            let mut layer = manifest["layers"][1].clone();
            layer["annotations"][PATH] = json!("extra.bin");
            manifest["layers"].as_array_mut().unwrap().push(layer);
        }),
        manifest("layer of lying size", Corrupt, |manifest| {
            manifest["layers"][1]["size"] = json!(1_u64 << 50);
        }),
        manifest("layer without a path", Corrupt, |manifest| {
            manifest["layers"][1]["annotations"] = json!({});
        }),
        manifest("layers swapped", InvalidPackage, |manifest| {
            let path = manifest["layers"][1]["annotations"][PATH].clone();
            manifest["layers"][1]["annotations"][PATH] =
                manifest["layers"][3]["annotations"][PATH].clone();
            manifest["layers"][3]["annotations"][PATH] = path;
        }),
        manifest("config of lying size", Corrupt, |manifest| {
            manifest["config"]["size"] = json!(3);
        }),
        case("amaas.toml of no TOML", InvalidPackage, |store| {
            store.set_layer(0, b"[");
        }),
        case("amaas.toml of another version", InvalidPackage, |store| {
            store.set_layer(0, text("ner", "3.0.0").as_bytes());
        }),
        case("graph that is none", InvalidPackage, |store| {
            store.set_layer(1, b"no");
        }),
        case("graph with weights outside", InvalidPackage, |store| {
            store.set_layer(1, &graph(&["../w"]));
        }),
        case("graph with weights in memory", InvalidPackage, |store| {
            store.set_layer(1, &graph(&["*/_ORT_MEM_ADDR_/*"]));
        }),
    ];
    for path in [
        "../../etc/passwd",
        "/etc/passwd",
        "a/../../x",
        "..",
        ".",
        "./x",
        "a//x",
        "x/",
        "",
        "..\\x",
        "c:\\x",
        "c:x",
        "\\\\host\\x",
        "x\u{0}",
        "x\n",
        "a/./x",
        "*",
    ] {
        cases.push(manifest(
            &format!("layer called {path:?}"),
            Corrupt,
            move |manifest| {
                manifest["layers"][3]["annotations"][PATH] = json!(path);
            },
        ));
    }
    cases
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
    let cases = [of_top(), of_model(), of_manifest(), of_blobs()];
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
