//! Snapshots of Hugging Face repositories that somebody tampered with.

use amaas_core::ErrorKind::{InvalidPackage, Unsupported};

use super::{Case, case, file, graph, of_file};
use crate::support::read;

fn cut_off() -> Vec<u8> {
    let mut graph = read("classifier.onnx");
    graph.truncate(100);
    graph
}

pub(super) fn of_classifier() -> Vec<Case> {
    let labels = |name: &str, labels: &'static str| {
        let config =
            format!(r#"{{"architectures": ["XForSequenceClassification"], "id2label": {labels}}}"#);
        file(name, "config.json", config)
    };
    let config = |name: &str, rest: &'static str| {
        let config = format!(r#"{{"architectures": ["XForSequenceClassification"], {rest}}}"#);
        file(name, "config.json", config)
    };
    let mut cases = vec![
        labels("labels with a gap", r#"{"0": "a", "1": "b", "3": "c"}"#),
        labels("labels from 1", r#"{"1": "a", "2": "b", "3": "c"}"#),
        labels("negative label", r#"{"-1": "a", "0": "b", "1": "c"}"#),
        labels("label with a plus", r#"{"+0": "a", "1": "b", "2": "c"}"#),
        labels(
            "label of a huge number",
            r#"{"99999999999999999999999": "a", "0": "b", "1": "c"}"#,
        ),
        labels(
            "label of a large number",
            r#"{"18446744073709551615": "a", "0": "b", "1": "c"}"#,
        ),
        labels(
            "label that is no number",
            r#"{"a": "a", "0": "b", "1": "c"}"#,
        ),
        labels("label without a number", r#"{"": "a", "0": "b", "1": "c"}"#),
        labels(
            "label twice under one number",
            r#"{"0": "a", "1": "b", "1": "c"}"#,
        ),
        labels(
            "label twice under two spellings",
            r#"{"0": "a", "1": "b", "01": "c"}"#,
        ),
        labels("fewer labels than scores", r#"{"0": "a", "1": "b"}"#),
        labels(
            "more labels than scores",
            r#"{"0": "a", "1": "b", "2": "c", "3": "d"}"#,
        ),
        labels("two labels alike", r#"{"0": "a", "1": "a", "2": "c"}"#),
        labels("empty label", r#"{"0": "", "1": "b", "2": "c"}"#),
        labels("no labels", "{}"),
        labels("labels in a list", r#"["a", "b", "c"]"#),
        labels("labels that are numbers", r#"{"0": 0, "1": 1, "2": 2}"#),
        config("unknown problem", r#""problem_type": "magic""#),
        config("unknown function", r#""function_to_apply": "exec""#),
        config("problem of a wrong type", r#""problem_type": 3"#),
        config("architectures of a wrong type", r#""architectures": "X""#),
        config("negative positions", r#""max_position_embeddings": -1"#),
        config("no positions", r#""max_position_embeddings": 0"#),
        config("half a position", r#""max_position_embeddings": 1.5"#),
        config("padding below zero", r#""pad_token_id": -2"#),
        config("padding beyond all ids", r#""pad_token_id": 4294967296"#),
        file("config of no JSON", "config.json", "no"),
        file("config cut off", "config.json", r#"{"architectures": ["#),
        file("config with a tail", "config.json", "{} {}"),
        file("config that is a list", "config.json", "[1]"),
        file(
            "config nested without end",
            "config.json",
            "[".repeat(200_000),
        ),
        file(
            "config nested inside",
            "config.json",
            format!("{{\"x\": {}", "[".repeat(200_000)),
        ),
        file(
            "config with a field twice",
            "config.json",
            r#"{"problem_type": "a", "problem_type": "b"}"#,
        ),
        file("tokenizer of no JSON", "tokenizer.json", "no"),
        file("tokenizer without a model", "tokenizer.json", "{}"),
        file(
            "tokenizer nested without end",
            "tokenizer.json",
            format!("{{\"model\": {}", "[".repeat(200_000)),
        ),
        file(
            "tokenizer with a huge id",
            "tokenizer.json",
            r#"{"model": {}, "added_tokens": [{"id": 99999999999, "content": "x"}]}"#,
        ),
        file(
            "tokenizer with a negative id",
            "tokenizer.json",
            r#"{"model": {}, "added_tokens": [{"id": -1, "content": "x"}]}"#,
        ),
        file(
            "settings with no side",
            "tokenizer_config.json",
            r#"{"padding_side": "up"}"#,
        ),
        file(
            "settings that truncate nowhere",
            "tokenizer_config.json",
            r#"{"truncation_side": ""}"#,
        ),
        file(
            "settings without room",
            "tokenizer_config.json",
            r#"{"model_max_length": 0}"#,
        ),
        file(
            "settings below zero",
            "tokenizer_config.json",
            r#"{"model_max_length": -5}"#,
        ),
        file(
            "settings with a field twice",
            "tokenizer_config.json",
            r#"{"pad_token": "a", "pad_token": "b"}"#,
        ),
        file(
            "special tokens of a wrong type",
            "special_tokens_map.json",
            r#"{"pad_token": 3}"#,
        ),
        case("pickle only", Unsupported, "no ONNX graph", |place| {
            place.remove("m/model.onnx");
            place.write("m/pytorch_model.bin", b"\x80\x02cos\nsystem\n");
        }),
        file("graph that is none", "model.onnx", "no"),
        file("graph that is empty", "model.onnx", ""),
        file("graph cut off", "model.onnx", cut_off()),
        case(
            "weights that are the tokenizer",
            InvalidPackage,
            "takes `tokenizer.json` for weights",
            |place| {
                place.write("m/model.onnx", graph("classifier.onnx", "tokenizer.json"));
            },
        ),
        file(
            "weights that are the graph",
            "model.onnx",
            graph("classifier.onnx", "model.onnx"),
        ),
    ];
    for path in [
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "model.onnx",
    ] {
        cases.extend(of_file(path));
    }
    cases
}

pub(super) fn of_embedding() -> Vec<Case> {
    let module = |name: &str, path: &'static str| {
        let modules =
            format!(r#"[{{"path": "{path}", "type": "sentence_transformers.models.Pooling"}}]"#);
        file(name, "modules.json", modules)
    };
    let prompts = "config_sentence_transformers.json";
    vec![
        module("module outside", "../../etc"),
        module("module at the root", "/etc"),
        module("module in a middle", "a/../b"),
        module("module on another drive", "c:\\\\x"),
        case(
            "module that is missing",
            InvalidPackage,
            "3_Pooling/config.json",
            |place| {
                let modules = r#"[{"path": "3_Pooling", "type": "x.Pooling"}]"#;
                place.write("m/modules.json", modules);
            },
        ),
        file("modules in a map", "modules.json", r#"{"0": {}}"#),
        file("modules without types", "modules.json", r#"[{"path": ""}]"#),
        file(
            "modules nested without end",
            "modules.json",
            "[".repeat(200_000),
        ),
        file("pooling of no mode", "1_Pooling/config.json", "{}"),
        file(
            "pooling of an unknown mode",
            "1_Pooling/config.json",
            r#"{"pooling_mode": "magic"}"#,
        ),
        file(
            "pooling of a wrong type",
            "1_Pooling/config.json",
            r#"{"pooling_mode_mean_tokens": "yes"}"#,
        ),
        file(
            "pooling twice",
            "1_Pooling/config.json",
            r#"{"pooling_mode": "cls", "pooling_mode": "mean"}"#,
        ),
        file(
            "prompt twice",
            prompts,
            r#"{"prompts": {"q": "a", "q": "b"}}"#,
        ),
        file(
            "prompt without a name",
            prompts,
            r#"{"prompts": {"": "a"}}"#,
        ),
        file(
            "prompt of a wrong type",
            prompts,
            r#"{"prompts": {"q": 1}}"#,
        ),
        file(
            "default prompt that is none",
            prompts,
            r#"{"prompts": {}, "default_prompt_name": "q"}"#,
        ),
        file(
            "limit below zero",
            "sentence_bert_config.json",
            r#"{"max_seq_length": -1}"#,
        ),
        file(
            "limit of a wrong type",
            "sentence_bert_config.json",
            r#"{"max_seq_length": "many"}"#,
        ),
    ]
}

pub(super) fn of_decoder() -> Vec<Case> {
    const FILE: &str = "generation_config.json";
    let says = |name: &str, content: &'static str| file(name, FILE, content);
    let template = |name: &str, content: &'static str| {
        let word = "tokenizer_config.json";
        case(name, InvalidPackage, word, move |place| {
            place.remove("m/chat_template.jinja");
            place.write("m/tokenizer_config.json", content);
        })
    };
    let mut cases = vec![
        says("an end below zero", r#"{"eos_token_id": -1}"#),
        says("an end beyond all", r#"{"eos_token_id": [0, 4294967296]}"#),
        says("an end in words", r#"{"eos_token_id": "</s>"}"#),
        says("a temperature below zero", r#"{"temperature": -0.5}"#),
        says("a temperature without end", r#"{"temperature": 1e999}"#),
        says("no share at all", r#"{"top_p": 0}"#),
        says("more than all", r#"{"top_p": 1.5}"#),
        says("a least share above all", r#"{"min_p": 2}"#),
        says("no penalty but a reward", r#"{"repetition_penalty": 0}"#),
        says("no beam", r#"{"num_beams": 0}"#),
        says("more beams than any search", r#"{"num_beams": 65}"#),
        says(
            "a length without end",
            r#"{"num_beams": 2, "length_penalty": 1e999}"#,
        ),
        says("an end at times", r#"{"early_stopping": "sometimes"}"#),
        says("texts of no token", r#"{"max_new_tokens": 0}"#),
        says("texts of less than none", r#"{"max_new_tokens": -3}"#),
        says("draws in words", r#"{"do_sample": "yes"}"#),
        says("a field twice", r#"{"top_k": 4, "top_k": 5}"#),
        says("a list", "[]"),
        template("a template of numbers", r#"{"chat_template": 3}"#),
        template(
            "templates without names",
            r#"{"chat_template": [{"template": "x"}]}"#,
        ),
        file(
            "room for one token",
            "config.json",
            r#"{"architectures": ["XForCausalLM"], "n_positions": 1}"#,
        ),
        case(
            "weights that are the chat template",
            InvalidPackage,
            "takes `chat_template.jinja` for weights",
            |place| {
                place.write(
                    "m/model.onnx",
                    graph("writer/model.onnx", "chat_template.jinja"),
                );
            },
        ),
    ];
    cases.extend(of_file(FILE));
    cases.extend(of_file("chat_template.jinja"));
    cases
}
