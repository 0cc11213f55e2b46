//! Repositories of Triton that somebody tampered with.

use std::fs;

use amaas_core::ErrorKind::{InvalidPackage, Unsupported};

#[cfg(unix)]
use super::link;
use super::{Case, case, file, of_file};
use crate::triton;

pub(super) fn of_triton() -> Vec<Case> {
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
