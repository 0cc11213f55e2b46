//! `amaas import`: another tool's model becomes a package and is published.

use std::io::{self, Write};
use std::path::PathBuf;

use amaas_core::model::{Digest, ModelName, PackagePath, Pooling};
use amaas_core::registry::{Format, ImportOptions, Imported, import};
use clap::{Args, ValueEnum};
use semver::Version;
use serde::Serialize;

use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::Answer;

/// Publish a model of Hugging Face, MLflow, Triton or TensorFlow Serving, or a bare .onnx file
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  amaas import all-MiniLM-L6-v2/ --name minilm --version 1.0.0

Nothing of theirs is executed. What was carried over, guessed or left is told for each version.")]
pub(crate) struct Import {
    /// The folder or file
    path: PathBuf,
    /// The model's name [default: as the source says]
    #[arg(long)]
    name: Option<ModelName>,
    /// The version [default: as the source says, 1.0.0 where it says none]
    #[arg(long)]
    version: Option<Version>,
    /// The licence, an SPDX expression [default: as the source says]
    #[arg(long)]
    license: Option<String>,
    /// package, onnx, hugging-face, mlflow, triton or serving [default: what the files tell]
    #[arg(long)]
    format: Option<Format>,
    /// Which graph of a Hugging Face snapshot to take, as onnx/model_quantized.onnx
    #[arg(long, value_name = "PATH")]
    graph: Option<PackagePath>,
    /// How a Hugging Face snapshot that does not say it turns tokens into one vector
    #[arg(long)]
    pooling: Option<Pool>,
    /// Only say what would be published
    #[arg(long)]
    dry_run: bool,
}

/// The words of the command line for [`Pooling`].
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Pool {
    Mean,
    Cls,
    Last,
    None,
}

impl From<Pool> for Pooling {
    fn from(pool: Pool) -> Self {
        match pool {
            Pool::Mean => Self::Mean,
            Pool::Cls => Self::Cls,
            Pool::Last => Self::Last,
            Pool::None => Self::None,
        }
    }
}

#[derive(Debug, Serialize)]
struct Answered {
    dry_run: bool,
    versions: Vec<One>,
}

#[derive(Debug, Serialize)]
struct One {
    model: ModelName,
    version: Version,
    digest: Digest,
    format: &'static str,
    /// Whether it is new to the registry; absent when nothing was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<bool>,
    notes: Vec<String>,
}

impl Import {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let found = import(&self.path, &self.options())?;
        let versions = match self.dry_run {
            true => found.into_iter().map(|one| One::of(one, None)).collect(),
            false => {
                let service = context.service()?;
                let publish = |one: Imported| {
                    let published = service.publish_package(&one.package)?;
                    Ok(One::of(one, Some(published.created)))
                };
                found.into_iter().map(publish).collect::<Result<_>>()?
            }
        };
        context.answer(&Answered {
            dry_run: self.dry_run,
            versions,
        })?;
        Ok(exit::SUCCESS)
    }

    fn options(&self) -> ImportOptions {
        ImportOptions {
            name: self.name.clone(),
            version: self.version.clone(),
            license: self.license.clone(),
            format: self.format,
            graph: self.graph.clone(),
            pooling: self.pooling.map(Pooling::from),
        }
    }
}

impl One {
    fn of(imported: Imported, created: Option<bool>) -> Self {
        let digest = imported.package.digest;
        let info = imported.package.manifest.package;
        Self {
            model: info.name,
            version: info.version,
            digest,
            format: imported.format.name(),
            created,
            notes: imported.notes,
        }
    }
}

impl Answer for Answered {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        for one in &self.versions {
            let word = match one.created {
                None => "would be published",
                Some(true) => "published",
                Some(false) => "is there already, unchanged",
            };
            writeln!(
                out,
                "{}@{} {word}, from {}",
                one.model, one.version, one.format
            )?;
            writeln!(out, "{}", one.digest)?;
            one.notes
                .iter()
                .try_for_each(|note| writeln!(out, "  {note}"))?;
        }
        Ok(())
    }
}
