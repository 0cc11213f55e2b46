//! Manifests that somebody tampered with, and what they name.

use amaas_core::ErrorKind::{self, Corrupt, InvalidPackage};
use serde_json::{Value, json};

use super::{Damage, case};
use crate::support::{graph, text};

const PATH: &str = "org.cncf.model.filepath";

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

pub(super) fn of_manifest() -> Vec<(String, ErrorKind, Damage)> {
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
