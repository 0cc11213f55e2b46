//! Folders as `mlflow.onnx.save_model` writes them.

use amaas_core::ErrorKind;
use amaas_core::registry::Format;

use crate::support::{Place, answer, notes};

/// What MLflow 3 writes for a model of one input; MLflow 2 leaves a few lines out.
pub(crate) const MLMODEL: &str = r#"artifact_path: doubler
flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_session_options: null
    onnx_version: 1.17.0
    providers:
    - CUDAExecutionProvider
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.onnx
    python_version: 3.11.9
is_signature_from_type_hint: false
mlflow_version: 3.1.0
model_id: m-0123456789abcdef
model_size_bytes: 1024
model_uuid: m-0123456789abcdef
prompts: null
signature:
  inputs: '[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
  outputs: '[{"name": "y", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
  params: null
type_hint_from_example: false
utc_time_created: '2025-06-01 10:00:00.000000'
"#;

pub(crate) fn model(place: &Place, folder: &str) {
    place
        .write(&format!("{folder}/MLmodel"), MLMODEL)
        .copy("external.onnx", &format!("{folder}/model.onnx"))
        .copy("external.bin", &format!("{folder}/external.bin"))
        .write(&format!("{folder}/conda.yaml"), "name: mlflow-env\n")
        .write(
            &format!("{folder}/python_model.pkl"),
            b"cos\nsystem\n(S'false'\ntR.",
        );
}

#[test]
fn a_saved_model_answers_with_its_external_weights() {
    let place = Place::new();
    model(&place, "model");
    let imported = place.one("model");
    assert_eq!(imported.format, Format::Mlflow);
    let manifest = &imported.package.manifest;
    assert_eq!(manifest.package.name.as_str(), "doubler");
    assert_eq!(
        imported.package.files.len(),
        3,
        "the pickle stays where it is"
    );
    assert!(notes(&imported, "MLflow 3.1.0"));
    assert!(notes(&imported, "`providers`"));
    assert!(notes(&imported, "the flavour `python_function`"));
    assert_eq!(answer(&place.serve(&imported), [1.0, 1.0]), [4.0, 6.0]);
}

#[test]
fn a_registered_model_brings_name_and_version() {
    let place = Place::new();
    model(&place, "model");
    place.write(
        "model/registered_model_meta",
        "model_name: Price Model\nmodel_version: '12'\n",
    );
    let imported = place.one("model");
    let info = &imported.package.manifest.package;
    assert_eq!(
        (info.name.as_str(), info.version.to_string()),
        ("price-model", "12.0.0".to_owned())
    );
}

#[test]
fn data_may_be_a_folder() {
    let place = Place::new();
    place
        .write("m/MLmodel", "flavors:\n  onnx:\n    data: data\n")
        .copy("noop.onnx", "m/data/model.onnx");
    let imported = place.one("m");
    assert_eq!(imported.package.manifest.package.name.as_str(), "m");
    assert_eq!(answer(&place.serve(&imported), [1.0, 2.0]), [1.0, 2.0]);
}

#[test]
fn a_signature_that_is_not_the_graphs_is_told() {
    let place = Place::new();
    model(&place, "m");
    let other = MLMODEL.replace(
        "\"float32\", \"shape\": [-1, 2]}}]'\n  out",
        "\"float64\", \"shape\": [-1, 2]}}]'\n  out",
    );
    place.write(
        "m/MLmodel",
        other.replace("\"name\": \"y\"", "\"name\": \"z\""),
    );
    let imported = place.one("m");
    assert!(
        notes(&imported, "`x` is float32 as the graph says"),
        "{:#?}",
        imported.notes
    );
    assert!(
        notes(&imported, "`z` of MLflow's signature"),
        "{:#?}",
        imported.notes
    );
}

#[test]
fn what_has_no_graph_is_not_run_to_find_out() {
    let place = Place::new();
    let flavors = "flavors:\n  sklearn:\n    pickled_model: model.pkl\n  python_function:\n    loader_module: mlflow.sklearn\n";
    place
        .write("m/MLmodel", flavors)
        .write("m/model.pkl", b"cos\nsystem\n");
    let error = place.import("m").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("sklearn"), "{error}");
}
