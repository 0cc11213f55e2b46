//! A snapshot of a Hugging Face repository: a folder of its files, or one in the hub's cache,
//! where each file is a link to a blob.
//!
//! A classifier, tagger or decoder is known by its architecture, an embedding by the modules that
//! `sentence-transformers` saved, an encoder with its decoder by the names of their graphs; all need a
//! `tokenizer.json`. No pickle is opened.
//!
//! The trap: the cache's links lead out of the snapshot. They may lead anywhere within the
//! repository's own cache folder, `models--…`, and nowhere else.

mod card;
mod classify;
mod config;
mod embed;
mod generate;
mod image;
mod padding;
mod pair;
mod tag;
mod tokenizer;

use std::path::Path;

use self::config::Config;
use super::super::contained::Folder;
use super::draft::Draft;
use super::read::{json, text};
use super::{Format, ImportOptions, Imported};
use crate::model::{PackagePath, Task};
use crate::{Error, ErrorKind, Result};

/// Folders in which graphs are exported, and how graphs are called there.
const FOLDERS: [&str; 2] = ["", "onnx"];
const GRAPH: &str = "model.onnx";
const CACHE: &str = "models--";

/// One snapshot.
pub(super) fn import(path: &Path, options: &ImportOptions) -> Result<Imported> {
    let folder = open(path)?;
    let (at, mut others) = graph(&folder, options)?;
    let decoders = pair::decoders(&folder, &at)?;
    others.retain(|other| {
        decoders
            .iter()
            .all(|(_, decoder)| decoder.as_str() != other)
    });
    let mut draft = Draft::of_graph(&folder, &at, &name_of(&folder), options)?;
    draft.set_version(None, options);
    draft.note(format!("carried over: the graph `{at}`"));
    if !others.is_empty() {
        let others = others.join("`, `");
        draft.note(format!("not carried over: the other graphs, `{others}`"));
    }
    card::read(&folder, &mut draft, options)?;
    let config: Config = json(&folder, config::FILE)?.unwrap_or_default();
    draft.manifest.task = match decoders.as_slice() {
        [] => task(&folder, &config, &mut draft, options)?,
        decoders => {
            let read = pair::read(&folder, &config, decoders, &mut draft)?;
            read.map(|(task, tokenizer)| {
                draft.manifest.tokenizer = Some(tokenizer);
                Task::Text2TextGeneration(task)
            })
        }
    };
    draft.finish(Format::HuggingFace, folder.path())
}

/// The folder at `path`; of a cache, the snapshot that its `main` names, or its only one.
pub(super) fn open(path: &Path) -> Result<Folder> {
    let folder = Folder::open(path)?;
    let root = folder.path();
    let is_cache = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(CACHE)
    };
    if is_cache(root) {
        let revision = revision(&folder)?;
        return Folder::open_within(&root.join("snapshots").join(revision), root);
    }
    let snapshots = root.parent().filter(|parent| parent.ends_with("snapshots"));
    match snapshots
        .and_then(Path::parent)
        .filter(|wall| is_cache(wall))
    {
        Some(wall) => Folder::open_within(root, wall),
        None => Ok(folder),
    }
}

fn revision(cache: &Folder) -> Result<String> {
    let snapshots = match cache.folder("snapshots")? {
        Some(folder) => folder.names()?,
        None => Vec::new(),
    };
    let main = text(cache, "refs/main")?.map(|text| text.trim().to_owned());
    match (main, snapshots.as_slice()) {
        (Some(main), _) if snapshots.contains(&main) => Ok(main),
        (_, [only]) => Ok(only.clone()),
        _ => {
            let message = format!("`{}` does not say which snapshot", cache.path().display());
            Err(Error::new(ErrorKind::InvalidArgument, message)
                .with("snapshots", snapshots.len())
                .advise("name one of the folders in `snapshots`"))
        }
    }
}

/// Whether a folder holds what the hub's tools write.
pub(super) fn is_snapshot(folder: &Folder) -> Result<bool> {
    for file in [config::FILE, embed::MODULES, tokenizer::FILE] {
        if folder.has(file)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Which graph to take, and those that are left.
fn graph(folder: &Folder, options: &ImportOptions) -> Result<(PackagePath, Vec<String>)> {
    let mut graphs = Vec::new();
    for inside in FOLDERS {
        let at = match inside {
            "" => Some(folder.clone()),
            _ => folder.folder(inside)?,
        };
        let names = at.map(|at| at.names()).transpose()?.unwrap_or_default();
        let is_graph = |name: &String| name.ends_with(".onnx");
        let prefix = if inside.is_empty() { "" } else { "onnx/" };
        graphs.extend(
            names
                .into_iter()
                .filter(is_graph)
                .map(|name| format!("{prefix}{name}")),
        );
    }
    let usual = FOLDERS.map(|inside| format!("{inside}/{GRAPH}"));
    let usual = usual.iter().map(|path| path.trim_start_matches('/'));
    let chosen = match &options.graph {
        Some(chosen) => Some(chosen.to_string()),
        None => usual
            .map(str::to_owned)
            .find(|path| graphs.contains(path))
            .or_else(|| encoder(&graphs))
            .or_else(|| Some(graphs.first()?.clone()).filter(|_| graphs.len() == 1)),
    };
    let Some(chosen) = chosen else {
        return Err(no_graph(folder, &graphs));
    };
    graphs.retain(|graph| *graph != chosen);
    graphs.truncate(16);
    Ok((chosen.parse()?, graphs))
}

/// An encoder whose decoder lies beside it.
fn encoder(graphs: &[String]) -> Option<String> {
    let mut places = FOLDERS.iter().map(|inside| match *inside {
        "" => String::new(),
        inside => format!("{inside}/"),
    });
    places.find_map(|place| {
        let has = |name: &str| graphs.contains(&format!("{place}{name}.onnx"));
        let writes = has("decoder_model") || has("decoder_model_merged");
        (has(pair::ENCODER) && writes).then(|| format!("{place}{}.onnx", pair::ENCODER))
    })
}

fn no_graph(folder: &Folder, graphs: &[String]) -> Error {
    let path = folder.path().display();
    if graphs.is_empty() {
        return Error::new(
            ErrorKind::Unsupported,
            format!("`{path}` has no ONNX graph"),
        )
        .advise("export the model to ONNX, as `optimum-cli export onnx` does");
    }
    let message = format!("`{path}` has several graphs, and none is called `{GRAPH}`");
    Error::new(ErrorKind::InvalidArgument, message).advise(format!(
        "pass one of them as `graph`: {}",
        graphs.join(", ")
    ))
}

/// The repository's own name, less its owner's.
fn name_of(folder: &Folder) -> String {
    let mut parts = folder
        .path()
        .iter()
        .rev()
        .map(|part| part.to_string_lossy());
    let cache = parts.find_map(|part| Some(part.strip_prefix(CACHE)?.to_owned()));
    let cache = cache.filter(|_| folder.is_walled());
    match cache {
        Some(cache) => cache.rsplit("--").next().unwrap_or_default().to_owned(),
        None => super::serving::folder_name(folder),
    }
}

fn task(
    folder: &Folder,
    config: &Config,
    draft: &mut Draft,
    options: &ImportOptions,
) -> Result<Option<Task>> {
    if config.is_image_classifier() {
        let Some(labels) = classify::scores(folder, config, draft)? else {
            return Ok(None);
        };
        return Ok(image::read(folder, labels, draft)?.map(Task::ImageClassification));
    }
    let pooled = embed::read(folder, draft, options)?;
    if pooled.is_none() && config.is_decoder() {
        let read = generate::read(folder, config, draft)?;
        return Ok(read.map(|(task, tokenizer)| {
            draft.manifest.tokenizer = Some(tokenizer);
            Task::TextGeneration(task)
        }));
    }
    let task = match pooled {
        Some(embed::Found::Task(task, limits)) => Some((Task::TextEmbedding(task), limits)),
        Some(embed::Found::Refused) => None,
        None if config.is_tagger() => tag::read(folder, config, draft)?.map(|task| {
            (
                Task::TokenClassification(task),
                tokenizer::Limits::default(),
            )
        }),
        None => classify::read(folder, config, draft)?
            .map(|task| (Task::TextClassification(task), tokenizer::Limits::default())),
    };
    let Some((task, limits)) = task else {
        return Ok(None);
    };
    let settings = tokenizer::read(folder, config, &limits, draft)?;
    Ok(settings.map(|settings| {
        draft.manifest.tokenizer = Some(settings);
        task
    }))
}
