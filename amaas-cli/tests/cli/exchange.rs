//! To and from other tools.

use std::fs;

use serde_json::json;

use crate::support::{Home, fixture, keys};

#[test]
fn numbered_folders_become_versions() {
    let home = Home::empty();
    let graph = fs::read(fixture("identity_float32.onnx")).unwrap();
    for number in ["1", "2"] {
        home.file(&format!("small/{number}/model.onnx"), &graph);
    }
    let path = home.path("small").display().to_string();
    let planned = home.json(&["import", &path, "--dry-run"]);
    assert_eq!(planned["versions"].as_array().unwrap().len(), 2);
    assert!(!home.path("registry").exists());

    let text = home.says(&["import", &path, "--license", "MIT"]);
    assert!(
        text.contains("small@1.0.0 published, from serving\nsha256:"),
        "{text}"
    );
    assert!(text.contains("\n  carried over: "), "{text}");
    let again = home.json(&["import", &path, "--license", "MIT"]);
    let version = &again["versions"][1];
    assert_eq!(
        keys(version),
        ["created", "digest", "format", "model", "notes", "version"]
    );
    assert_eq!(
        (&version["version"], &version["created"]),
        (&json!("2.0.0"), &json!(false))
    );
    assert_eq!(home.json(&["show", "small@^2"])["license"], "MIT");
}

#[test]
fn a_graph_is_imported_under_a_name() {
    let home = Home::empty();
    let graph = fixture("identity_float32.onnx");
    home.says(&["import", &graph, "--name", "same", "--version", "3.1.0"]);
    let file = home.file("x.json", r#"{"x": [1.5]}"#);
    let ran = home.json(&["run", "same@3.1.0", "--input", &file]);
    assert_eq!(ran["outputs"][0]["values"], json!([1.5]));
    assert_eq!(home.refuses(&["import", &graph, "--pooling", "mean"]).0, 2);
    assert_eq!(home.refuses(&["import", &graph, "--format", "pickle"]).0, 2);
    assert_eq!(home.refuses(&["import", "nowhere"]).0, 3);
}

#[test]
fn what_triton_is_given_comes_back() {
    let home = Home::published();
    let to = home.path("triton").display().to_string();
    let arguments = ["export", "sentiment@^1", "--format", "triton", "--to", &to];
    let text = home.says(&arguments);
    assert!(text.starts_with("sentiment@1.1.0 written to "), "{text}");
    assert!(home.path("triton/sentiment/config.pbtxt").is_file());
    let (code, error) = home.refuses(&arguments);
    assert_eq!((code, &error["kind"]), (4, &"already_exists".into()));
    let back = home.json(&["import", &to, "--name", "back", "--dry-run"]);
    assert_eq!(back["versions"][0]["format"], "triton");
    assert_eq!(home.refuses(&["export", "sentiment", "--to", &to]).0, 2);

    let other = home.path("other").display().to_string();
    let graph = fixture("identity_float32.onnx");
    let json = home.json(&["export", &graph, "--format", "triton", "--to", &other]);
    assert_eq!(
        keys(&json),
        ["digest", "folder", "model", "notes", "number", "version"]
    );
}
