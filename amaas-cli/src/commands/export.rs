//! `amaas export`: a version for another tool.

use std::io::{self, Write};
use std::path::PathBuf;

use amaas_core::model::{Digest, ModelName, Package, Reference};
use amaas_core::registry::{export_triton, read_package};
use clap::{Args, ValueEnum};
use semver::Version;
use serde::Serialize;

use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::Answer;

/// Write a version as another tool reads it
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  amaas export sentiment@champion --format triton --to repository/"
)]
pub(crate) struct Export {
    /// name, name@selector, or the path of a package folder or an .onnx file
    reference: Reference,
    /// triton: a model of a Triton repository
    #[arg(long)]
    format: Format,
    /// Where to: for triton the repository's folder, which is made where it is not
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "lower")]
enum Format {
    Triton,
}

#[derive(Debug, Serialize)]
struct Answered {
    model: ModelName,
    version: Version,
    digest: Digest,
    folder: PathBuf,
    number: u64,
    notes: Vec<String>,
}

impl Export {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let package = self.package(context)?;
        let Format::Triton = self.format;
        let exported = export_triton(&package, &self.to)?;
        let info = package.manifest.package;
        context.answer(&Answered {
            model: info.name,
            version: info.version,
            digest: package.digest,
            folder: exported.folder,
            number: exported.version,
            notes: exported.notes,
        })?;
        Ok(exit::SUCCESS)
    }

    fn package(&self, context: &Context<'_>) -> Result<Package> {
        match &self.reference {
            Reference::Path(path) => Ok(read_package(path)?),
            Reference::Named { name, selector } => {
                let registry = context.registry()?;
                let resolved = registry.resolve(name, selector)?;
                Ok(registry.package(&resolved.digest)?)
            }
        }
    }
}

impl Answer for Answered {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self {
            model,
            version,
            number,
            ..
        } = self;
        let folder = self.folder.display();
        writeln!(
            out,
            "{model}@{version} written to {folder} as version {number}"
        )?;
        self.notes
            .iter()
            .try_for_each(|note| writeln!(out, "  {note}"))
    }
}
