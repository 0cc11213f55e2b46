//! Snapshots of Hugging Face repositories, as their tools write them.

mod exports;
mod generation;
mod vectors;

use std::fs;

use amaas_core::ErrorKind;
use amaas_core::Tensor;
use amaas_core::model::{
    Extent, Function, ImageSize, Overflow, Pooling, Resample, Side, Task, TextClassification,
    TokenizerSettings,
};
use amaas_core::registry::{Format, ImportOptions, Imported, import};
use amaas_core::tasks::Image;
use serde_json::json;

use crate::support::{Place, notes, read};
pub(crate) use generation::decoder;
use vectors::vectors;

/// A classifier as `optimum` exports one.
pub(crate) fn classifier(place: &Place, folder: &str) {
    let config = json!({
        "architectures": ["DistilBertForSequenceClassification"],
        "id2label": { "0": "joy", "1": "anger", "2": "calm" },
        "label2id": { "joy": 0, "anger": 1, "calm": 2 },
        "max_position_embeddings": 512,
        "model_type": "distilbert",
        "pad_token_id": 0,
        "problem_type": "single_label_classification",
        "transformers_version": "4.44.2"
    });
    let settings = json!({
        "added_tokens_decoder": { "0": { "content": "[PAD]", "special": true } },
        "model_max_length": 128,
        "pad_token": "[PAD]",
        "padding_side": "right",
        "tokenizer_class": "DistilBertTokenizer"
    });
    place
        .copy("classifier.onnx", &format!("{folder}/model.onnx"))
        .copy("encoder/tokenizer.json", &format!("{folder}/tokenizer.json"))
        .write(&format!("{folder}/config.json"), config.to_string())
        .write(&format!("{folder}/tokenizer_config.json"), settings.to_string())
        .write(&format!("{folder}/special_tokens_map.json"), r#"{"pad_token": "[PAD]"}"#)
        .write(
            &format!("{folder}/README.md"),
            "---\nlanguage: en\nlicense: apache-2.0\ntags:\n- text\ndescription: Tells moods.\n---\n# Moods\n",
        );
}

/// An embedding as `sentence-transformers` saves one with its ONNX backend.
pub(crate) fn embedding(place: &Place, folder: &str) {
    let modules = json!([
        { "idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer" },
        { "idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
        { "idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize" }
    ]);
    let pooling = json!({
        "word_embedding_dimension": 16,
        "pooling_mode_cls_token": false,
        "pooling_mode_mean_tokens": true,
        "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false,
        "pooling_mode_weightedmean_tokens": false,
        "pooling_mode_lasttoken": false,
        "include_prompt": true
    });
    let prompts = json!({
        "__version__": { "sentence_transformers": "3.2.1" },
        "prompts": { "plain": "", "query": "query: " },
        "default_prompt_name": "plain",
        "similarity_fn_name": "cosine"
    });
    let settings = json!({ "model_max_length": 1e30, "pad_token": { "content": "[PAD]" } });
    place
        .copy("encoder/model.onnx", &format!("{folder}/onnx/model.onnx"))
        .copy(
            "encoder/tokenizer.json",
            &format!("{folder}/tokenizer.json"),
        )
        .write(
            &format!("{folder}/config.json"),
            r#"{"architectures": ["BertModel"], "max_position_embeddings": 512}"#,
        )
        .write(
            &format!("{folder}/tokenizer_config.json"),
            settings.to_string(),
        )
        .write(&format!("{folder}/modules.json"), modules.to_string())
        .write(
            &format!("{folder}/1_Pooling/config.json"),
            pooling.to_string(),
        )
        .write(
            &format!("{folder}/sentence_bert_config.json"),
            r#"{"max_seq_length": 256, "do_lower_case": false}"#,
        )
        .write(
            &format!("{folder}/config_sentence_transformers.json"),
            prompts.to_string(),
        );
}

fn labels(imported: &Imported) -> &TextClassification {
    let task = imported.package.manifest.task.as_ref();
    let labels = task.and_then(|task| match task {
        Task::TextClassification(task) => Some(task),
        _ => None,
    });
    labels.unwrap()
}

fn tokens(imported: &Imported) -> &TokenizerSettings {
    imported.package.manifest.tokenizer.as_ref().unwrap()
}

#[test]
fn a_classifier_answers_with_its_own_labels() {
    let place = Place::new();
    classifier(&place, "My-Moods");
    let imported = place.one("My-Moods");
    assert_eq!(imported.format, Format::HuggingFace);
    let info = &imported.package.manifest.package;
    assert_eq!(
        (info.name.as_str(), info.license.as_str()),
        ("my-moods", "Apache-2.0")
    );
    assert_eq!(info.description.as_deref(), Some("Tells moods."));
    assert_eq!(info.version.to_string(), "1.0.0");
    assert!(notes(&imported, "guessed: the version"));
    let tokenizer = tokens(&imported);
    assert_eq!(
        (tokenizer.max_tokens, tokenizer.overflow),
        (128, Overflow::Error)
    );

    // [CLS] a [SEP] have the ids 2, 4 and 3: the numbers are 0.09, -0.09 and 0.
    let answers = place.serve(&imported).classify(&["a"]).unwrap();
    let sum = 0.09_f64.exp() + (-0.09_f64).exp() + 1.0;
    let found: Vec<_> = answers[0]
        .labels
        .iter()
        .map(|one| one.label.as_str())
        .collect();
    assert_eq!(found, ["joy", "calm", "anger"]);
    assert!((answers[0].labels[0].score - 0.09_f64.exp() / sum).abs() < 1e-6);
}

#[cfg(unix)]
#[test]
fn a_snapshot_in_the_cache_is_links_to_blobs() {
    use std::os::unix::fs::symlink;
    let place = Place::new();
    classifier(&place, "plain");
    let cache = "hub/models--acme--moods-small";
    let snapshot = place.path(&format!("{cache}/snapshots/0123abc"));
    fs::create_dir_all(&snapshot).unwrap();
    for (blob, entry) in fs::read_dir(place.path("plain")).unwrap().enumerate() {
        let entry = entry.unwrap();
        place.write(
            &format!("{cache}/blobs/{blob}"),
            fs::read(entry.path()).unwrap(),
        );
        symlink(
            format!("../../blobs/{blob}"),
            snapshot.join(entry.file_name()),
        )
        .unwrap();
    }
    place.write(&format!("{cache}/refs/main"), "0123abc");
    for start in [cache.to_owned(), format!("{cache}/snapshots/0123abc")] {
        let imported = place.one(&start);
        assert_eq!(
            imported.package.manifest.package.name.as_str(),
            "moods-small"
        );
        assert_eq!(labels(&imported).labels, ["joy", "anger", "calm"]);
    }
    fs::create_dir(place.path(&format!("{cache}/snapshots/other"))).unwrap();
    assert!(place.import(cache).is_ok());
    place.remove(&format!("{cache}/refs/main"));
    let error = place.import(cache).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_variant_is_taken_where_it_is_named() {
    let place = Place::new();
    embedding(&place, "encoder");
    place.copy("encoder/model.onnx", "encoder/onnx/model_quantized.onnx");
    assert!(notes(&place.one("encoder"), "`onnx/model_quantized.onnx`"));
    let options = ImportOptions {
        graph: Some("onnx/model_quantized.onnx".parse().unwrap()),
        name: Some("small".parse().unwrap()),
        version: Some("2.1.0".parse().unwrap()),
        license: Some("MIT".to_owned()),
        ..ImportOptions::default()
    };
    let imported = place.one_with("encoder", &options);
    assert!(notes(
        &imported,
        "carried over: the graph `onnx/model_quantized.onnx`"
    ));
    let info = &imported.package.manifest.package;
    assert_eq!(
        (info.name.as_str(), info.license.as_str()),
        ("small", "MIT")
    );
    assert_eq!(info.version.to_string(), "2.1.0");
    place.remove("encoder/onnx/model.onnx");
    assert!(place.import("encoder").is_ok(), "the only graph there is");
    place.copy("encoder/model.onnx", "encoder/onnx/model_fp16.onnx");
    let error = place.import("encoder").unwrap_err();
    assert!(error.to_string().contains("model_fp16.onnx"), "{error}");
}

type Edit = fn(&Place);

/// One thing said otherwise, and what it must come to.
#[test]
fn what_a_classifier_says_is_what_the_task_says() {
    let config = |place: &Place, key: &str, value: serde_json::Value| {
        let path = place.path("m/config.json");
        let mut config: serde_json::Value =
            serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        config[key] = value;
        place.write("m/config.json", config.to_string());
    };
    let imported = |key: &str, value: serde_json::Value| {
        let place = Place::new();
        classifier(&place, "m");
        config(&place, key, value);
        place.one("m")
    };
    let multi = imported("problem_type", json!("multi_label_classification"));
    assert_eq!(labels(&multi).function_to_apply, Function::Sigmoid);
    let plain = imported("problem_type", json!(null));
    assert_eq!(labels(&plain).function_to_apply, Function::Softmax);
    assert!(notes(&plain, "guessed: exactly one label"));
    let raw = imported("function_to_apply", json!("none"));
    assert_eq!(labels(&raw).function_to_apply, Function::None);
    let unnamed = imported("id2label", json!(null));
    assert_eq!(labels(&unnamed).labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
    let regression = imported("problem_type", json!("regression"));
    assert!(regression.package.manifest.task.is_none() && notes(&regression, "regression"));
    let other = imported("architectures", json!(["BertForMaskedLM"]));
    assert!(other.package.manifest.task.is_none() && notes(&other, "BertForMaskedLM"));
    let padded = imported("pad_token_id", json!(7));
    assert_eq!(tokens(&padded).pad_id, 0);
    let short = imported("max_position_embeddings", json!(66));
    assert_eq!(tokens(&short).max_tokens, 66);
}

#[test]
fn tokens_are_limited_and_padded_as_the_files_say() {
    let settings = |config: &str, tokenizer: &str| {
        let place = Place::new();
        classifier(&place, "m");
        place.remove("m/special_tokens_map.json");
        let architecture = r#""architectures": ["XForSequenceClassification"]"#;
        place
            .write("m/config.json", format!("{{{architecture}{config}}}"))
            .write("m/tokenizer_config.json", tokenizer);
        let imported = place.one("m");
        (tokens(&imported).clone(), imported.notes)
    };
    let roberta = r#", "model_type": "roberta", "max_position_embeddings": 514"#;
    assert_eq!(settings(roberta, "{}").0.max_tokens, 512);
    let (guessed, notes) = settings("", "{}");
    assert_eq!((guessed.max_tokens, guessed.pad_id), (512, 0));
    assert!(notes.iter().any(|note| note.contains("at most 512 tokens")));
    let left = r#"{"padding_side": "left", "truncation_side": "left", "pad_token": "[UNK]"}"#;
    let left = settings("", left).0;
    assert_eq!(
        (left.padding_side, left.truncation_side, left.pad_id),
        (Side::Left, Side::Left, 1)
    );
    assert_eq!(settings(r#", "pad_token_id": 3"#, "{}").0.pad_id, 3);
}

#[test]
fn the_token_that_pads_is_found_wherever_it_stands() {
    let cases = [
        (
            r#"{"model": {"vocab": [["<s>", 0], ["<pad>", -1.5]]}}"#,
            "<pad>",
            1,
        ),
        (r#"{"model": {"vocab": {"<pad>": 5}}}"#, "<pad>", 5),
        (
            r#"{"model": {"vocab": {"<pad>": 5}}, "added_tokens": [{"id": 9, "content": "<pad>"}]}"#,
            "<pad>",
            9,
        ),
        (
            r#"{"model": {"vocab": []}, "padding": {"pad_id": 4}}"#,
            "<pad>",
            4,
        ),
        (r#"{"model": {}}"#, "<pad>", 0),
    ];
    for (tokenizer, pad, expected) in cases {
        let place = Place::new();
        classifier(&place, "m");
        let config = r#"{"architectures": ["XForSequenceClassification"], "pad_token_id": -1}"#;
        let special = json!({ "pad_token": { "content": pad, "lstrip": false } });
        place
            .write("m/config.json", config)
            .write("m/tokenizer.json", tokenizer)
            .write("m/tokenizer_config.json", "{}")
            .write("m/special_tokens_map.json", special.to_string());
        assert_eq!(tokens(&place.one("m")).pad_id, expected, "{tokenizer}");
    }
}

#[test]
fn lower_case_is_left_to_the_tokenizer_alone() {
    let place = Place::new();
    embedding(&place, "m");
    place.write(
        "m/sentence_bert_config.json",
        r#"{"max_seq_length": 256, "do_lower_case": true}"#,
    );
    assert_eq!(
        vectors(&place.one("m")).pooling,
        Pooling::Mean,
        "its tokenizer does the same"
    );
    let plain = String::from_utf8(read("encoder/tokenizer.json")).unwrap();
    place.write(
        "m/tokenizer.json",
        plain.replace("\"lowercase\": true", "\"lowercase\": false"),
    );
    let imported = place.one("m");
    assert!(imported.package.manifest.task.is_none());
    assert!(notes(&imported, "lower case"));
}

#[test]
fn a_graph_of_other_inputs_has_no_task() {
    for (graph, note) in [("noop.onnx", "`x`"), ("add.onnx", "`left`")] {
        let place = Place::new();
        classifier(&place, "m");
        let labels = r#"{"architectures": ["XForSequenceClassification"], "id2label": {"0": "a", "1": "b"}}"#;
        place
            .copy(graph, "m/model.onnx")
            .write("m/config.json", labels);
        let imported = place.one("m");
        assert!(imported.package.manifest.task.is_none());
        assert!(notes(
            &imported,
            &format!("nothing fills the graph's input {note}")
        ));
    }
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_of_the_cache() {
    use std::os::unix::fs::symlink;
    let cache = "hub/models--acme--moods";
    let snapshot = format!("{cache}/snapshots/0123abc");
    let make = || {
        let place = Place::new();
        classifier(&place, &snapshot);
        place.write(&format!("{cache}/refs/main"), "0123abc");
        classifier(&place, "hub/models--acme--other/snapshots/1");
        place
    };
    let other = "../../../models--acme--other/snapshots/1";
    for (file, to) in [
        ("config.json", format!("{other}/config.json")),
        ("model.onnx", format!("{other}/model.onnx")),
        ("tokenizer.json", "/etc/hostname".to_owned()),
    ] {
        let place = make();
        place.remove(&format!("{snapshot}/{file}"));
        symlink(to, place.path(&format!("{snapshot}/{file}"))).unwrap();
        for start in [cache, snapshot.as_str()] {
            let error = place.import(start).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidPackage, "{error}");
            assert!(error.to_string().contains("leads out"), "{error}");
        }
    }
    let place = make();
    fs::rename(place.path(&snapshot), place.path("away")).unwrap();
    symlink(place.path("away"), place.path(&snapshot)).unwrap();
    assert_eq!(
        place.import(cache).unwrap_err().kind(),
        ErrorKind::InvalidPackage
    );
    for main in ["../../other", "/etc", "", "0123ab", "0123abc/../0123abc"] {
        let place = make();
        classifier(&place, &format!("{cache}/snapshots/second"));
        place.write(&format!("{cache}/refs/main"), main);
        let error = place.import(cache).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{main}: {error}");
    }
}

/// As `sentence-transformers` writes them since its modules moved.
#[test]
fn newer_files_say_the_same() {
    let place = Place::new();
    embedding(&place, "m");
    let modules = json!([
        { "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer" },
        { "path": "1_Pooling", "type": "sentence_transformers.sentence_transformer.modules.pooling.Pooling" }
    ]);
    let pooling = r#"{"embedding_dimension": 16, "pooling_mode": "cls", "include_prompt": true}"#;
    place
        .write("m/modules.json", modules.to_string())
        .write("m/1_Pooling/config.json", pooling)
        .write(
            "m/sentence_bert_config.json",
            r#"{"transformer_task": "feature-extraction"}"#,
        )
        .write("m/tokenizer_config.json", r#"{"model_max_length": 64}"#);
    let imported = place.one("m");
    assert_eq!(
        (vectors(&imported).pooling, vectors(&imported).normalize),
        (Pooling::Cls, false)
    );
    assert_eq!(tokens(&imported).max_tokens, 64);
    assert_eq!(place.serve(&imported).embed(&["a"]).unwrap().dim(), (1, 16));
}

#[test]
fn licences_become_spdx() {
    let cases = [
        ("license: mit", "MIT"),
        ("license: [mit, apache-2.0]", "MIT OR Apache-2.0"),
        (
            "license: other\nlicense_name: acme community",
            "LicenseRef-acme-community",
        ),
        ("license: llama3.1", "LicenseRef-llama3.1"),
        ("tags: [x]", "LicenseRef-unknown"),
        ("license: [", "LicenseRef-unknown"),
    ];
    for (front, expected) in cases {
        let place = Place::new();
        classifier(&place, "m");
        place.write("m/README.md", format!("---\n{front}\n---\n"));
        let imported = place.one("m");
        assert_eq!(
            imported.package.manifest.package.license, expected,
            "{front}"
        );
    }
}

#[test]
fn a_tagger_answers_with_spans_of_its_own_labels() {
    let place = Place::new();
    let config = json!({
        "architectures": ["BertForTokenClassification"],
        "id2label": { "0": "O", "1": "B-PER", "2": "I-PER", "3": "B-LOC", "4": "I-LOC", "5": "MISC" },
        "max_position_embeddings": 64,
        "model_type": "bert",
        "pad_token_id": 0
    });
    place
        .copy("tagger/model.onnx", "tagger/model.onnx")
        .copy("tagger/tokenizer.json", "tagger/tokenizer.json")
        .write("tagger/config.json", config.to_string())
        .write("tagger/tokenizer_config.json", r#"{"pad_token": "[PAD]"}"#);
    let imported = place.one("tagger");
    let task = match &imported.package.manifest.task {
        Some(Task::TokenClassification(task)) => Some(task),
        _ => None,
    };
    let task = task.unwrap();
    assert_eq!(
        task.labels,
        ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC"]
    );
    assert_eq!(task.output.as_deref(), Some("logits"));
    assert!(notes(&imported, "carried over: 6 labels of tokens"));
}

/// An image classifier as `optimum` exports one; the graph is of the fixtures.
fn image_classifier(place: &Place, preprocessor: &serde_json::Value) {
    let config = json!({
        "architectures": ["ViTForImageClassification"],
        "id2label": { "0": "red", "1": "green", "2": "blue" },
        "problem_type": "single_label_classification"
    });
    place
        .copy("colours/model.onnx", "vit/model.onnx")
        .write("vit/config.json", config.to_string())
        .write("vit/preprocessor_config.json", preprocessor.to_string());
}

#[test]
fn an_image_classifier_keeps_how_its_images_are_prepared() {
    let place = Place::new();
    let preprocessor = json!({
        "do_resize": true, "size": 8, "resample": 3, "do_normalize": true,
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25],
        "do_rescale": true, "rescale_factor": 0.003_921_568_627_450_98,
        "image_processor_type": "ViTImageProcessor"
    });
    image_classifier(&place, &preprocessor);
    let imported = place.one("vit");
    assert!(
        notes(&imported, "how an image is prepared"),
        "{:?}",
        imported.notes
    );
    let image = imported.package.manifest.image.as_ref().unwrap();
    let edge = Extent {
        height: 8,
        width: 8,
    };
    assert_eq!(image.size, Some(ImageSize::Exact(edge)));
    assert_eq!((image.resample, image.crop), (Resample::Bicubic, None));
    let route = place.serve(&imported);
    let white = Tensor::from_vec([2, 2], vec![255_u8; 4]).unwrap();
    let labels = route
        .classify_images(&[Image::pixels(white).unwrap()])
        .unwrap();
    // (1 - 0.5) / 0.25 in each channel: softmax over equals.
    assert!(
        labels[0]
            .iter()
            .all(|one| (one.score - 1.0 / 3.0).abs() < 1e-6)
    );
}

#[test]
fn the_ways_in_which_processors_write_their_sizes() {
    let read = |preprocessor: serde_json::Value| {
        let place = Place::new();
        image_classifier(&place, &preprocessor);
        let imported = place.one("vit");
        let image = imported.package.manifest.image.clone();
        image.map(|image| (image.size, image.crop, image.rescale))
    };
    let square = |edge| Extent {
        height: edge,
        width: edge,
    };
    let shortest = |shortest_edge| Some(ImageSize::Shortest { shortest_edge });
    let rescale = 1.0 / 255.0;
    let cases = [
        (
            json!({ "size": { "shortest_edge": 10 }, "do_center_crop": true, "crop_size": { "height": 8, "width": 8 } }),
            Some((shortest(10), Some(square(8)), rescale)),
        ),
        (
            json!({ "size": 10, "do_center_crop": true, "crop_size": 8 }),
            Some((shortest(10), Some(square(8)), rescale)),
        ),
        (
            json!({ "size": { "shortest_edge": 7 }, "crop_pct": 0.875 }),
            Some((shortest(8), Some(square(7)), rescale)),
        ),
        (
            json!({ "do_resize": false, "do_rescale": false }),
            Some((None, None, 1.0)),
        ),
        (json!({ "size": { "longest_edge": 8 } }), None),
        (json!({ "size": 8, "resample": 9 }), None),
        (json!({ "size": 8, "image_mean": [0.5] }), None),
    ];
    for (preprocessor, wanted) in cases {
        let text = preprocessor.to_string();
        assert_eq!(read(preprocessor), wanted, "{text}");
    }
}

#[test]
fn an_image_classifier_without_its_processor_has_no_task() {
    let place = Place::new();
    image_classifier(&place, &json!({}));
    place.remove("vit/preprocessor_config.json");
    let imported = place.one("vit");
    assert!(imported.package.manifest.task.is_none());
    assert!(
        notes(&imported, "preprocessor_config.json"),
        "{:?}",
        imported.notes
    );
    place.write("vit/preprocessor_config.json", "{\"size\": [1]}");
    let error = import(&place.path("vit"), &ImportOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPackage);
}
