//! What a configuration can say of a package: its ports, its rows, its labels.
//!
//! The trap: with a `max_batch_size` the first dimension of every port is left out, and a port
//! that has no other is written as `[1]`, reshaped to nothing.

use super::config::{Config, Port, word_of};
use super::width;
use crate::model::{self, Dimension, Manifest, PortKind, Signature, Task};
use crate::{Error, ErrorKind, Result};

/// Files of labels, by name.
pub(super) type Files = Vec<(String, String)>;

/// The configuration of a package with this graph, and the files of labels that it names.
pub(super) fn describe(
    manifest: &Manifest,
    signature: &Signature,
    notes: &mut Vec<String>,
) -> Result<(Config, Files)> {
    let rows = takes_rows(signature);
    let max_batch_size = if rows { max_rows(manifest)? } else { 0 };
    notes.push(match rows {
        true => format!("carried over: at most {max_batch_size} rows"),
        false => "not carried over: batching, as the first dimension is not one of rows".into(),
    });
    let ports = |ports: &[model::Port]| -> Result<Vec<Port>> {
        ports.iter().map(|one| port(one, rows)).collect()
    };
    let mut config = Config {
        name: Some(manifest.package.name.to_string()),
        backend: Some("onnxruntime".to_owned()),
        platform: Some("onnxruntime_onnx".to_owned()),
        max_batch_size,
        dynamic_batching: rows && manifest.batching.enabled,
        inputs: ports(&signature.inputs)?,
        outputs: ports(&signature.outputs)?,
        ..Config::default()
    };
    let files = label(&mut config, manifest, signature, notes)?;
    Ok((config, files))
}

fn max_rows(manifest: &Manifest) -> Result<i64> {
    let rows = manifest.batching.max_rows;
    i32::try_from(rows).map(i64::from).map_err(|cause| {
        cannot(&format!("`batching.max_rows` is `{rows}`"))
            .because(cause)
            .advise("use a number of 31 bits")
    })
}

/// Whether every port has a first dimension that may have any length.
fn takes_rows(signature: &Signature) -> bool {
    let is_free = |first: Option<&Dimension>| match first {
        Some(Dimension::Named(_) | Dimension::Any) => true,
        Some(Dimension::Fixed(_)) | None => false,
    };
    let mut ports = signature.inputs.iter().chain(&signature.outputs);
    ports.all(|port| match &port.kind {
        PortKind::Tensor(_, Some(dimensions)) => is_free(dimensions.first()),
        _ => false,
    })
}

fn port(port: &model::Port, rows: bool) -> Result<Port> {
    let refuse = |what: &str| {
        Err(cannot(&format!("`{}` is {what}", port.name))
            .with("port", &port.kind)
            .advise("export the graph with tensors of stated rank and common dtypes"))
    };
    let PortKind::Tensor(dtype, Some(dimensions)) = &port.kind else {
        return refuse("no tensor of stated dimensions");
    };
    if word_of(*dtype).is_none() {
        return refuse(&format!("of {dtype}, which Triton has no word for"));
    }
    if dimensions.contains(&Dimension::Fixed(0)) {
        return refuse("always empty");
    }
    let length = |dimension: &Dimension| match dimension {
        Dimension::Fixed(length) => i64::try_from(*length).unwrap_or(-1),
        Dimension::Named(_) | Dimension::Any => -1,
    };
    let stated = dimensions.iter().skip(usize::from(rows));
    let dimensions: Vec<_> = stated.map(length).collect();
    let is_scalar = dimensions.is_empty();
    Ok(Port {
        name: port.name.clone(),
        dtype: Some(*dtype),
        dimensions: if is_scalar { vec![1] } else { dimensions },
        is_scalar,
        labels: None,
    })
}

/// Names a file of labels for each output that has some.
fn label(
    config: &mut Config,
    manifest: &Manifest,
    signature: &Signature,
    notes: &mut Vec<String>,
) -> Result<Files> {
    let mut files = Files::new();
    let outputs = signature.outputs.iter().zip(&mut config.outputs);
    for (place, (output, port)) in outputs.enumerate() {
        let name = &output.name;
        let Some(labels) = labels_of(manifest, signature, name) else {
            continue;
        };
        if width(output).is_some_and(|width| width != labels.len()) {
            let why = "which has another number of scores";
            notes.push(format!("not carried over: the labels of `{name}`, {why}"));
            continue;
        }
        let file = format!("output{place}_labels.txt");
        files.push((file.clone(), lines(labels)?));
        port.labels = Some(file);
        notes.push(format!("carried over: {} labels of `{name}`", labels.len()));
    }
    let mut named = manifest.labels.keys();
    if let Some(name) = named.find(|name| signature.output(name).is_none()) {
        notes.push(format!(
            "not carried over: the labels of `{name}`, which is no output"
        ));
    }
    Ok(files)
}

/// The labels of an output: the package's own for it, or its task's.
fn labels_of<'a>(
    manifest: &'a Manifest,
    signature: &Signature,
    output: &str,
) -> Option<&'a Vec<String>> {
    let of_task = match &manifest.task {
        Some(Task::TextClassification(settings)) => {
            let first = signature.outputs.first().map(|port| port.name.as_str());
            let read = settings.output.as_deref().or(first);
            (read == Some(output)).then_some(&settings.labels)
        }
        _ => None,
    };
    manifest.labels.get(output).or(of_task)
}

fn lines(labels: &[String]) -> Result<String> {
    let is_line = |label: &&String| {
        !label.is_empty() && label.trim_end() == **label && !label.contains(['\n', '\r'])
    };
    match labels.iter().find(|label| !is_line(label)) {
        Some(label) => Err(
            cannot(&format!("the label `{}` is no line", label.escape_debug()))
                .advise("Triton's labels are lines of a file: name it without line breaks"),
        ),
        None => Ok(labels.iter().flat_map(|label| [label, "\n"]).collect()),
    }
}

pub(super) fn cannot(what: &str) -> Error {
    let message = format!("Triton cannot serve this package: {what}");
    Error::new(ErrorKind::Unsupported, message)
}
