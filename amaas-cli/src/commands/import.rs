//! `amaas import`: what `amaas export` wrote is taken over as it is, and another tool's model becomes
//! a package and is published.

use std::io::{self, Write};
use std::path::PathBuf;

use amaas_core::model::{AliasName, Digest, ModelName, PackagePath, Pooling};
use amaas_core::registry::{
    Format, ImportOptions, Imported, ImportedAlias, ImportedArchive, Published, import, is_archive,
};
use amaas_core::{Error, ErrorKind};
use clap::{Args, ValueEnum};
use semver::Version;
use serde::Serialize;

use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::Answer;

/// Take over a tar of `amaas export`, or publish a model of Hugging Face, MLflow, Triton or TensorFlow Serving, or a bare .onnx file
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  amaas import all-MiniLM-L6-v2/ --name minilm --version 1.0.0
  amaas import models.tar

Nothing of theirs is executed. What was carried over, guessed or left is told for each version.
Everything in a tar is checked before the first byte is written; the options are for the others.")]
pub(crate) struct Import {
    /// The folder or file; a tar of an OCI layout may have any name
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
    /// Those that came in an archive.
    aliases: Vec<Named>,
}

#[derive(Debug, Serialize)]
struct Named {
    model: ModelName,
    alias: AliasName,
    /// False where the registry knew it, and it stayed as it was.
    created: bool,
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
        let answer = match self.format.is_none() && is_archive(&self.path) {
            true => self.take_over(context)?,
            false => self.publish(context)?,
        };
        context.answer(&answer)?;
        Ok(exit::SUCCESS)
    }

    fn take_over(&self, context: &Context<'_>) -> Result<Answered> {
        if let Some(option) = self.idle_option() {
            let message = format!("the option `{option}` means nothing for an archive");
            let error = Error::new(ErrorKind::InvalidArgument, message);
            return Err(error.advise("leave it out").into());
        }
        let imported = context.registry_or_new()?.import(&self.path)?;
        let ImportedArchive { versions, aliases } = imported;
        Ok(Answered {
            dry_run: false,
            versions: versions.into_iter().map(One::from).collect(),
            aliases: aliases.into_iter().map(Named::from).collect(),
        })
    }

    /// An option that changes what is published; an archive is taken over as it is.
    fn idle_option(&self) -> Option<&'static str> {
        let options = [
            (self.name.is_some(), "name"),
            (self.version.is_some(), "version"),
            (self.license.is_some(), "license"),
            (self.graph.is_some(), "graph"),
            (self.pooling.is_some(), "pooling"),
            (self.dry_run, "dry-run"),
        ];
        let mut given = options.into_iter().filter(|(is_given, _)| *is_given);
        given.next().map(|(_, option)| option)
    }

    fn publish(&self, context: &Context<'_>) -> Result<Answered> {
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
        Ok(Answered {
            dry_run: self.dry_run,
            versions,
            aliases: Vec::new(),
        })
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

impl From<Published> for One {
    fn from(published: Published) -> Self {
        Self {
            model: published.name,
            version: published.version,
            digest: published.digest,
            format: "oci",
            created: Some(published.created),
            notes: Vec::new(),
        }
    }
}

impl From<ImportedAlias> for Named {
    fn from(imported: ImportedAlias) -> Self {
        Self {
            model: imported.name,
            alias: imported.alias,
            created: imported.created,
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
        for Named {
            model,
            alias,
            created,
        } in &self.aliases
        {
            let word = if *created {
                "set"
            } else {
                "left as it is here"
            };
            writeln!(out, "{model}@{alias} {word}")?;
        }
        Ok(())
    }
}
