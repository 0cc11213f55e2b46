//! Snapshots of models that embed.

use std::collections::BTreeMap;
use std::fs;

use amaas_core::ErrorKind;
use amaas_core::model::{Overflow, Pooling, Task, TextEmbedding};
use amaas_core::registry::{ImportOptions, Imported, import};
use serde_json::json;

use super::{Edit, embedding, tokens};
use crate::support::{Place, notes, read};

pub(super) fn vectors(imported: &Imported) -> &TextEmbedding {
    let task = imported.package.manifest.task.as_ref();
    let vectors = task.and_then(|task| match task {
        Task::TextEmbedding(task) => Some(task),
        _ => None,
    });
    vectors.unwrap()
}

#[test]
fn an_embedding_answers_as_the_package_it_was_made_of() {
    let place = Place::new();
    embedding(&place, "encoder");
    let imported = place.one("encoder");
    let task = vectors(&imported);
    assert_eq!((task.pooling, task.normalize), (Pooling::Mean, true));
    assert_eq!(task.default_prompt.as_deref(), Some("plain"));
    let tokenizer = tokens(&imported);
    assert_eq!(
        (tokenizer.max_tokens, tokenizer.overflow),
        (256, Overflow::Truncate)
    );

    let expected: BTreeMap<String, Vec<f32>> =
        serde_json::from_slice(&read("encoder/reference.json")).unwrap();
    assert!(expected.len() >= 50);
    let reviews = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../models/sentiment/held-out.tsv"
    );
    let reviews = fs::read_to_string(reviews).unwrap();
    let route = place.serve(&imported);
    let mut seen = 0;
    for review in reviews.lines() {
        let cells: Vec<_> = review.split('\t').collect();
        let Some(vector) = expected.get(cells[0]) else {
            continue;
        };
        let found = route.embed(&[cells[2]]).unwrap();
        let found = found.row(0);
        let off = found.iter().zip(vector).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 1e-5);
        seen += 1;
    }
    assert_eq!(seen, expected.len());
}

#[test]
fn a_graph_that_pools_by_itself_is_not_pooled_again() {
    let place = Place::new();
    embedding(&place, "m");
    place.copy("pooled.onnx", "m/onnx/model.onnx").write(
        "m/modules.json",
        r#"[{"path": "", "type": "x.Transformer"}, {"path": "1", "type": "x.Dense"}]"#,
    );
    let imported = place.one("m");
    let task = vectors(&imported);
    assert_eq!((task.pooling, task.normalize), (Pooling::None, false));
    assert_eq!(task.output.as_deref(), Some("sentence_embedding"));
    // [CLS] a [SEP] have the ids 2, 4 and 3.
    let vectors = place.serve(&imported).embed(&["a"]).unwrap();
    assert_eq!(vectors.as_slice().unwrap(), [3.0]);
}

#[test]
fn an_embedding_that_no_manifest_can_say_has_no_task() {
    let cases: [(Edit, &str); 7] = [
        (
            |place| {
                let modules = json!([
                    { "path": "", "type": "sentence_transformers.models.Transformer" },
                    { "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
                    { "path": "2_Dense", "type": "sentence_transformers.models.Dense" }
                ]);
                place.write("m/modules.json", modules.to_string());
            },
            "`Dense`",
        ),
        (
            |place| {
                place.write("m/1_Pooling/config.json", r#"{"pooling_mode": "max"}"#);
            },
            "`max`",
        ),
        (
            |place| {
                let several = r#"{"embedding_dimension": 16, "pooling_mode": ["mean", "max"]}"#;
                place.write("m/1_Pooling/config.json", several);
            },
            "`mean` with `max`",
        ),
        (
            |place| {
                let both = r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}"#;
                place.write("m/1_Pooling/config.json", both);
            },
            "`cls` with `mean`",
        ),
        (
            |place| {
                let without = r#"{"pooling_mode": "mean", "include_prompt": false}"#;
                place.write("m/1_Pooling/config.json", without);
            },
            "prompts take no part",
        ),
        (
            |place| place.remove("m/tokenizer.json"),
            "`tokenizer.json` is missing",
        ),
        (
            |place| {
                place.copy("two_outputs.onnx", "m/onnx/model.onnx");
            },
            "output of a vector for each token",
        ),
    ];
    for (edit, note) in cases {
        let place = Place::new();
        embedding(&place, "m");
        edit(&place);
        let imported = place.one("m");
        assert!(imported.package.manifest.task.is_none());
        assert!(notes(&imported, note), "{note}: {:#?}", imported.notes);
    }
}

#[test]
fn a_pooling_can_be_said_by_whoever_imports() {
    let place = Place::new();
    embedding(&place, "m");
    place.remove("m/modules.json");
    let plain = place.one("m");
    assert!(plain.package.manifest.task.is_none() && notes(&plain, "pass a pooling"));
    let options = ImportOptions {
        pooling: Some(Pooling::Cls),
        ..ImportOptions::default()
    };
    let imported = place.one_with("m", &options);
    let task = vectors(&imported);
    assert_eq!((task.pooling, task.normalize), (Pooling::Cls, true));
    assert!(notes(&imported, "guessed: vectors are normalised"));
    let error = import(&place.path("m/onnx/model.onnx"), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("`pooling`"), "{error}");
}
