//! Triton's repositories, in and out.

use std::fs;
use std::path::Path;

use amaas_core::model::{Batching, Manifest, Package, onnx};
use amaas_core::registry::{
    Exported, Format, ImportOptions, Imported, export_triton, import, seal,
};
use amaas_core::{Buffer, ErrorKind};

use crate::support::{Place, answer, notes, read};

/// As Triton's documents write one.
pub(crate) const CONFIG: &str = r#"# a model of two numbers a row
name: "noop"
platform: "onnxruntime_onnx"
max_batch_size: 16
input [
  {
    name: "x"
    data_type: TYPE_FP32
    dims: [ 2 ]
  }
]
output [
  {
    name: "y"
    data_type: TYPE_FP32
    dims: [ 2 ]
    label_filename: "labels.txt"
  }
]
instance_group [ { count: 2, kind: KIND_CPU } ]
dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }
version_policy: { all { } }
"#;

pub(crate) fn model(place: &Place, folder: &str) {
    place
        .write(&format!("{folder}/config.pbtxt"), CONFIG)
        .write(&format!("{folder}/labels.txt"), "left\r\nright\r\n")
        .copy("noop.onnx", &format!("{folder}/1/model.onnx"))
        .copy("noop.onnx", &format!("{folder}/3/model.onnx"));
}

#[test]
fn every_version_comes_with_labels_and_batching() {
    let place = Place::new();
    model(&place, "noop");
    let imported = place.import("noop").unwrap();
    assert_eq!(imported.len(), 2);
    for (one, version) in imported.iter().zip(["1.0.0", "3.0.0"]) {
        let manifest = &one.package.manifest;
        assert_eq!(one.format, Format::Triton);
        assert_eq!(manifest.package.version.to_string(), version);
        let batching = Batching {
            enabled: true,
            max_rows: 16,
            ..Batching::default()
        };
        assert_eq!(manifest.batching, batching);
        assert_eq!(manifest.labels["y"], ["left", "right"]);
        assert!(notes(one, "not carried over: `instance_group`"));
        assert!(notes(one, "not carried over: `version_policy`"));
    }
    assert_eq!(answer(&place.serve(&imported[1]), [5.0, 6.0]), [5.0, 6.0]);
}

#[test]
fn a_repository_may_have_models_without_a_configuration() {
    let place = Place::new();
    model(&place, "repository/noop");
    place.copy("add.onnx", "repository/add/1/model.onnx");
    let imported = place.import("repository").unwrap();
    let names = imported
        .iter()
        .map(|one| one.package.manifest.package.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["add", "noop", "noop"]);
}

#[test]
fn a_graph_may_be_a_folder_or_have_another_name() {
    let place = Place::new();
    place
        .write("w/config.pbtxt", "backend: 'onnxruntime' max_batch_size: 4")
        .copy("external.onnx", "w/1/model.onnx/model.onnx")
        .copy("external.bin", "w/1/model.onnx/external.bin")
        .write("v/config.pbtxt", "default_model_filename: \"net.onnx\"")
        .copy("noop.onnx", "v/1/net.onnx");
    let weights = place.one("w");
    let batching = Batching {
        enabled: false,
        max_rows: 4,
        ..Batching::default()
    };
    assert_eq!(weights.package.manifest.batching, batching);
    assert_eq!(answer(&place.serve(&weights), [1.0, 0.0]), [1.0, 2.0]);
    assert!(!place.one("v").package.manifest.batching.enabled);
}

#[test]
fn other_backends_are_named() {
    for (config, word) in [
        ("platform: \"tensorrt_plan\"", "tensorrt_plan"),
        ("backend: \"python\"", "python"),
        ("platform: \"ensemble\"", "ensemble"),
    ] {
        let place = Place::new();
        place
            .write("m/config.pbtxt", config)
            .write("m/1/model.plan", "x");
        let error = place.import("m").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(word), "{error}");
    }
}

/// A package of a fixture, whose manifest ends in `tail`.
fn package(fixture: &str, version: &str, tail: &str) -> Package {
    let head = format!(
        "schema = 1\n[package]\nname = \"exported\"\nversion = \"{version}\"\nlicense = \"MIT\"\n{tail}"
    );
    let mut files = std::collections::BTreeMap::<_, std::sync::Arc<dyn Buffer>>::new();
    files.insert(
        "model.onnx".parse().unwrap(),
        std::sync::Arc::new(read(fixture)),
    );
    if fixture == "external.onnx" {
        let weights = std::sync::Arc::new(read("external.bin"));
        files.insert("external.bin".parse().unwrap(), weights);
    }
    if tail.contains("[tokenizer]") {
        let tokenizer = std::sync::Arc::new(read("encoder/tokenizer.json"));
        files.insert("tokenizer.json".parse().unwrap(), tokenizer);
    }
    seal(Manifest::parse(&head).unwrap(), files).unwrap()
}

fn back(place: &Path) -> Imported {
    import(place, &ImportOptions::default()).unwrap().remove(0)
}

const CLASSIFIER: &str = r#"
[batching]
max_rows = 24

[task]
kind = "text-classification"
labels = ["joy", "anger", "two \"words\""]

[tokenizer]
file = "tokenizer.json"
max_tokens = 8
inputs = { ids = "input_ids", attention_mask = "attention_mask" }
"#;

#[test]
fn what_is_exported_comes_back_the_same() {
    let cases = [
        ("noop.onnx", ""),
        (
            "noop.onnx",
            "[batching]\nenabled = false\nmax_rows = 5\n[labels]\ny = [\"é\", \"b\"]",
        ),
        ("external.onnx", "[batching]\nmax_rows = 7"),
        ("classifier.onnx", CLASSIFIER),
        ("identity_string.onnx", ""),
        ("identity_bfloat16.onnx", ""),
        ("two_outputs.onnx", "[batching]\nenabled = false"),
        ("scalar.onnx", "[batching]\nenabled = false"),
        ("fixed_batch.onnx", "[batching]\nenabled = false"),
    ];
    for (fixture, tail) in cases {
        let place = Place::new();
        let package = package(fixture, "2.0.0", tail);
        let exported = export_triton(&package, &place.path("repository")).unwrap();
        assert_eq!(
            (exported.version, &exported.folder),
            (2, &place.path("repository/exported"))
        );
        let back = back(&place.path("repository"));
        let (ours, theirs) = (package.graph().unwrap(), back.package.graph().unwrap());
        assert_eq!(
            onnx::signature(ours.model.bytes()).unwrap(),
            onnx::signature(theirs.model.bytes()).unwrap(),
        );
        assert_eq!(ours.model.bytes(), theirs.model.bytes());
        assert_eq!(ours.weights.len(), theirs.weights.len());
        let (ours, theirs) = (&package.manifest, &back.package.manifest);
        assert_eq!(ours.package.version, theirs.package.version);
        assert_eq!(
            ours.batching, theirs.batching,
            "{fixture}: {:?}",
            back.notes
        );
        let labels = match fixture {
            "classifier.onnx" => [(
                "logits".to_owned(),
                strings(["joy", "anger", "two \"words\""]),
            )]
            .into(),
            _ => ours.labels.clone(),
        };
        assert_eq!(theirs.labels, labels, "{fixture}");
    }
}

fn strings<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

#[test]
fn the_signature_in_the_file_is_the_one_the_runtime_sees() {
    let place = Place::new();
    for fixture in [
        "noop",
        "external",
        "classifier",
        "scalar",
        "unknown_rank",
        "two_outputs",
        "constant_output",
    ] {
        place.copy(&format!("{fixture}.onnx"), &format!("{fixture}.onnx"));
        place.copy("external.bin", "external.bin");
        let imported = place.one(&format!("{fixture}.onnx"));
        let bytes = read(&format!("{fixture}.onnx"));
        let route = place.serve(&imported);
        assert_eq!(
            route.lease().signature(),
            &onnx::signature(&bytes).unwrap(),
            "{fixture}"
        );
    }
}

#[test]
fn a_second_version_joins_the_first_and_nothing_is_overwritten() {
    let place = Place::new();
    let export = |version: &str, tail: &str| -> amaas_core::Result<Exported> {
        export_triton(&package("noop.onnx", version, tail), &place.path("r"))
    };
    assert_eq!(export("1.2.3", "").unwrap().version, 1);
    assert_eq!(export("2.0.0", "").unwrap().version, 2);
    assert_eq!(place.import("r").unwrap().len(), 2);
    for (version, tail) in [
        ("1.3.0", ""),
        ("0.1.0", ""),
        ("3.0.0", "[batching]\nmax_rows = 2"),
    ] {
        let before = fs::read(place.path("r/exported/config.pbtxt")).unwrap();
        let error = export(version, tail).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{version}");
        assert_eq!(
            fs::read(place.path("r/exported/config.pbtxt")).unwrap(),
            before
        );
    }
    let entries = fs::read_dir(place.path("r")).unwrap().count();
    assert_eq!(entries, 1, "nothing is left beside the model");
    fs::remove_dir_all(place.path("r/exported")).unwrap();
    place.write("r/exported", "a file");
    assert_eq!(
        export("1.0.0", "").unwrap_err().kind(),
        ErrorKind::AlreadyExists
    );
}

#[test]
fn notes_say_what_an_export_leaves_behind() {
    let place = Place::new();
    let exported = export_triton(
        &package("classifier.onnx", "1.4.0", CLASSIFIER),
        &place.path("r"),
    );
    let notes = exported.unwrap().notes.join("\n");
    for words in [
        "version `1.4.0` as number 1",
        "the task",
        "the tokenizer",
        "licence",
    ] {
        assert!(notes.contains(words), "{words}: {notes}");
    }
    let labels = "[labels]\ny = [\"a\", \"b\", \"c\"]\nz = [\"a\"]";
    let exported = export_triton(&package("noop.onnx", "1.0.0", labels), &place.path("s")).unwrap();
    let notes = exported.notes.join("\n");
    assert!(
        notes.contains("`y`, which has another number of scores"),
        "{notes}"
    );
    assert!(notes.contains("`z`, which is no output"), "{notes}");
}

#[test]
fn what_triton_has_no_word_for_is_refused() {
    for (fixture, tail, word) in [
        ("unknown_rank.onnx", "", "stated dimensions"),
        ("sequence_output.onnx", "", "`pair`"),
        ("identity_float8_e5m2.onnx", "", "float8_e5m2"),
        (
            "noop.onnx",
            "[batching]\nmax_rows = 4294967296",
            "batching.max_rows",
        ),
        ("noop.onnx", "[labels]\ny = [\"a\\nb\", \"c\"]", "no line"),
    ] {
        let place = Place::new();
        let error = export_triton(&package(fixture, "1.0.0", tail), &place.path("r")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}
