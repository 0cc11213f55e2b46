//! Texts and tensors in, answers out.

use amaas_cli::Host;
use serde_json::json;

use crate::support::{Home, fixture, keys, repository, sentiment};

#[test]
fn texts_get_labels() {
    let home = Home::published();
    let text = home.says(&["run", "sentiment@^1", "I loved it", "Dull and boring"]);
    let words: Vec<_> = text
        .lines()
        .map(|line| line.split("  ").next().unwrap())
        .collect();
    assert_eq!(words, ["positive", "negative"], "{text}");

    let both = home.says(&["run", "sentiment", "I loved it", "--top-k", "2"]);
    assert!(
        both.starts_with("positive  0.") && both.contains("  negative  0."),
        "{both}"
    );

    let json = home.json(&["run", "sentiment", "I loved it"]);
    assert_eq!(keys(&json), ["answers", "model", "notices"]);
    assert_eq!(json["model"], "sentiment@1.1.0");
    let answer = &json["answers"][0];
    assert_eq!(keys(answer), ["labels", "truncated", "windows"]);
    assert_eq!(answer["labels"].as_array().unwrap().len(), 2);
    assert!(answer["labels"][0]["score"].as_f64().unwrap() > 0.5);
}

#[test]
fn a_path_runs_without_a_registry() {
    let home = Home::empty();
    let text = home.says(&["run", &sentiment("1.0.0"), "I loved it"]);
    assert!(text.starts_with("positive  "), "{text}");
    assert!(!home.path("registry").exists());
}

#[test]
fn a_receipt_is_added_on_request() {
    let home = Home::empty();
    let path = sentiment("1.1.0");
    let text = home.says(&["run", &path, "I loved it", "--usage"]);
    assert!(text.contains("\nmodel     sentiment@1.1.0\n"), "{text}");
    assert!(text.contains("\nrows      1\ntokens    3\n"), "{text}");
    let usage = &home.json(&["run", &path, "I loved it", "--usage"])["usage"];
    assert_eq!(
        keys(usage),
        [
            "computed_ms",
            "digest",
            "model",
            "queued_ms",
            "rows",
            "tokens",
            "version"
        ]
    );
    assert_eq!(usage["tokens"], 3);
}

#[test]
fn a_text_that_was_cut_is_told() {
    let home = Home::empty();
    let long = "word ".repeat(500);
    let arguments = ["run", &sentiment("1.1.0"), "short", &long];
    let ended = home.run(&arguments);
    assert_eq!(ended.code, 0);
    assert_eq!(ended.out.lines().count(), 2);
    assert!(
        ended.err.starts_with("note: text 2 is too long: "),
        "{}",
        ended.err
    );
    let json = home.json(&arguments);
    assert_eq!(json["answers"][0]["truncated"], 0);
    assert!(json["answers"][1]["truncated"].as_u64().unwrap() > 0);
    let windows = home.json(&[&arguments[..], &["--overflow", "window"]].concat());
    assert!(windows["answers"][1]["windows"].as_u64().unwrap() > 1);
    let (code, error) = home.refuses(&[&arguments[..], &["--overflow", "error"]].concat());
    assert_eq!((code, &error["kind"]), (2, &"input_too_long".into()));
}

#[test]
fn tensors_come_from_json() {
    let home = Home::empty();
    let file = home.file(
        "x.json",
        r#"{"input_ids": [[1, 2, 3]], "attention_mask": [[1, 1, 1]]}"#,
    );
    let path = sentiment("1.1.0");
    let json = home.json(&["run", &path, "--input", &file, "--output", "logits"]);
    let logits = &json["outputs"][0];
    assert_eq!(keys(logits), ["dtype", "name", "shape", "values"]);
    assert_eq!(logits["shape"], json!([1, 2]));
    assert!(logits["values"][0][1].is_f64());
    let text = home.says(&["run", &path, "--input", &file, "--usage"]);
    assert!(text.starts_with("logits  float32[1, 2]\n  [["), "{text}");
    assert!(text.contains("\nrows      1\n"), "{text}");
}

#[test]
fn every_dtype_that_json_spells_comes_back() {
    let home = Home::empty();
    for (graph, values) in [
        (
            "identity_float32.onnx",
            json!([0.1, "NaN", "-Infinity", 3.0]),
        ),
        ("identity_float16.onnx", json!([0.5, 1.0])),
        ("identity_bfloat16.onnx", json!([0.5, 1.0])),
        ("identity_int64.onnx", json!([1, 9_007_199_254_740_993_i64])),
        ("identity_bool.onnx", json!([true, false])),
        ("identity_string.onnx", json!(["ü", ""])),
    ] {
        let file = home.file("x.json", json!({"x": values}).to_string());
        let answer = home.json(&["run", &fixture(graph), "--input", &file]);
        assert_eq!(answer["outputs"][0]["values"], values, "{graph}");
    }
}

#[test]
fn tensors_come_from_numpy() {
    let home = Home::empty();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend([1.5_f32, -2.0].map(f32::to_le_bytes).concat());
    let source = format!("x={}", home.file("x.npy", bytes));
    let answer = home.json(&["run", &fixture("identity_float32.onnx"), "--input", &source]);
    assert_eq!(answer["outputs"][0]["values"], json!([1.5, -2.0]));
}

#[test]
fn wrong_tensors_are_refused_without_being_repeated() {
    let home = Home::empty();
    let graph = fixture("identity_float32.onnx");
    for content in [
        r#"{"x": ["secret"]}"#,
        r#"{"x": [[1], [2, 3]]}"#,
        r#"{"y": [[1]]}"#,
        r#"{"x": [[1]], "x": [[secret"#,
        "[1]",
        "",
        "{}",
    ] {
        let file = home.file("x.json", content);
        let (code, error) = home.refuses(&["run", &graph, "--input", &file]);
        assert_eq!(
            (code, &error["kind"]),
            (2, &"invalid_argument".into()),
            "{content}"
        );
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let (code, _) = home.refuses(&["run", &graph, "--input", "x=nowhere.npy"]);
    assert_eq!(code, 3);
    let file = format!("x={}", home.file("x.npy", "PK"));
    assert_eq!(home.refuses(&["run", &graph, "--input", &file]).0, 2);
}

#[test]
fn a_run_can_be_stopped() {
    let home = Home::empty();
    let file = home.file("go.json", r#"{"go": true, "x": [0]}"#);
    let arguments = ["amaas", "run", &fixture("endless.onnx"), "--input", &file];
    let watch = |stop: &amaas_core::runtime::Stop| {
        let stop = stop.clone();
        std::thread::spawn(move || stop.raise());
    };
    let host = Host {
        watch: &watch,
        ..Host::default()
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = amaas_cli::run_on(&host, arguments, &mut out, &mut err);
    assert_eq!(code, 130, "{}", String::from_utf8_lossy(&err));
    assert!(out.is_empty());
}

/// With the package that `make minilm` writes, which `make test` calls.
#[test]
fn texts_get_vectors() {
    let path = repository("models/minilm/all-minilm-l6-v2/1.0.0");
    assert!(std::path::Path::new(&path).exists(), "run `make minilm`");
    let home = Home::empty();
    let json = home.json(&["run", &path, "A cat sleeps.", "A dog barks."]);
    assert_eq!(keys(&json), ["model", "notices", "truncated", "vectors"]);
    assert_eq!(json["truncated"], json!([0, 0]));
    assert_eq!(json["vectors"][1].as_array().unwrap().len(), 384);
    let short = home.says(&[
        "run",
        &path,
        "A cat sleeps.",
        "--dimensions",
        "8",
        "--usage",
    ]);
    let lines: Vec<_> = short.lines().collect();
    assert!(
        lines[0].starts_with('[') && lines[0].ends_with(" …]  8 numbers"),
        "{short}"
    );
    assert_eq!(lines[4], "rows      1");
    let (code, error) = home.refuses(&["run", &path, "x", "--prompt", "nowhere"]);
    assert_eq!((code, &error["kind"]), (2, &"invalid_argument".into()));
}
