//! Folders that somebody tampered with: each is refused with a typed error that names the file at
//! fault and says what to do, nothing is written, and the folder as it was is imported again.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use amaas_core::ErrorKind::{self, InvalidArgument, InvalidPackage, Io, Unsupported};
use amaas_core::registry::{ImportOptions, import};

use crate::counts::report;
use crate::disk::walk;
use crate::graph::tensors;
use crate::support::{Place, read};
use crate::{hugging_face, mlflow, triton};

type Edit = Box<dyn Fn(&Place)>;

/// What is done to the folder `m`, and the error it must come to: its kind and a word of it.
struct Case {
    name: String,
    kind: ErrorKind,
    word: &'static str,
    edit: Edit,
}

fn case(name: &str, kind: ErrorKind, word: &'static str, edit: impl Fn(&Place) + 'static) -> Case {
    let (name, edit) = (name.to_owned(), Box::new(edit));
    Case {
        name,
        kind,
        word,
        edit,
    }
}

/// A file with other content, which makes the package invalid and is named.
fn file(name: &str, path: &'static str, content: impl AsRef<[u8]> + 'static) -> Case {
    let word = path.rsplit('/').next().unwrap();
    case(name, InvalidPackage, word, move |place| {
        place.write(&format!("m/{path}"), content.as_ref());
    })
}

/// A good graph with one more tensor, whose numbers lie at `location`.
fn graph(base: &str, location: &str) -> Vec<u8> {
    [read(base), tensors(&[location])].concat()
}

fn cut_off() -> Vec<u8> {
    let mut graph = read("classifier.onnx");
    graph.truncate(100);
    graph
}

#[cfg(unix)]
fn link(place: &Place, path: &str, to: &str) {
    let _gone = fs::remove_file(place.path(path));
    std::os::unix::fs::symlink(to, place.path(path)).unwrap();
}

#[cfg(unix)]
fn pipe(place: &Place, path: &str) {
    let _gone = fs::remove_file(place.path(path));
    let made = std::process::Command::new("mkfifo")
        .arg(place.path(path))
        .status();
    assert!(made.unwrap().success());
}

/// Every file of a format: a pipe, a link out, a folder, no UTF-8, too large.
fn of_file(path: &'static str) -> Vec<Case> {
    let word = path.rsplit('/').next().unwrap();
    let is_graph = path.ends_with(".onnx");
    let mut cases = vec![case(
        &format!("{path} is a folder"),
        InvalidPackage,
        word,
        move |place| {
            place.remove(&format!("m/{path}"));
            fs::create_dir(place.path(&format!("m/{path}"))).unwrap();
        },
    )];
    if !is_graph {
        cases.push(file(
            &format!("{path} is no UTF-8"),
            path,
            [0xff, 0xfe, 0x00],
        ));
        cases.push(case(
            &format!("{path} is too large"),
            InvalidPackage,
            word,
            move |place| {
                let large = fs::File::create(place.path(&format!("m/{path}"))).unwrap();
                large.set_len(1 << 30).unwrap();
            },
        ));
    }
    #[cfg(unix)]
    cases.extend([
        case(
            &format!("{path} is a pipe"),
            InvalidPackage,
            word,
            move |place| {
                pipe(place, &format!("m/{path}"));
            },
        ),
        case(
            &format!("{path} is a link out"),
            InvalidPackage,
            word,
            move |place| {
                place.write("secret", "x");
                link(
                    place,
                    &format!("m/{path}"),
                    place.path("secret").to_str().unwrap(),
                );
            },
        ),
        case(
            &format!("{path} is a link to a device"),
            InvalidPackage,
            word,
            move |place| {
                link(place, &format!("m/{path}"), "/dev/zero");
            },
        ),
        case(
            &format!("{path} is a link to itself"),
            Io,
            word,
            move |place| {
                link(place, &format!("m/{path}"), word);
            },
        ),
        case(
            &format!("{path} is a link to nothing"),
            InvalidPackage,
            word,
            move |place| {
                link(place, &format!("m/{path}"), "nothing");
            },
        ),
    ]);
    cases
}

fn of_classifier() -> Vec<Case> {
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

fn of_embedding() -> Vec<Case> {
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

fn of_mlflow() -> Vec<Case> {
    let data = |name: &str, data: &'static str| {
        file(
            name,
            "MLmodel",
            format!("flavors:\n  onnx:\n    data: {data}\n"),
        )
    };
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{alias}]\n");
    }
    let in_flavor = format!("{bomb}flavors:\n  onnx:\n    data: model.onnx\n    x: *a11\n");
    let mut cases = vec![
        data("data outside", "../secret.onnx"),
        data("data at the root", "/etc/passwd"),
        data("data in the middle", "a/../../x"),
        data("data on another drive", "'c:\\x'"),
        data("data with an end", "\"x\\0\""),
        data("no data", "''"),
        data("data that is null", "null"),
        data("data that is a list", "[a, b]"),
        case(
            "data that is missing",
            InvalidPackage,
            "other.onnx",
            |place| {
                place.write("m/MLmodel", "flavors:\n  onnx:\n    data: other.onnx\n");
            },
        ),
        file("flavour without data", "MLmodel", "flavors:\n  onnx: {}\n"),
        file(
            "flavour that is a text",
            "MLmodel",
            "flavors:\n  onnx: model.onnx\n",
        ),
        file("no flavours", "MLmodel", "artifact_path: x\n"),
        file("flavours in a list", "MLmodel", "flavors: [onnx]\n"),
        file("no content", "MLmodel", ""),
        file("no map", "MLmodel", "- a\n"),
        file("no YAML", "MLmodel", "flavors: [}"),
        file(
            "flavour twice",
            "MLmodel",
            "flavors:\n  onnx:\n    data: model.onnx\n  onnx:\n    data: model.onnx\n",
        ),
        file(
            "flavours twice",
            "MLmodel",
            "flavors:\n  onnx:\n    data: model.onnx\nflavors: {}\n",
        ),
        file(
            "data twice",
            "MLmodel",
            "flavors:\n  onnx:\n    data: model.onnx\n    data: model.onnx\n",
        ),
        file("aliases without end", "MLmodel", in_flavor),
        file("alias of nothing", "MLmodel", "flavors: *x\n"),
        file("alias of itself", "MLmodel", "flavors: &x\n  onnx: *x\n"),
        file(
            "lists nested without end",
            "MLmodel",
            format!("flavors: {}", "[".repeat(100_000)),
        ),
        file(
            "maps nested without end",
            "MLmodel",
            format!("flavors: {}", "{a: ".repeat(100_000)),
        ),
        file(
            "signature of no JSON",
            "MLmodel",
            mlflow::MLMODEL.replace("'[{", "'["),
        ),
        file(
            "signature of a wrong type",
            "MLmodel",
            mlflow::MLMODEL.replace("  params: null", "  params: null\n  inputs: 3"),
        ),
        file(
            "version that is none",
            "registered_model_meta",
            "model_name: x\nmodel_version: latest\n",
        ),
        file(
            "version below zero",
            "registered_model_meta",
            "model_name: x\nmodel_version: -1\n",
        ),
        file(
            "version without a name",
            "registered_model_meta",
            "model_version: 1\n",
        ),
        case("pickle only", Unsupported, "sklearn", |place| {
            place.write(
                "m/MLmodel",
                "flavors:\n  sklearn:\n    pickled_model: model.pkl\n",
            );
        }),
        case(
            "weights that are missing",
            InvalidPackage,
            "external.bin",
            |place| {
                place.remove("m/external.bin");
            },
        ),
    ];
    for location in [
        "../secret",
        "/etc/passwd",
        "a/../../x",
        "..\\x",
        "",
        "*/_ORT_MEM_ADDR_/*",
    ] {
        cases.push(file(
            &format!("weights at {location:?}"),
            "model.onnx",
            graph("noop.onnx", location),
        ));
    }
    for path in ["MLmodel", "model.onnx", "external.bin"] {
        let is_text = path == "MLmodel";
        let wanted =
            |case: &Case| is_text || !case.name.contains("UTF-8") && !case.name.contains("large");
        cases.extend(of_file(path).into_iter().filter(wanted));
    }
    cases
}

fn of_triton() -> Vec<Case> {
    let config = |name: &str, from: &'static str, to: &'static str| {
        assert!(triton::CONFIG.contains(from), "{from}");
        file(name, "config.pbtxt", triton::CONFIG.replacen(from, to, 1))
    };
    let labels = |name: &str, to: &'static str| {
        let label = format!("label_filename: \"{to}\"");
        file(
            name,
            "config.pbtxt",
            triton::CONFIG.replace("label_filename: \"labels.txt\"", &label),
        )
    };
    let mut cases = vec![
        labels("labels outside", "../../etc/passwd"),
        labels("labels at the root", "/etc/passwd"),
        labels("labels in the middle", "a/../../x"),
        labels("labels on another drive", "c:\\\\x"),
        labels("labels with an end", "labels.txt\\000"),
        labels("labels that are missing", "other.txt"),
        file("no label", "labels.txt", ""),
        file("an empty label", "labels.txt", "left\n\nright\n"),
        config(
            "rows below zero",
            "max_batch_size: 16",
            "max_batch_size: -1",
        ),
        config(
            "rows beyond 31 bits",
            "max_batch_size: 16",
            "max_batch_size: 2147483648",
        ),
        config(
            "rows beyond 64 bits",
            "max_batch_size: 16",
            "max_batch_size: 99999999999999999999999",
        ),
        config("half a row", "max_batch_size: 16", "max_batch_size: 1.5"),
        config(
            "rows in quotes",
            "max_batch_size: 16",
            "max_batch_size: \"16\"",
        ),
        config(
            "rows twice",
            "max_batch_size: 16",
            "max_batch_size: 16 max_batch_size: 16",
        ),
        config(
            "name twice",
            "name: \"noop\"",
            "name: \"noop\" name: \"other\"",
        ),
        config("name without quotes", "name: \"noop\"", "name: noop"),
        config("name that is a message", "name: \"noop\"", "name { }"),
        config(
            "batching that is a word",
            "dynamic_batching {",
            "dynamic_batching: true x {",
        ),
        config(
            "input that is a text",
            "input [\n  {",
            "input: \"x\" ignored [ {",
        ),
        config("input without a name", "name: \"x\"", ""),
        config("input of another name", "name: \"x\"", "name: \"z\""),
        config("input of another dtype", "TYPE_FP32", "TYPE_FP64"),
        config("input of an unknown dtype", "TYPE_FP32", "TYPE_MAGIC"),
        config("input of a quoted dtype", "TYPE_FP32", "\"TYPE_FP32\""),
        config("input of other dimensions", "dims: [ 2 ]", "dims: [ 3 ]"),
        config("input of more dimensions", "dims: [ 2 ]", "dims: [ 2, 2 ]"),
        config("input of no length", "dims: [ 2 ]", "dims: [ 0 ]"),
        config("input of negative length", "dims: [ 2 ]", "dims: [ -2 ]"),
        config(
            "input of endless length",
            "dims: [ 2 ]",
            "dims: [ 99999999999999999999999 ]",
        ),
        config("input of quoted length", "dims: [ 2 ]", "dims: [ \"2\" ]"),
        config("list without an end", "dims: [ 2 ]", "dims: [ 2"),
        config("text without an end", "name: \"noop\"", "name: \"noop"),
        config("text of no UTF-8", "name: \"noop\"", "name: \"\\xff\""),
        config("unknown escape", "name: \"noop\"", "name: \"\\q\""),
        config("extension", "name: \"noop\"", "[a.b.c]: 1"),
        file(
            "graph outside",
            "config.pbtxt",
            "default_model_filename: \"../../secret.onnx\"",
        ),
        file(
            "messages nested without end",
            "config.pbtxt",
            "a{".repeat(200_000),
        ),
        file(
            "lists nested without end",
            "config.pbtxt",
            "a:[{".repeat(200_000),
        ),
        file("too many values", "config.pbtxt", "a:1 ".repeat(200_000)),
        file("bytes", "config.pbtxt", "\u{0}\u{1}\u{2}"),
        case(
            "two inputs alike",
            InvalidPackage,
            "config.pbtxt",
            |place| {
                let twice = "input { name: 'x' } input { name: 'x' }";
                place.write("m/config.pbtxt", twice);
            },
        ),
        case(
            "labels of other number",
            InvalidPackage,
            "config.pbtxt",
            |place| {
                place.write("m/labels.txt", "one\ntwo\nthree\n");
            },
        ),
        case(
            "other platform",
            Unsupported,
            "tensorflow_savedmodel",
            |place| {
                place.write("m/config.pbtxt", "platform: \"tensorflow_savedmodel\"");
            },
        ),
        case(
            "ONNX for another backend",
            Unsupported,
            "openvino",
            |place| {
                place.write(
                    "m/config.pbtxt",
                    "platform: \"onnxruntime_onnx\" backend: \"openvino\"",
                );
            },
        ),
        case(
            "version without a graph",
            Unsupported,
            "model.onnx",
            |place| {
                place.write("m/7/model.plan", "x");
            },
        ),
        case(
            "version beyond 63 bits",
            InvalidPackage,
            "9223372036854775808",
            |place| {
                place.copy("noop.onnx", "m/9223372036854775808/model.onnx");
            },
        ),
        case("no version", InvalidPackage, "numbered version", |place| {
            for number in ["1", "3"] {
                fs::remove_dir_all(place.path(&format!("m/{number}"))).unwrap();
            }
        }),
        case(
            "graph in a folder without one",
            InvalidPackage,
            "model.onnx/model.onnx",
            |place| {
                place.remove("m/1/model.onnx");
                place.write("m/1/model.onnx/other.onnx", "x");
            },
        ),
    ];
    for path in ["config.pbtxt", "labels.txt", "1/model.onnx"] {
        let wanted = |case: &Case| !(path == "1/model.onnx" && case.name.contains("is a folder"));
        cases.extend(of_file(path).into_iter().filter(wanted));
    }
    #[cfg(unix)]
    cases.push(case(
        "version that is a link out",
        InvalidPackage,
        "/m/3",
        |place| {
            fs::remove_dir_all(place.path("m/3")).unwrap();
            place.copy("noop.onnx", "elsewhere/model.onnx");
            link(place, "m/3", place.path("elsewhere").to_str().unwrap());
        },
    ));
    cases
}

fn of_anything() -> Vec<Case> {
    vec![
        case(
            "a folder of nothing known",
            InvalidArgument,
            "no model of a known format",
            |place| {
                fs::remove_dir_all(place.path("m")).unwrap();
                place.write("m/model.pkl", "x");
            },
        ),
        case(
            "an empty folder",
            InvalidArgument,
            "no model of a known format",
            |place| {
                fs::remove_dir_all(place.path("m")).unwrap();
                fs::create_dir(place.path("m")).unwrap();
            },
        ),
        case(
            "a file of nothing known",
            InvalidArgument,
            "no model of a known format",
            |place| {
                fs::remove_dir_all(place.path("m")).unwrap();
                place.write("m", "x");
            },
        ),
        case("nothing", ErrorKind::NotFound, "/m", |place| {
            fs::remove_dir_all(place.path("m")).unwrap();
        }),
        case(
            "two models whose names come out alike",
            InvalidPackage,
            "`a-b` 1.0.0",
            |place| {
                fs::remove_dir_all(place.path("m")).unwrap();
                place
                    .copy("noop.onnx", "m/A b/1/model.onnx")
                    .copy("noop.onnx", "m/a-b/1/model.onnx");
            },
        ),
    ]
}

type Make = fn(&Place, &str);

#[test]
fn hostile_folders_are_refused_by_name() {
    let formats: [(&str, Make, Vec<Case>); 5] = [
        ("classifier", hugging_face::classifier, of_classifier()),
        ("embedding", hugging_face::embedding, of_embedding()),
        ("mlflow", mlflow::model, of_mlflow()),
        ("triton", triton::model, of_triton()),
        ("anything", triton::model, of_anything()),
    ];
    let count: usize = formats.iter().map(|(_, _, cases)| cases.len()).sum();
    assert!(count >= 200, "{count} cases");
    let mut faults = Vec::new();
    for (format, make, cases) in &formats {
        for case in cases {
            let place = Place::new();
            make(&place, "m");
            assert!(place.import("m").is_ok(), "{format} was not good before");
            (case.edit)(&place);
            faults.extend(fault(case, &place).map(|fault| format!("{format}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    report("folders of other tools", count);
}

/// What is wrong with the answer to a case.
fn fault(case: &Case, place: &Place) -> Option<String> {
    let before = lengths(&place.path(""));
    let imported = import(&place.path("m"), &ImportOptions::default());
    let Err(error) = imported else {
        return Some(format!("{}: imported", case.name));
    };
    let is_good = error.kind() == case.kind
        && error.remedy().is_some()
        && error.report().contains(case.word)
        && before == lengths(&place.path(""));
    (!is_good).then(|| format!("{}: {:?}: {}", case.name, error.kind(), error.report()))
}

/// Every file below `root` with its length; pipes and links are listed, not read.
fn lengths(root: &Path) -> BTreeMap<PathBuf, u64> {
    let length = |facts: Metadata| if facts.is_file() { facts.len() } else { 0 };
    let found = walk(root).into_iter();
    found.map(|(path, facts)| (path, length(facts))).collect()
}
