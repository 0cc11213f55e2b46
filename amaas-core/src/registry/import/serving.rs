//! Numbered versions: `name/N/model.onnx`, as TensorFlow Serving lays models out, and Triton.

use std::collections::BTreeSet;
use std::path::Path;

use semver::Version;

use super::super::contained::Folder;
use super::draft::Draft;
use super::read::fault;
use super::{Format, ImportOptions, Imported};
use crate::model::PackagePath;
use crate::{Error, ErrorKind, Result};

pub(super) const GRAPH: &str = "model.onnx";

/// One model's folder, or a folder of them.
pub(super) fn import(path: &Path, options: &ImportOptions) -> Result<Vec<Imported>> {
    let folder = Folder::open(path)?;
    let models = models(&folder, |model| Ok(!numbers(model)?.is_empty()))?;
    check_options(&models, options)?;
    let mut imported = Vec::new();
    for model in &models {
        imported.extend(versions(model, options)?);
    }
    distinct(imported)
}

/// `folder` itself if it is a model, else those of its folders that are.
pub(super) fn models(
    folder: &Folder,
    is_model: impl Fn(&Folder) -> Result<bool>,
) -> Result<Vec<Folder>> {
    if is_model(folder)? {
        return Ok(vec![folder.clone()]);
    }
    let mut models = Vec::new();
    for name in folder.names()? {
        if let Some(model) = folder.folder(&name)?
            && is_model(&model)?
        {
            models.push(model);
        }
    }
    if models.is_empty() {
        return Err(fault(folder, "", "has no numbered version in it")
            .advise("lay models out as `name/1/model.onnx`"));
    }
    Ok(models)
}

/// A draft of each version of one model, in order.
pub(super) fn drafts(
    model: &Folder,
    name: &str,
    file: &str,
    options: &ImportOptions,
) -> Result<Vec<Draft>> {
    let numbers = numbers(model)?;
    if numbers.is_empty() {
        return Err(fault(model, "", "has no numbered version in it")
            .advise("put the graph into a folder `1`"));
    }
    let mut drafts = Vec::new();
    for number in numbers {
        let at = graph(model, &number, file)?;
        let mut draft = Draft::of_graph(model, &at, name, options)?;
        draft.set_version(Some(version(model, &number)?), options);
        draft.note(format!("carried over: version `{number}` from its folder"));
        drafts.push(draft);
    }
    drafts.sort_by_key(|draft| draft.manifest.package.version.clone());
    Ok(drafts)
}

fn versions(model: &Folder, options: &ImportOptions) -> Result<Vec<Imported>> {
    let drafts = drafts(model, &folder_name(model), GRAPH, options)?;
    let finish = |mut draft: Draft| {
        draft.note("no task: nothing says what the tensors mean");
        draft.finish(Format::Serving, model.path())
    };
    drafts.into_iter().map(finish).collect()
}

/// The folders in here that are called by a number, without leading zeros.
pub(super) fn numbers(folder: &Folder) -> Result<Vec<String>> {
    let mut numbers = Vec::new();
    for name in folder.names()? {
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && !name.starts_with('0') && folder.folder(&name)?.is_some() {
            numbers.push(name);
        }
    }
    Ok(numbers)
}

fn version(model: &Folder, number: &str) -> Result<Version> {
    let major = number
        .parse::<i64>()
        .ok()
        .and_then(|n| u64::try_from(n).ok());
    let major = major.ok_or_else(|| {
        fault(
            model,
            number,
            "is no version: its number does not fit 63 bits",
        )
        .advise("rename the folder to a smaller number")
    })?;
    Ok(Version::new(major, 0, 0))
}

/// The graph of a version: a file, or a folder of that name which holds it beside its weights.
fn graph(model: &Folder, number: &str, file: &str) -> Result<PackagePath> {
    let path = format!("{number}/{file}");
    if model.folder(&path)?.is_some() {
        return format!("{path}/{GRAPH}").parse();
    }
    if model.has(&path)? {
        return path.parse();
    }
    let there = model
        .folder(number)?
        .map(|folder| folder.names())
        .transpose()?
        .unwrap_or_default();
    let message = format!("`{}` has no `{file}`", model.path().join(number).display());
    Err(Error::new(ErrorKind::Unsupported, message)
        .with(
            "there",
            there.into_iter().take(8).collect::<Vec<_>>().join(", "),
        )
        .advise("amaas runs ONNX graphs: export the model as `model.onnx`"))
}

/// One name or one version cannot be given to several packages.
pub(super) fn check_options(models: &[Folder], options: &ImportOptions) -> Result<()> {
    let versions = models.iter().map(|model| Ok(numbers(model)?.len()));
    let versions = versions.sum::<Result<usize>>()?;
    let option = match options {
        ImportOptions { name: Some(_), .. } if models.len() > 1 => "name",
        ImportOptions {
            version: Some(_), ..
        } if versions > 1 => "version",
        _ => return Ok(()),
    };
    let message = format!("the option `{option}` is for one package, and several lie there");
    Err(Error::new(ErrorKind::InvalidArgument, message)
        .with("models", models.len())
        .with("versions", versions)
        .advise("leave it out, or name the folder of one model"))
}

/// Refuses two models whose names came out alike.
pub(super) fn distinct(imported: Vec<Imported>) -> Result<Vec<Imported>> {
    let mut seen = BTreeSet::new();
    for one in &imported {
        let info = &one.package.manifest.package;
        if !seen.insert((&info.name, &info.version)) {
            let message = format!("two models are called `{}` {}", info.name, info.version);
            return Err(Error::new(ErrorKind::InvalidPackage, message)
                .advise("rename one, or import them one by one under names of their own"));
        }
    }
    Ok(imported)
}

pub(super) fn folder_name(folder: &Folder) -> String {
    let name = folder.path().file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
