//! Decoders, with what `generation_config.json` and the chat template say.

use amaas_core::model::{EarlyStopping, GenerationDefaults, Task, TextGeneration};
use amaas_core::registry::{ImportOptions, Imported};
use amaas_core::{Chat, ErrorKind, GenerateOptions};
use serde_json::json;

use crate::support::{Place, notes};

/// A decoder as `optimum` exports one.
pub(crate) fn decoder(place: &Place, folder: &str) {
    let config = json!({
        "architectures": ["TinyForCausalLM"],
        "bos_token_id": 1,
        "eos_token_id": 7,
        "max_position_embeddings": 128,
        "model_type": "tiny",
    });
    let generation = json!({
        "_from_model_config": true,
        "eos_token_id": [0, 2],
        "max_new_tokens": 40,
        "temperature": 0.5,
        "top_k": 3,
        "top_p": 0.9,
        "repetition_penalty": 1.0,
        "num_beams": 4,
        "length_penalty": 0.5,
        "early_stopping": true,
        "no_repeat_ngram_size": 0,
        "prompt_lookup_num_tokens": 10,
        "diversity_penalty": 0.5,
        "typical_p": 1.0,
    });
    let at = |file: &str| format!("{folder}/{file}");
    place
        .copy("writer/model.onnx", &at("onnx/model.onnx"))
        .copy("writer/model.onnx", &at("model.onnx"))
        .copy("writer/tokenizer.json", &at("tokenizer.json"))
        .copy("writer/chat_template.jinja", &at("chat_template.jinja"))
        .write(&at("config.json"), config.to_string())
        .write(&at("generation_config.json"), generation.to_string())
        .write(&at("tokenizer_config.json"), r#"{"pad_token": "<|end|>"}"#);
}

fn settings(imported: &Imported) -> &TextGeneration {
    let task = imported.package.manifest.task.as_ref();
    let settings = task.and_then(|task| match task {
        Task::TextGeneration(settings) => Some(settings),
        _ => None,
    });
    settings.unwrap()
}

#[test]
fn a_decoder_writes_as_its_files_say() {
    let place = Place::new();
    decoder(&place, "m");
    let imported = place.one("m");
    let found = settings(&imported);
    assert_eq!((found.max_length, found.bos_id), (128, Some(1)));
    assert_eq!(found.eos_ids, [0, 2]);
    assert_eq!(
        found.defaults,
        GenerationDefaults {
            max_new_tokens: Some(40),
            do_sample: None,
            temperature: Some(0.5),
            top_k: Some(3),
            top_p: Some(0.9),
            min_p: None,
            repetition_penalty: Some(1.0),
            no_repeat_ngram_size: None,
            prompt_lookup_num_tokens: Some(10),
            num_beams: Some(4),
            length_penalty: Some(0.5),
            early_stopping: Some(EarlyStopping::Always),
        }
    );
    assert!(notes(&imported, "not carried over: `diversity_penalty` of"));
    let route = place.serve(&imported);
    let with = |options: GenerateOptions| route.generate_with(&["count: one"], &options).unwrap();
    let searched = with(GenerateOptions::default());
    let counted = " two three four five six seven.";
    assert_eq!(searched.answers[0].text, counted);
    assert_eq!(searched.usage.together, 4, "as many beams");
    let plain = with(GenerateOptions {
        num_beams: Some(1),
        ..GenerateOptions::default()
    });
    assert_eq!(
        (&*plain.answers[0].text, plain.usage.together),
        (counted, 1)
    );
    let drawn = with(GenerateOptions {
        do_sample: Some(true),
        ..GenerateOptions::default()
    });
    assert_eq!(drawn.usage.together, 1, "who draws does not search");
    let answer = route.chat(&Chat::new([("user", "hello")])).unwrap();
    assert_eq!(answer.text, "Hello to you.");
    let long = GenerateOptions {
        max_new_tokens: Some(119),
        ..GenerateOptions::default()
    };
    assert!(route.generate_with(&["count: one"], &long).is_err());
}

#[test]
fn what_the_files_leave_open_is_said() {
    let place = Place::new();
    decoder(&place, "m");
    let generation = r#"{"do_sample": true, "max_length": 60, "num_beams": 2, "top_k": null}"#;
    place.write("m/generation_config.json", generation);
    let imported = place.one("m");
    let found = settings(&imported);
    assert_eq!(found.eos_ids, [7], "of `config.json`");
    assert_eq!(found.defaults.do_sample, Some(true));
    assert_eq!(found.defaults.top_k, Some(50));
    assert!(notes(&imported, "guessed: one of the 50"));
    assert!(notes(&imported, "not carried over: `max_length`"));
    assert_eq!(found.defaults.num_beams, None);
    assert!(notes(&imported, "not carried over: `num_beams`"));
    place.remove("m/generation_config.json");
    place.write(
        "m/config.json",
        r#"{"architectures": ["GPT2LMHeadModel"], "n_positions": 96}"#,
    );
    let imported = place.one("m");
    assert_eq!(settings(&imported).max_length, 96);
    assert!(settings(&imported).eos_ids.is_empty());
    assert!(notes(&imported, "guessed: no token ends a text"));
}

#[test]
fn a_chat_template_is_taken_from_where_it_stands() {
    let template = "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{% endfor %}<|assistant|>";
    let places = [
        ("chat_template.json", json!({ "chat_template": template })),
        (
            "tokenizer_config.json",
            json!({ "chat_template": template }),
        ),
        (
            "tokenizer_config.json",
            json!({ "chat_template": [
                { "name": "tool_use", "template": "x" },
                { "name": "default", "template": template },
            ] }),
        ),
    ];
    for (file, content) in places {
        let place = Place::new();
        decoder(&place, "m");
        place.remove("m/chat_template.jinja");
        place.write(&format!("m/{file}"), content.to_string());
        let route = place.serve(&place.one("m"));
        let answer = route.chat(&Chat::new([("user", "hello")])).unwrap();
        assert_eq!(answer.text, "Hello to you.", "{file}");
    }
    let place = Place::new();
    decoder(&place, "m");
    place.remove("m/chat_template.jinja");
    assert_eq!(settings(&place.one("m")).chat_template, None);
}

#[test]
fn a_graph_without_a_cache_gets_no_task() {
    let place = Place::new();
    decoder(&place, "m");
    place.copy("encoder/model.onnx", "m/model.onnx");
    let imported = place.one("m");
    assert_eq!(imported.package.manifest.task, None);
    assert!(notes(&imported, "text-generation-with-past"));
}

#[test]
fn a_decoder_that_is_pooled_stays_an_embedding() {
    let place = Place::new();
    crate::hugging_face::embedding(&place, "m");
    place.write("m/config.json", r#"{"architectures": ["TinyForCausalLM"]}"#);
    let imported = place.one("m");
    let task = imported.package.manifest.task.as_ref();
    assert_eq!(task.map(Task::kind), Some("text-embedding"));
}

/// An encoder with its decoder, as `optimum` exports them; both forms of the decoder.
fn pair(place: &Place, folder: &str) {
    let config = json!({
        "architectures": ["TinyForConditionalGeneration"],
        "decoder_start_token_id": 0,
        "eos_token_id": 1,
        "is_encoder_decoder": true,
        "n_positions": 64,
    });
    let at = |file: &str| format!("{folder}/{file}");
    for graph in [
        "encoder_model",
        "decoder_model",
        "decoder_with_past_model",
        "decoder_model_merged",
    ] {
        let graph = format!("{graph}.onnx");
        place.copy(&format!("reverser/{graph}"), &at(&format!("onnx/{graph}")));
    }
    place
        .copy("reverser/tokenizer.json", &at("tokenizer.json"))
        .write(&at("config.json"), config.to_string())
        .write(&at("generation_config.json"), r#"{"max_length": 20}"#)
        .write(&at("tokenizer_config.json"), r#"{"model_max_length": 40}"#);
}

#[test]
fn an_encoder_brings_its_decoder_along() {
    let place = Place::new();
    pair(&place, "m");
    let merged = place.one("m");
    place.remove("m/onnx/decoder_model_merged.onnx");
    let split = place.one("m");
    place.remove("m/onnx/decoder_with_past_model.onnx");
    let uncached = place.one("m");
    for (imported, parts) in [(&merged, 1), (&split, 2), (&uncached, 1)] {
        let manifest = &imported.package.manifest;
        assert_eq!(manifest.parts.len(), parts);
        let Some(Task::Text2TextGeneration(settings)) = &manifest.task else {
            panic!("{:?}", imported.notes);
        };
        assert_eq!(
            (settings.max_length, &settings.start_ids[..]),
            (40, &[0][..])
        );
        assert_eq!(settings.eos_ids, [1]);
        assert_eq!(settings.defaults.max_new_tokens, Some(19));
        let place = Place::new();
        let route = place.serve(imported);
        assert_eq!(route.generate(&["banana"]).unwrap()[0].text, "anANAb");
    }
    assert!(notes(
        &merged,
        "not carried over: the other graphs, `onnx/decoder_model.onnx`"
    ));
    assert!(notes(
        &split,
        "`onnx/decoder_with_past_model.onnx`, as the part `decoder_with_past`"
    ));
}

#[test]
fn a_variant_of_an_encoder_takes_its_own_decoder() {
    let place = Place::new();
    pair(&place, "m");
    for graph in ["encoder_model", "decoder_model_merged"] {
        let to = format!("m/onnx/{graph}_int8.onnx");
        place.copy(&format!("reverser/{graph}.onnx"), &to);
    }
    let options = ImportOptions {
        graph: Some("onnx/encoder_model_int8.onnx".parse().unwrap()),
        ..ImportOptions::default()
    };
    let imported = place.one_with("m", &options);
    let part = imported.package.manifest.part("decoder").unwrap();
    assert_eq!(part.as_str(), "decoder_model_merged_int8.onnx");
}

#[test]
fn what_an_encoder_lacks_is_said_or_refused() {
    let cases = [
        ("config.json", "{}", "no task: nothing names the token"),
        ("onnx/encoder_model.onnx", "", ""),
        ("onnx/decoder_model_merged.onnx", "no", ""),
        (
            "generation_config.json",
            r#"{"decoder_start_token_id": -1}"#,
            "",
        ),
        ("generation_config.json", r#"{"max_length": -1}"#, ""),
    ];
    for (file, content, note) in cases {
        let place = Place::new();
        pair(&place, "m");
        place.write(&format!("m/{file}"), content);
        match place.import("m") {
            Ok(imported) => {
                assert!(imported[0].package.manifest.task.is_none(), "{file}");
                assert!(!note.is_empty() && notes(&imported[0], note), "{file}");
            }
            Err(error) => {
                assert!(note.is_empty(), "{file}: {error}");
                assert_eq!(error.kind(), ErrorKind::InvalidPackage, "{file}: {error}");
            }
        }
    }
}
