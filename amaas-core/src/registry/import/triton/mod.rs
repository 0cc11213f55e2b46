//! Triton's model repositories, in and out: `name/config.pbtxt`, `name/N/model.onnx`.
//!
//! The trap: a configuration is about tensors. Labels come along, but text stays Triton's caller's
//! work: a tokenizer has no place in it, so a task neither goes in nor comes out.

mod config;
mod describe;
mod export;

use std::collections::BTreeMap;
use std::path::Path;

use self::config::Config;
pub use self::export::{Exported, export_triton};
use super::super::contained::Folder;
use super::draft::Draft;
use super::read::{fault, pbtxt, text};
use super::{Format, ImportOptions, Imported, serving};
use crate::model::{Batching, Dimension, PackagePath, Port, PortKind};
use crate::{Error, ErrorKind, Result};

pub(super) const FILE: &str = "config.pbtxt";

/// One model's folder, or a repository of them; a package for each version.
pub(super) fn import(path: &Path, options: &ImportOptions) -> Result<Vec<Imported>> {
    let folder = Folder::open(path)?;
    let models = serving::models(&folder, |model| {
        Ok(model.has(FILE)? || !serving::numbers(model)?.is_empty())
    })?;
    serving::check_options(&models, options)?;
    let mut imported = Vec::new();
    for model in &models {
        imported.extend(import_model(model, options)?);
    }
    serving::distinct(imported)
}

fn import_model(model: &Folder, options: &ImportOptions) -> Result<Vec<Imported>> {
    let broken = |what: String| fault(model, FILE, &what).advise("correct the configuration");
    let config = match pbtxt(model, FILE)? {
        Some(message) => Some(Config::read(&message).map_err(broken)?),
        None => None,
    };
    let Some(config) = config else {
        return import_bare(model, options);
    };
    check_platform(model, &config)?;
    let labels = read_labels(model, &config)?;
    let folder = serving::folder_name(model);
    let name = config.name.as_deref().unwrap_or(&folder);
    let file = config.file.as_deref().unwrap_or(serving::GRAPH);
    if let Err(cause) = file.parse::<PackagePath>() {
        return Err(
            broken("has a `default_model_filename` that leads out".to_owned()).because(cause),
        );
    }
    let carry = |mut draft: Draft| {
        check_ports(model, &config, &draft)?;
        carry_batching(&mut draft, &config);
        carry_labels(model, &mut draft, &labels)?;
        for field in &config.idle {
            draft.note(format!("not carried over: `{field}` of `{FILE}`"));
        }
        draft.note("no task: a Triton configuration is about tensors alone");
        draft.finish(Format::Triton, model.path())
    };
    let drafts = serving::drafts(model, name, file, options)?;
    drafts.into_iter().map(carry).collect()
}

/// Triton completes a configuration that is not there from the graph.
fn import_bare(model: &Folder, options: &ImportOptions) -> Result<Vec<Imported>> {
    let name = serving::folder_name(model);
    let finish = |mut draft: Draft| {
        draft.note(format!(
            "guessed: without `{FILE}`, all is as the graph says"
        ));
        draft.finish(Format::Triton, model.path())
    };
    let drafts = serving::drafts(model, &name, serving::GRAPH, options)?;
    drafts.into_iter().map(finish).collect()
}

fn check_platform(model: &Folder, config: &Config) -> Result<()> {
    let is_onnx = match (config.platform.as_deref(), config.backend.as_deref()) {
        (None | Some(""), None | Some("")) => true,
        (platform, backend) => {
            platform.is_none_or(|name| matches!(name, "" | "onnxruntime_onnx"))
                && backend.is_none_or(|name| matches!(name, "" | "onnxruntime"))
        }
    };
    if is_onnx {
        return Ok(());
    }
    let names = [&config.platform, &config.backend];
    let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
    let file = model.path().join(FILE);
    let message = format!(
        "`{}` is for the platform `{}`",
        file.display(),
        names.join("`, `")
    );
    Err(Error::new(ErrorKind::Unsupported, message)
        .advise("amaas runs ONNX graphs: export the model to ONNX for `onnxruntime_onnx`"))
}

/// Names and dtypes must be the graph's, as Triton itself asks.
fn check_ports(model: &Folder, config: &Config, draft: &Draft) -> Result<()> {
    let signature = &draft.signature;
    for (ports, stated, kind) in [
        (&signature.inputs, &config.inputs, "input"),
        (&signature.outputs, &config.outputs, "output"),
    ] {
        for port in stated {
            let found = ports.iter().find(|found| found.name == port.name);
            let refuse = |what: &str| {
                Err(fault(
                    model,
                    FILE,
                    &format!("has the {kind} `{}`, {what}", port.name),
                )
                .advise("correct it to what the graph has"))
            };
            match found.map(|found| &found.kind) {
                None => return refuse("which the graph does not have"),
                Some(PortKind::Tensor(dtype, _)) if port.dtype.is_some_and(|it| it != *dtype) => {
                    return refuse(&format!("which is {dtype} in the graph"));
                }
                Some(kind) if !fits(port, kind, config.max_batch_size > 0) => {
                    return refuse(&format!("which is {kind} in the graph"));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// Whether stated dimensions are the graph's; `rows` has the first one left out.
fn fits(port: &config::Port, kind: &PortKind, rows: bool) -> bool {
    let PortKind::Tensor(_, Some(dimensions)) = kind else {
        return true;
    };
    let mut pairs = port
        .dimensions
        .iter()
        .zip(dimensions.iter().skip(usize::from(rows)));
    let agree = |(stated, found): (&i64, &Dimension)| match found {
        Dimension::Fixed(length) => *stated == -1 || usize::try_from(*stated) == Ok(*length),
        Dimension::Named(_) | Dimension::Any => true,
    };
    let is_stated = !port.is_scalar && !port.dimensions.is_empty();
    !is_stated
        || (port.dimensions.len() + usize::from(rows) == dimensions.len() && pairs.all(agree))
}

fn carry_batching(draft: &mut Draft, config: &Config) {
    let batching = &mut draft.manifest.batching;
    let note = match usize::try_from(config.max_batch_size) {
        Ok(max_rows @ 1..) => {
            let enabled = config.dynamic_batching;
            *batching = Batching {
                enabled,
                max_rows,
                ..Batching::default()
            };
            let joined = if enabled { "run" } else { "do not run" };
            format!("carried over: at most {max_rows} rows; requests {joined} together")
        }
        _ => {
            batching.enabled = false;
            "carried over: `max_batch_size` is 0, so no rows run together".to_owned()
        }
    };
    draft.note(note);
}

type Labels = BTreeMap<String, Vec<String>>;

/// The labels of each output that names a file of them.
fn read_labels(model: &Folder, config: &Config) -> Result<Labels> {
    let mut labels = Labels::new();
    for port in &config.outputs {
        let Some(file) = port.labels.as_deref().filter(|file| !file.is_empty()) else {
            continue;
        };
        let refuse = |what: &str| {
            fault(model, FILE, &format!("names the labels `{file}`, {what}"))
                .advise("name a file of one label a line, beside the configuration")
        };
        let named = format!("of the output `{}`", port.name);
        let text = text(model, file).map_err(|error| {
            if error.kind() == ErrorKind::InvalidArgument {
                return refuse("which lead out of the model's folder").because(error);
            }
            error
        })?;
        let text = text.ok_or_else(|| refuse("which are not there"))?;
        let lines: Vec<_> = text
            .trim_end()
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        if text.trim().is_empty() || lines.iter().any(String::is_empty) {
            return Err(fault(model, file, &format!("has an empty label {named}"))
                .advise("write one label a line"));
        }
        labels.insert(port.name.clone(), lines);
    }
    Ok(labels)
}

fn carry_labels(model: &Folder, draft: &mut Draft, labels: &Labels) -> Result<()> {
    for (output, names) in labels {
        let width = draft.signature.output(output).and_then(width);
        if let Some(width) = width.filter(|width| *width != names.len()) {
            let what = format!(
                "has {width} scores in `{output}` and {} labels",
                names.len()
            );
            return Err(fault(model, FILE, &what).advise("write a label for each score"));
        }
        draft.note(format!(
            "carried over: {} labels of `{output}`",
            names.len()
        ));
    }
    draft.manifest.labels.clone_from(labels);
    Ok(())
}

/// How many scores an output has, where the graph says so.
fn width(port: &Port) -> Option<usize> {
    match &port.kind {
        PortKind::Tensor(_, Some(dimensions)) => match dimensions.last() {
            Some(Dimension::Fixed(width)) => Some(*width),
            _ => None,
        },
        _ => None,
    }
}
