//! Tokenizer files that are none, or that mean harm: none is published or served, the registry
//! stays as it was, and the same service publishes a good package next.

use std::fs;

use amaas_core::ErrorKind::InvalidPackage;
use serde_json::{Value, json};

use super::counts::report;
use super::disk::snapshot;
use super::support::{TOKENIZER, World, summing};

type Edit = fn(&mut Value);

/// Repeated, a text that no tokenizer has.
const HUGE: &str = "x";
/// Files that are larger than a tokenizer may be: 256 MiB.
const BOMBS: [(&str, u64); 2] = [
    ("a file beyond the limit", (256 << 20) + 1),
    ("a file of a tebibyte", 1 << 40),
];

/// What is no JSON, or not that of a tokenizer.
fn of_text() -> Vec<(&'static str, Vec<u8>)> {
    let whole = TOKENIZER.as_bytes();
    let nested = |open: &str, times: usize| open.repeat(times).into_bytes();
    vec![
        ("nothing", vec![]),
        ("blank", b"  \n ".to_vec()),
        ("null", b"null".to_vec()),
        ("a number", b"1".to_vec()),
        ("a list", b"[]".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("text", b"hello".to_vec()),
        ("cut off", whole[..whole.len() / 2].to_vec()),
        (
            "without its last byte",
            whole.trim_ascii_end()[..whole.len() - 1].to_vec(),
        ),
        ("with a tail", [whole, b"}"].concat()),
        ("twice", [whole, whole].concat()),
        ("no UTF-8", vec![0xff, 0xfe, 0xfd]),
        (
            "UTF-16",
            "{}".encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("zeros", vec![0; 4096]),
        ("lists nested without end", nested("[", 100_000)),
        ("objects nested without end", nested("{\"a\":", 100_000)),
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0".to_vec()),
        ("a pickle", b"\x80\x04\x95\x10\0\0\0".to_vec()),
        (
            "a pointer of Git LFS",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n".to_vec(),
        ),
        ("a web page", b"<!DOCTYPE html><title>404</title>".to_vec()),
        ("no number", b"{\"model\": NaN}".to_vec()),
        ("a lone surrogate", br#"{"model": "\ud800"}"#.to_vec()),
    ]
}

/// One key twice: what was looked at need not be what runs.
fn of_keys() -> Vec<(&'static str, Vec<u8>)> {
    let spelt = |from: &str, to: &str| {
        assert!(TOKENIZER.contains(from), "{from}");
        TOKENIZER.replacen(from, to, 1).into_bytes()
    };
    vec![
        (
            "a model twice",
            spelt("\"model\":", "\"model\": {}, \"model\":"),
        ),
        (
            "a model twice, once escaped",
            spelt("\"model\":", "\"\\u006dodel\": {}, \"model\":"),
        ),
        (
            "a format twice",
            spelt("\"version\":", "\"version\": \"1.0\", \"version\":"),
        ),
        (
            "a kind of model twice",
            spelt(
                "\"type\": \"WordLevel\"",
                "\"type\": \"BPE\", \"type\": \"WordLevel\"",
            ),
        ),
        (
            "a vocabulary twice",
            spelt("\"vocab\":", "\"vocab\": {\"a\": 7}, \"vocab\":"),
        ),
        ("a word twice", spelt("\"a\": 1,", "\"a\": 1, \"a\": 2,")),
        (
            "a word twice alike",
            spelt("\"a\": 1,", "\"a\": 1, \"a\": 1,"),
        ),
        (
            "a normalizer twice",
            spelt(
                "\"normalizer\":",
                "\"normalizer\": {\"type\": \"Lowercase\"}, \"normalizer\":",
            ),
        ),
        (
            "padding twice",
            spelt("\"padding\":", "\"padding\": null, \"padding\":"),
        ),
        (
            "a length twice",
            spelt("\"max_length\": 2", "\"max_length\": 2, \"max_length\": 3"),
        ),
    ]
}

/// What a good file becomes by one change.
fn of_edits() -> Vec<(&'static str, Edit)> {
    vec![
        ("another format", |file| file["version"] = json!("9.9")),
        ("a format that is a number", |file| {
            file["version"] = json!(1);
        }),
        ("without a model", |file| {
            drop(file.as_object_mut().unwrap().remove("model"));
        }),
        ("a model that is a text", |file| {
            file["model"] = json!("WordLevel");
        }),
        ("a model that is a list", |file| file["model"] = json!([])),
        ("a model of no kind", |file| {
            file["model"]["type"] = json!("Oracle");
        }),
        ("a model of another kind", |file| {
            file["model"]["type"] = json!("Unigram");
        }),
        ("a vocabulary that is a list", |file| {
            file["model"]["vocab"] = json!(["a"]);
        }),
        ("a vocabulary that is a text", |file| {
            file["model"]["vocab"] = json!("a");
        }),
        ("an id below zero", |file| {
            file["model"]["vocab"]["a"] = json!(-1);
        }),
        ("an id with a fraction", |file| {
            file["model"]["vocab"]["a"] = json!(0.5);
        }),
        ("an id that is a text", |file| {
            file["model"]["vocab"]["a"] = json!("1");
        }),
        ("an id without bounds", |file| {
            file["model"]["vocab"]["a"] = json!(u64::MAX);
        }),
        ("an id that is null", |file| {
            file["model"]["vocab"]["a"] = Value::Null;
        }),
        ("added tokens that are an object", |file| {
            file["added_tokens"] = json!({});
        }),
        ("an added token that is a text", |file| {
            file["added_tokens"] = json!(["x"]);
        }),
        ("an added token without content", |file| {
            file["added_tokens"] = json!([{"id": 7}]);
        }),
        ("a normalizer of no kind", |file| {
            file["normalizer"] = json!({"type": "Shell"});
        }),
        ("a normalizer that is a text", |file| {
            file["normalizer"] = json!("Lowercase");
        }),
        ("a pattern that never closes", |file| {
            file["normalizer"] =
                json!({"type": "Replace", "pattern": {"Regex": "("}, "content": ""});
        }),
        ("a pattern of no kind", |file| {
            file["normalizer"] =
                json!({"type": "Replace", "pattern": {"Glob": "*"}, "content": ""});
        }),
        ("a character map of no base64", |file| {
            file["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": "!"});
        }),
        ("a splitter of no kind", |file| {
            file["pre_tokenizer"] = json!({"type": "Exec"});
        }),
        ("a splitter that never closes", |file| {
            let split = json!({"type": "Split", "pattern": {"Regex": "[a"}, "behavior": "Isolated", "invert": false});
            file["pre_tokenizer"] = split;
        }),
        ("a splitter of no behaviour", |file| {
            let split = json!({"type": "Split", "pattern": {"String": "a"}, "behavior": "Explode", "invert": false});
            file["pre_tokenizer"] = split;
        }),
        ("a sequence of nothing known", |file| {
            file["pre_tokenizer"] = json!({"type": "Sequence", "pretokenizers": [{"type": "x"}]});
        }),
        ("a template of tokens that are not there", |file| {
            file["post_processor"] = json!({
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [], "special_tokens": {}
            });
        }),
        ("a template that is a text", |file| {
            file["post_processor"] = json!({"type": "TemplateProcessing", "single": 3});
        }),
        ("a post-processor of no kind", |file| {
            file["post_processor"] = json!({"type": "x"});
        }),
        ("a decoder of no kind", |file| {
            file["decoder"] = json!({"type": "x"});
        }),
        ("a word out of all reason", |file| {
            file["model"]["vocab"][HUGE.repeat(5 << 20)] = json!(6);
        }),
        ("an added token out of all reason", |file| {
            let token = json!({
                "id": 6, "content": HUGE.repeat(5 << 20), "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": false
            });
            file["added_tokens"] = json!([token]);
        }),
        ("a pattern out of all reason", |file| {
            let pattern = json!({"Regex": HUGE.repeat(5 << 20)});
            file["normalizer"] = json!({"type": "Replace", "pattern": pattern, "content": ""});
        }),
        ("a replacement out of all reason", |file| {
            let content = HUGE.repeat(5 << 20);
            file["normalizer"] =
                json!({"type": "Replace", "pattern": {"String": "a"}, "content": content});
        }),
        ("a word for nothing known out of all reason", |file| {
            file["model"]["unk_token"] = json!(HUGE.repeat(5 << 20));
        }),
        ("truncation without a length", |file| {
            file["truncation"] = json!({});
        }),
        ("truncation below zero", |file| {
            file["truncation"]["max_length"] = json!(-1);
        }),
        ("truncation of no strategy", |file| {
            file["truncation"]["strategy"] = json!("Half");
        }),
        ("padding of no strategy", |file| {
            file["padding"]["strategy"] = json!("Most");
        }),
        ("padding to a length below zero", |file| {
            file["padding"]["strategy"] = json!({"Fixed": -1});
        }),
        ("padding that is a list", |file| {
            file["padding"] = json!([1]);
        }),
    ]
}

#[test]
fn hostile_tokenizers_are_neither_published_nor_served() {
    let (world, backend) = (World::new(), summing());
    let service = world.service(&backend);
    let good: Value = serde_json::from_str(TOKENIZER).unwrap();
    let edited = |edit: Edit| {
        let mut file = good.clone();
        edit(&mut file);
        file.to_string().into_bytes()
    };
    let edits = of_edits()
        .into_iter()
        .map(|(name, edit)| (name, edited(edit)));
    let cases: Vec<_> = of_text()
        .into_iter()
        .chain(of_keys())
        .chain(edits)
        .collect();
    let package = world.package("1.0.0", "", "");
    let path = package.to_str().unwrap();
    let root = service.registry().unwrap().root().to_owned();
    let before = snapshot(&root);
    let file = package.join("tokenizer.json");
    let refused = |name: &str| {
        for answer in [service.publish(path).err(), service.load(path).err()] {
            let kind = answer.as_ref().map(amaas_core::Error::kind);
            assert_eq!(kind, Some(InvalidPackage), "{name}: {answer:?}");
        }
        assert!(snapshot(&root) == before, "{name} changed the store");
        assert_eq!(backend.counts().live, 0, "{name}");
    };
    for (name, bytes) in &cases {
        fs::write(&file, bytes).unwrap();
        refused(name);
    }
    for (name, length) in BOMBS {
        // Holes, which take no room on the disk.
        let file = fs::File::create(&file).unwrap();
        file.set_len(length).unwrap();
        refused(name);
    }
    report("tokenizer files", cases.len() + BOMBS.len());
    fs::write(package.join("tokenizer.json"), TOKENIZER).unwrap();
    assert!(service.publish(path).unwrap().created);
    assert!(service.load("words").unwrap().classify(&["a"]).is_ok());
}
