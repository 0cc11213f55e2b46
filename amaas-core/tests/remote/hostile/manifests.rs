//! Manifests that are none, lie about what they name, or name more than anybody wants.

use amaas_core::ErrorKind::{self, Corrupt, InvalidPackage, NotFound, Overloaded};
use serde_json::json;

use super::{Case, case, head, refuse};
use crate::packages::{Home, report, snapshot};
use crate::script::Reply;
use crate::site::{MANIFEST, Site};
use crate::support::builder;

fn manifest(name: &'static str, kind: ErrorKind, reply: impl Fn(&[u8]) -> Reply + 'static) -> Case {
    case(name, kind, move |site| {
        let reply = reply(&site.manifest);
        site.on("GET /v2/acme/ner/manifests/", move |_| reply.clone());
    })
}

fn document(
    name: &'static str,
    kind: ErrorKind,
    edit: impl Fn(&mut serde_json::Value) + 'static,
) -> Case {
    case(name, kind, move |site| site.edit(&edit))
}

fn typed(bytes: impl Into<Vec<u8>>) -> Reply {
    Reply::body(bytes).with("Content-Type", MANIFEST)
}

fn of_manifests() -> Vec<Case> {
    let layers = |count: usize| {
        let layer =
            json!({"mediaType": "x", "digest": format!("sha256:{}", "a".repeat(64)), "size": 1});
        json!(vec![layer; count])
    };
    vec![
        manifest("no JSON", Corrupt, |_| typed("<html>")),
        manifest("nothing", Corrupt, |_| typed("")),
        manifest("cut off", Corrupt, |good| typed(&good[..good.len() / 2])),
        manifest("no UTF-8", Corrupt, |_| typed([0xff, 0xfe])),
        manifest("nested without end", Corrupt, |_| {
            typed("[".repeat(100_000))
        }),
        manifest("with a tail", Corrupt, |good| typed([good, b"{}"].concat())),
        manifest("larger than allowed", Corrupt, |_| {
            typed(vec![b' '; (4 << 20) + 1])
        }),
        manifest("without end", Corrupt, |_| {
            Reply::Endless([head("200 OK"), b"\r\n".to_vec()].concat())
        }),
        manifest("of Docker's type", Corrupt, |good| {
            Reply::body(good).with(
                "Content-Type",
                "application/vnd.docker.distribution.manifest.v2+json",
            )
        }),
        manifest("of no type", Corrupt, |good| Reply::body(good)),
        manifest("an index", Corrupt, |good| {
            Reply::body(good).with("Content-Type", "application/vnd.oci.image.index.v1+json")
        }),
        manifest("under another digest", Corrupt, |good| {
            typed(good).with(
                "Docker-Content-Digest",
                format!("sha256:{}", "0".repeat(64)),
            )
        }),
        manifest("busy", Overloaded, |_| Reply::status(429)),
        manifest("gone", NotFound, |_| Reply::status(404)),
        manifest("moved and gone", Corrupt, |_| Reply::status(301)),
        document("a million layers", Corrupt, move |it| {
            it["layers"] = json!(vec![json!({}); 1_000_000]);
        }),
        document("five thousand layers", Corrupt, move |it| {
            it["layers"] = layers(5000);
        }),
        document("no layers", InvalidPackage, |it| it["layers"] = json!([])),
        document("layers of another kind", Corrupt, |it| {
            it["layers"] = json!("all");
        }),
        document("without `amaas.toml`", InvalidPackage, |it| {
            it["layers"].as_array_mut().unwrap().remove(0);
        }),
        document("without a graph", InvalidPackage, |it| {
            it["layers"]
                .as_array_mut()
                .unwrap()
                .retain(|layer| layer["annotations"]["org.cncf.model.filepath"] != "model.onnx");
        }),
        document("a digest that is a path", Corrupt, |it| {
            it["layers"][0]["digest"] = json!("sha256:../../../etc/passwd");
        }),
        document("a digest that asks", Corrupt, |it| {
            it["layers"][0]["digest"] = json!(format!("sha256:{}?x=/../", "a".repeat(58)));
        }),
        document("a digest of another sort", Corrupt, |it| {
            it["layers"][0]["digest"] = json!(format!("sha512:{}", "a".repeat(128)));
        }),
        document("a digest in capitals", Corrupt, |it| {
            it["layers"][0]["digest"] = json!(format!("sha256:{}", "A".repeat(64)));
        }),
        document("a short digest", Corrupt, |it| {
            it["config"]["digest"] = json!("sha256:00");
        }),
        document("no digest", Corrupt, |it| {
            it["config"]["digest"] = json!(null);
        }),
        document("sizes out of all reason", Corrupt, |it| {
            it["layers"][0]["size"] = json!(u64::MAX);
            it["layers"][1]["size"] = json!(u64::MAX);
        }),
        document("more bytes than a pull may bring", InvalidPackage, |it| {
            it["layers"][1]["size"] = json!(1_u64 << 41);
        }),
        document(
            "layers that are too many bytes together",
            InvalidPackage,
            |it| {
                for layer in it["layers"].as_array_mut().unwrap() {
                    layer["size"] = json!(1_u64 << 39);
                }
            },
        ),
        document("a negative size", Corrupt, |it| {
            it["layers"][1]["size"] = json!(-1);
        }),
        document("a size too large by one", Corrupt, |it| {
            it["layers"][1]["size"] = json!(it["layers"][1]["size"].as_u64().unwrap() + 1);
        }),
        document("a size too small by one", Corrupt, |it| {
            it["layers"][1]["size"] = json!(it["layers"][1]["size"].as_u64().unwrap() - 1);
        }),
        document("two sizes for one digest", Corrupt, |it| {
            let mut twin = it["layers"][1].clone();
            twin["size"] = json!(1);
            it["layers"].as_array_mut().unwrap().push(twin);
        }),
        document("a config too large", Corrupt, |it| {
            it["config"]["size"] = json!(5 << 20);
        }),
        document("one file twice", Corrupt, |it| {
            let twin = it["layers"][1].clone();
            it["layers"].as_array_mut().unwrap().push(twin);
        }),
        document("a path that leads out", Corrupt, |it| {
            it["layers"][1]["annotations"]["org.cncf.model.filepath"] = json!("../../x");
        }),
        document("a path from the root", Corrupt, |it| {
            it["layers"][1]["annotations"]["org.cncf.model.filepath"] = json!("/etc/passwd");
        }),
        document("a layer without a path", Corrupt, |it| {
            it["layers"][1]["annotations"] = json!({});
        }),
        document("a container image", InvalidPackage, |it| {
            it["artifactType"] = json!("application/vnd.oci.image.config.v1+json");
        }),
        document("another config", InvalidPackage, |it| {
            it["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
        }),
        document("another schema", InvalidPackage, |it| {
            it["schemaVersion"] = json!(1);
        }),
        document("another model's package", Corrupt, |it| {
            it["annotations"]["org.opencontainers.image.title"] = json!("other");
        }),
        document("another version's package", Corrupt, |it| {
            it["annotations"]["org.opencontainers.image.version"] = json!("1.0.1");
        }),
        document("a version that is none", Corrupt, |it| {
            it["annotations"]["org.opencontainers.image.version"] = json!("newest");
        }),
        document("no annotations", Corrupt, |it| {
            it["annotations"] = json!({});
        }),
        document("annotations that `amaas.toml` contradicts", Corrupt, |it| {
            it["annotations"]["org.opencontainers.image.licenses"] = json!("WTFPL");
        }),
        case("one annotation twice", Corrupt, |site| {
            let text = String::from_utf8(site.manifest.clone()).unwrap();
            let key = "\"org.opencontainers.image.title\":";
            site.set_manifest(text.replace(key, &format!("{key}\"ner\",{key}")));
        }),
    ]
}

#[test]
fn hostile_manifests_are_refused_and_change_nothing() {
    report("manifests of remotes", refuse(&of_manifests()));
}

#[test]
fn a_package_over_the_limit_is_refused_before_its_first_blob() {
    let (site, home) = (Site::new(), Home::new());
    let (ner, any) = ("ner".parse().unwrap(), "^1".parse().unwrap());
    let blobs = site.blobs.values().map(Vec::len).sum::<usize>();
    let size = (blobs + site.manifest.len()) as u64;
    let script = site.serve();
    let before = snapshot(home.registry.root());
    let pull = |limit| {
        let remote = builder(script.port).limit(limit).open().unwrap();
        remote.pull(&home.registry, &ner, &any)
    };
    let error = pull(size - 1).unwrap_err();
    assert_eq!(error.kind(), InvalidPackage, "{error}");
    assert!(error.message().contains(&size.to_string()), "{error}");
    assert!(error.remedy().is_some(), "{error}");
    assert_eq!(script.requests("/blobs/").len(), 0);
    assert_eq!(snapshot(home.registry.root()), before);
    assert!(pull(size).unwrap().created);
}
