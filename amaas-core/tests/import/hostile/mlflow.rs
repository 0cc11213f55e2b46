//! Folders of MLflow that somebody tampered with.

use amaas_core::ErrorKind::{InvalidPackage, Unsupported};

use super::{Case, case, file, graph, of_file};
use crate::mlflow;

pub(super) fn of_mlflow() -> Vec<Case> {
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
