//! Tokenizer files that are none, or that mean harm: none is published or served, the registry
//! stays as it was, and the same service publishes a good package next.

use std::fs;

use amaas_core::ErrorKind::InvalidPackage;
use serde_json::{Value, json};

use super::counts::report;
use super::disk::snapshot;
use super::support::{TOKENIZER, World, summing};

type Edit = fn(&mut Value);

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
    let cases: Vec<_> = of_text().into_iter().chain(edits).collect();
    let package = world.package("1.0.0", "", "");
    let path = package.to_str().unwrap();
    let root = service.registry().unwrap().root().to_owned();
    let before = snapshot(&root);
    let mut wrong = Vec::new();
    for (name, bytes) in &cases {
        fs::write(package.join("tokenizer.json"), bytes).unwrap();
        for answer in [service.publish(path).err(), service.load(path).err()] {
            let kind = answer.as_ref().map(amaas_core::Error::kind);
            if kind != Some(InvalidPackage) {
                wrong.push(format!("{name}: {answer:?}"));
            }
        }
        assert!(
            snapshot(&root) == before,
            "{name} changed the store: {wrong:?}"
        );
        assert_eq!(backend.counts().live, 0, "{name}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    report("tokenizer files", cases.len());
    fs::write(package.join("tokenizer.json"), TOKENIZER).unwrap();
    assert!(service.publish(path).unwrap().created);
    assert!(service.load("words").unwrap().classify(&["a"]).is_ok());
}
