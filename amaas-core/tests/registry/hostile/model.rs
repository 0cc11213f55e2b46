//! Indexes of a model that somebody tampered with.

use amaas_core::ErrorKind::{self, Corrupt};
use serde_json::{Value, json};

use super::{Damage, REF_NAME, TYPE, VERSION, case, top};

fn model(name: &str, edit: impl Fn(&mut Value) + 'static) -> (String, ErrorKind, Damage) {
    case(name, Corrupt, move |store| {
        let mut document = store.model();
        edit(&mut document);
        store.set_model(document.to_string());
    })
}

pub(super) fn of_model() -> Vec<(String, ErrorKind, Damage)> {
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
