//! Taking over what people have: a model in another tool's folder becomes a package.
//!
//! ```
//! use amaas_core::registry::{Format, ImportOptions, import};
//! # let home = tempfile::tempdir()?;
//! # let folder = home.path().join("sentiment");
//! # std::fs::create_dir_all(folder.join("3"))?;
//! # std::fs::write(folder.join("3/model.onnx"), b"\x08\x0a\x3a\x00")?;
//!
//! let imported = import(&folder, &ImportOptions::default())?;
//! assert_eq!(imported[0].format, Format::Serving);
//! assert_eq!(imported[0].package.manifest.package.version.to_string(), "3.0.0");
//! for note in &imported[0].notes {
//!     println!("{note}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Which format carries over what stands in `docs/import.md`. Nothing of theirs is executed: no
//! pickle, script or library is even opened.
//!
//! The trap: a package gets a task only where it will answer as the model did at home. Where that
//! cannot be said in a manifest, the notes say why, and the package serves `run` alone.

mod detect;
mod draft;
mod hugging_face;
mod mlflow;
mod pbtxt;
mod read;
mod serving;
mod triton;

use std::path::Path;

use semver::Version;

pub use self::detect::Format;
pub use self::triton::{Exported, export_triton};
use super::folder::read_package;
use super::pack::{MANIFEST_FILE, seal};
use crate::model::{ModelName, Package, PackagePath, Pooling};
use crate::{Error, ErrorKind, Result};

/// What the caller of [`import`] knows better than the folder.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The package's name; as the source says when absent.
    pub name: Option<ModelName>,
    /// The package's version; as the source says when absent, 1.0.0 where it says none.
    pub version: Option<Version>,
    /// The licence, an SPDX expression; as the source says when absent.
    pub license: Option<String>,
    /// What the source is; [`Format::detect`] says it when absent.
    pub format: Option<Format>,
    /// Which graph of a Hugging Face snapshot to take, as `onnx/model_quantized.onnx`.
    pub graph: Option<PackagePath>,
    /// Makes a text embedding of a Hugging Face snapshot that does not say how it pools.
    pub pooling: Option<Pooling>,
}

/// A package that was made of another tool's model.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Imported {
    /// The package, ready to be published.
    pub package: Package,
    /// What it was made of.
    pub format: Format,
    /// What was carried over, what was guessed, what could not be carried over: a sentence each.
    pub notes: Vec<String>,
}

/// Makes packages of the models at `path`: one per version that lies there, by name and version.
///
/// All of them are in memory at once: name the folder of one model where a repository is large.
///
/// # Errors
/// `NotFound` when nothing is there; `InvalidArgument` when it is nothing known, or an option does
/// not fit it; `InvalidPackage`, naming the file, when what is there breaks its format's rules or
/// leads out of its folder; `Unsupported` when there is no ONNX graph in it; `Io`.
pub fn import(path: &Path, options: &ImportOptions) -> Result<Vec<Imported>> {
    let format = match options.format {
        Some(format) => format,
        None => Format::detect(path)?,
    };
    refuse_idle_options(format, options)?;
    match format {
        Format::Package | Format::Onnx => adopt(path, format, options).map(|one| vec![one]),
        Format::HuggingFace => hugging_face::import(path, options).map(|one| vec![one]),
        Format::Mlflow => mlflow::import(path, options).map(|one| vec![one]),
        Format::Triton => triton::import(path, options),
        Format::Serving => serving::import(path, options),
    }
}

fn refuse_idle_options(format: Format, options: &ImportOptions) -> Result<()> {
    let idle = match options {
        _ if format == Format::HuggingFace => return Ok(()),
        ImportOptions { graph: Some(_), .. } => "graph",
        ImportOptions {
            pooling: Some(_), ..
        } => "pooling",
        _ => return Ok(()),
    };
    let message = format!("the option `{idle}` means nothing for the format `{format}`");
    Err(Error::new(ErrorKind::InvalidArgument, message).advise("leave it out"))
}

/// A folder with an `amaas.toml`, or one graph, under the name and version that are asked for.
fn adopt(path: &Path, format: Format, options: &ImportOptions) -> Result<Imported> {
    let package = read_package(path)?;
    let (mut manifest, mut notes) = (package.manifest.clone(), Vec::new());
    let info = &mut manifest.package;
    info.name = options.name.clone().unwrap_or(info.name.clone());
    info.license = options.license.clone().unwrap_or(info.license.clone());
    match &options.version {
        Some(version) => info.version = version.clone(),
        None if format == Format::Onnx => {
            info.version = draft::FIRST;
            notes.push(draft::no_version());
        }
        None => {}
    }
    if format == Format::Onnx {
        let weights = package.files.len().saturating_sub(2);
        notes.push(format!(
            "carried over: the graph and {weights} files of its weights"
        ));
        notes.push("no task: the file says nothing of what its tensors mean".to_owned());
    }
    if manifest == package.manifest {
        return Ok(Imported {
            package,
            format,
            notes,
        });
    }
    let mut files = package.files;
    files.remove(&MANIFEST_FILE.parse()?);
    if format == Format::Package {
        notes.push("`amaas.toml` was written anew, without its comments".to_owned());
    }
    Ok(Imported {
        package: seal(manifest, files)?,
        format,
        notes,
    })
}
