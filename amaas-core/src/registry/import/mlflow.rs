//! A model that MLflow saved with its flavour `onnx`: a folder with an `MLmodel`.
//!
//! Only the graph is read. What other flavours put beside it, pickles among them, is not opened.
//!
//! The trap: MLflow writes large weights into files with random names beside the graph; they are
//! found through the graph alone.

use std::collections::BTreeMap;
use std::path::Path;

use semver::Version;
use serde::Deserialize;
use serde_json::Value;

use super::super::contained::Folder;
use super::draft::Draft;
use super::read::{fault, yaml};
use super::serving::{GRAPH, folder_name};
use super::{Format, ImportOptions, Imported};
use crate::model::{PackagePath, Port, PortKind};
use crate::{Error, ErrorKind, Result};

pub(super) const FILE: &str = "MLmodel";
/// Beside the model when it came from MLflow's own registry.
const REGISTERED: &str = "registered_model_meta";

#[derive(Debug, Deserialize)]
struct Model {
    flavors: BTreeMap<String, Value>,
    signature: Option<Signature>,
    mlflow_version: Option<String>,
    artifact_path: Option<String>,
}

/// The schemas are JSON in a string.
#[derive(Debug, Deserialize)]
struct Signature {
    inputs: Option<String>,
    outputs: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Flavor {
    data: String,
    providers: Option<Value>,
    onnx_session_options: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Registered {
    model_name: String,
    model_version: Value,
}

/// One column or tensor of a schema.
#[derive(Debug, Deserialize)]
struct Column {
    name: Option<String>,
    #[serde(rename = "tensor-spec")]
    tensor: Option<TensorSpec>,
}

#[derive(Debug, Deserialize)]
struct TensorSpec {
    dtype: String,
}

/// The folder with the `MLmodel`.
pub(super) fn import(path: &Path, options: &ImportOptions) -> Result<Imported> {
    let folder = Folder::open(path)?;
    let model: Model = yaml(&folder, FILE)?.ok_or_else(|| {
        fault(&folder, FILE, "is missing").advise("name an MLflow model's folder")
    })?;
    let flavor = onnx_flavor(&folder, &model)?;
    let at = graph(&folder, &flavor.data)?;
    let registered: Option<Registered> = yaml(&folder, REGISTERED)?;
    let name = registered.as_ref().map_or_else(
        || name_of(&folder, &model),
        |registered| registered.model_name.clone(),
    );
    let mut draft = Draft::of_graph(&folder, &at, &name, options)?;
    let version = registered.map(|registered| version(&folder, &registered.model_version));
    draft.set_version(version.transpose()?, options);
    let by = model
        .mlflow_version
        .as_deref()
        .unwrap_or("of unknown version");
    draft.note(format!(
        "carried over: the graph `{at}` that MLflow {by} saved"
    ));
    check_signature(&folder, &model, &mut draft)?;
    leave_behind(&model, &flavor, &mut draft);
    draft.finish(Format::Mlflow, folder.path())
}

fn onnx_flavor(folder: &Folder, model: &Model) -> Result<Flavor> {
    let Some(flavor) = model.flavors.get("onnx") else {
        let flavors: Vec<_> = model.flavors.keys().map(String::as_str).take(8).collect();
        let file = folder.path().join(FILE);
        let message = format!("`{}` has no flavour `onnx`", file.display());
        return Err(Error::new(ErrorKind::Unsupported, message)
            .with("flavours", flavors.join(", "))
            .advise(
                "log the model with `mlflow.onnx`; nothing else can be read without running it",
            ));
    };
    serde_json::from_value(flavor.clone()).map_err(|cause| {
        fault(folder, FILE, "has a flavour `onnx` that is none")
            .because(cause)
            .advise("save the model again with `mlflow.onnx`")
    })
}

/// Where the graph lies: `data` is a file, or a folder with a `model.onnx`.
fn graph(folder: &Folder, data: &str) -> Result<PackagePath> {
    let refuse = |cause: Error| {
        fault(
            folder,
            FILE,
            "has a `flavors.onnx.data` that leads out of the folder",
        )
        .because(cause)
        .advise("save the model again with `mlflow.onnx`")
    };
    let path: PackagePath = data.parse().map_err(refuse)?;
    match folder.folder(data)? {
        Some(_) => format!("{path}/{GRAPH}").parse(),
        None => Ok(path),
    }
}

/// A folder is often just called `model`; the run's own name for it says more.
fn name_of(folder: &Folder, model: &Model) -> String {
    let named = folder_name(folder);
    let artifact = model.artifact_path.as_deref().unwrap_or_default();
    let artifact = artifact.rsplit('/').next().unwrap_or_default();
    let is_plain = matches!(named.as_str(), "model" | "artifacts");
    if is_plain && !artifact.is_empty() {
        return artifact.to_owned();
    }
    named
}

fn version(folder: &Folder, number: &Value) -> Result<Version> {
    let number = match number {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let major = number.ok_or_else(|| {
        fault(
            folder,
            REGISTERED,
            "has a `model_version` that is no number",
        )
        .advise("pass a version")
    })?;
    Ok(Version::new(major, 0, 0))
}

/// The graph's own signature is the one that holds; where MLflow's says otherwise, a note says so.
fn check_signature(folder: &Folder, model: &Model, draft: &mut Draft) -> Result<()> {
    let Some(signature) = &model.signature else {
        return Ok(());
    };
    let sides = [
        (&signature.inputs, draft.signature.inputs.clone()),
        (&signature.outputs, draft.signature.outputs.clone()),
    ];
    let mut differ = Vec::new();
    for (schema, ports) in sides {
        let Some(schema) = schema else { continue };
        let columns: Vec<Column> = serde_json::from_str(schema).map_err(|cause| {
            fault(
                folder,
                FILE,
                "has a `signature` that is no JSON list of columns",
            )
            .because(cause)
            .advise("save the model again with `mlflow.onnx`")
        })?;
        differ.extend(
            columns
                .iter()
                .filter_map(|column| difference(column, &ports)),
        );
    }
    let differ = differ.into_iter().take(8);
    differ.for_each(|note| draft.note(note));
    draft.note("carried over: the signature, from the graph itself");
    Ok(())
}

/// What MLflow says otherwise than the graph; unnamed tensors stand for the only one.
fn difference(column: &Column, ports: &[Port]) -> Option<String> {
    let tensor = column.tensor.as_ref()?;
    let port = match &column.name {
        Some(name) => ports.iter().find(|port| port.name == *name),
        None => ports.first().filter(|_| ports.len() == 1),
    };
    let stated = column.name.as_deref().unwrap_or("the tensor");
    match port.map(|port| &port.kind) {
        Some(PortKind::Tensor(dtype, _)) if dtype.name() != tensor.dtype => Some(format!(
            "guessed: `{stated}` is {dtype} as the graph says, not as MLflow's signature says"
        )),
        Some(_) => None,
        None => Some(format!(
            "not carried over: `{stated}` of MLflow's signature, which the graph does not have"
        )),
    }
}

fn leave_behind(model: &Model, flavor: &Flavor, draft: &mut Draft) {
    let is_set = |value: &Option<Value>| value.as_ref().is_some_and(|value| !value.is_null());
    if is_set(&flavor.providers) {
        draft.note("not carried over: `providers`; devices are the service's choice");
    }
    if is_set(&flavor.onnx_session_options) {
        draft.note("not carried over: `onnx_session_options`; threads are the service's choice");
    }
    for name in model.flavors.keys().filter(|name| *name != "onnx").take(8) {
        draft.note(format!(
            "not carried over: the flavour `{name}`, whose files were not opened"
        ));
    }
    draft.note("no task: MLflow says nothing of what the tensors mean");
}
