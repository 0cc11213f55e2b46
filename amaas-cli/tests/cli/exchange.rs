//! To and from other tools.

use std::fs;

use serde_json::json;

use crate::support::{Home, fixture, keys, sentiment};

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
    let triton = ["export", "--format", "triton", "--to", &to];
    assert_eq!(home.refuses(&triton).0, 2);
    let several = [&triton[..], &["sentiment", "sentiment@1.0.0"]].concat();
    assert_eq!(home.refuses(&several).0, 2);
    let idle = [&triton[..], &["sentiment", "--no-aliases"]].concat();
    assert_eq!(home.refuses(&idle).0, 2);

    let other = home.path("other").display().to_string();
    let graph = fixture("identity_float32.onnx");
    let json = home.json(&["export", &graph, "--format", "triton", "--to", &other]);
    assert_eq!(
        keys(&json),
        ["digest", "folder", "model", "notes", "number", "version"]
    );
}

#[test]
fn one_file_carries_a_registry() {
    let home = Home::published();
    home.says(&["alias", "set", "sentiment@champion", "1.0.0"]);
    home.says(&["alias", "set", "sentiment@latest", "1.1.0"]);
    home.says(&["yank", "sentiment@1.1.0", "--reason", "wrong labels"]);
    let file = home.path("models.tar").display().to_string();
    let export = ["export", "--format", "oci", "--to", &file];
    let text = home.says(&export);
    let start = format!("2 versions written to {file}: ");
    assert!(
        text.starts_with(&start) && text.ends_with(" MiB\n"),
        "{text}"
    );
    let json = home.json(&export);
    assert_eq!(keys(&json), ["blobs", "bytes", "file", "versions"]);

    let there = Home::empty();
    there.says(&["publish", &sentiment("1.1.0")]);
    there.says(&["alias", "set", "sentiment@latest", "1.1.0"]);
    let imported = there.json(&["import", &file]);
    assert_eq!(keys(&imported), ["aliases", "dry_run", "versions"]);
    let created = |list: &str| -> Vec<_> {
        let entries = imported[list].as_array().unwrap().iter();
        entries.map(|one| one["created"].clone()).collect()
    };
    assert_eq!(created("versions"), [json!(true), json!(false)]);
    assert_eq!(created("aliases"), [json!(true), json!(false)]);
    assert_eq!(imported["versions"][0]["format"], "oci");
    let ran = there.json(&["run", "sentiment@champion", "I loved it"]);
    assert_eq!(ran["model"], "sentiment@1.0.0");
    let text = there.says(&["import", &file]);
    let end = "sentiment@champion left as it is here\nsentiment@latest left as it is here\n";
    assert!(text.ends_with(end), "{text}");
    assert_eq!(there.json(&["verify"])["healthy"], true);
}

#[test]
fn one_file_carries_what_is_picked() {
    let home = Home::published();
    home.says(&["alias", "set", "sentiment@champion", "1.0.0"]);
    let file = home.path("models.tar").display().to_string();
    let export = ["export", "--format", "oci", "--to", &file];
    let export = |more: &[&str]| home.json(&[&export, more].concat())["versions"].clone();
    assert_eq!(export(&["sentiment"]), 2);
    assert_eq!(export(&["sentiment@*"]), 1);
    assert_eq!(export(&["sentiment@1.0.0", "--no-aliases"]), 1);
    let there = Home::empty();
    assert_eq!(there.json(&["import", &file])["aliases"], json!([]));
    assert_eq!(export(&["sentiment@champion", "sentiment@^1"]), 2);
    let text = there.says(&["import", &file]);
    assert!(text.ends_with("\nsentiment@champion set\n"), "{text}");

    let refused = |more: &[&str]| {
        home.refuses(&[&["export", "--format", "oci", "--to", &file], more].concat())
            .0
    };
    assert_eq!(refused(&["ner"]), 3);
    assert_eq!(refused(&["./sentiment"]), 2);
    assert_eq!(there.refuses(&["import", &file, "--name", "x"]).0, 2);
    assert_eq!(there.refuses(&["import", &file, "--dry-run"]).0, 2);
}

#[test]
fn an_archive_that_is_not_as_it_was_is_refused() {
    let home = Home::published();
    let file = home.path("models.tar").display().to_string();
    home.says(&["export", "--format", "oci", "--to", &file]);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = home.file("damaged.tar", bytes);
    let there = Home::empty();
    let (code, error) = there.refuses(&["import", &damaged]);
    assert_eq!((code, &error["kind"]), (6, &"corrupt".into()));
    let zipped = home.file("models.tar.gz", b"\x1f\x8b\x08\0");
    let (code, error) = there.refuses(&["import", &zipped]);
    assert_eq!((code, &error["kind"]), (10, &"unsupported".into()));
    assert_eq!(
        there.refuses(&["import", &home.file("notes.txt", "x")]).0,
        2
    );
    assert_eq!(there.json(&["ls"])["models"], json!([]));
}
