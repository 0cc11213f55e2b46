//! `amaas export`: versions for another tool, or as one file for another registry.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use amaas_core::model::{Digest, ModelName, Package, Reference};
use amaas_core::registry::{ExportOptions, Pick, export_triton, read_package};
use amaas_core::{Error, ErrorKind};
use clap::{Args, ValueEnum};
use semver::Version;
use serde::Serialize;

use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::{Answer, bytes, count};

/// Write versions into one file, or one version as another tool reads it
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  amaas export --format oci --to models.tar
  amaas export sentiment ner@champion --format oci --to models.tar
  amaas export sentiment@champion --format triton --to repository/")]
pub(crate) struct Export {
    /// name@selector for one version. Triton takes one, or the path of a package folder or an .onnx
    /// file; oci takes any number, a bare name for all versions of a model, and nothing for everything
    #[arg(value_name = "REFERENCE")]
    what: Vec<What>,
    /// oci: a tar that `amaas import` and OCI tools read; triton: a model of a Triton repository
    #[arg(long)]
    format: Format,
    /// Where to: for oci the file; for triton the repository's folder, which is made where it is not
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// Leave the aliases out, which else go along with what they point at (oci)
    #[arg(long)]
    no_aliases: bool,
}

/// A reference, and whether it says which version.
#[derive(Debug, Clone)]
struct What {
    reference: Reference,
    is_selective: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "lower")]
enum Format {
    Oci,
    Triton,
}

#[derive(Debug, Serialize)]
struct ForTriton {
    model: ModelName,
    version: Version,
    digest: Digest,
    folder: PathBuf,
    number: u64,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct AsFile {
    file: PathBuf,
    versions: u64,
    blobs: u64,
    bytes: u64,
}

impl Export {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        match self.format {
            Format::Oci => {
                let answer = self.to_file(context)?;
                context.answer(&answer)?;
            }
            Format::Triton => {
                let answer = self.for_triton(context)?;
                context.answer(&answer)?;
            }
        }
        Ok(exit::SUCCESS)
    }

    fn to_file(&self, context: &Context<'_>) -> Result<AsFile> {
        let only = self.what.iter().map(What::pick);
        let options = ExportOptions {
            only: only.collect::<amaas_core::Result<_>>()?,
            aliases: !self.no_aliases,
        };
        let exported = context.registry()?.export_file(&options, &self.to)?;
        Ok(AsFile {
            file: self.to.clone(),
            versions: exported.versions,
            blobs: exported.blobs,
            bytes: exported.bytes,
        })
    }

    fn for_triton(&self, context: &Context<'_>) -> Result<ForTriton> {
        let [what] = self.what.as_slice() else {
            let message = format!("triton takes one version, not {}", self.what.len());
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("name one, as in `sentiment@champion`")
                .into());
        };
        if self.no_aliases {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "`--no-aliases` means nothing for triton",
            )
            .advise("leave it out")
            .into());
        }
        let package = package(context, &what.reference)?;
        let exported = export_triton(&package, &self.to)?;
        let info = package.manifest.package;
        Ok(ForTriton {
            model: info.name,
            version: info.version,
            digest: package.digest,
            folder: exported.folder,
            number: exported.version,
            notes: exported.notes,
        })
    }
}

fn package(context: &Context<'_>, reference: &Reference) -> Result<Package> {
    match reference {
        Reference::Path(path) => Ok(read_package(path)?),
        Reference::Named { name, selector } => {
            let registry = context.registry()?;
            let resolved = registry.resolve(name, selector)?;
            Ok(registry.package(&resolved.digest)?)
        }
    }
}

impl What {
    fn pick(&self) -> amaas_core::Result<Pick> {
        match &self.reference {
            Reference::Named { name, selector } => Ok(Pick {
                name: name.clone(),
                selector: self.is_selective.then(|| selector.clone()),
            }),
            Reference::Path(path) => Err(not_published(path)),
        }
    }
}

impl FromStr for What {
    type Err = Error;

    fn from_str(text: &str) -> amaas_core::Result<Self> {
        Ok(Self {
            reference: text.parse()?,
            is_selective: text.contains('@'),
        })
    }
}

fn not_published(path: &Path) -> Error {
    let message = format!(
        "`{}` is a path, and no model of the registry",
        path.display()
    );
    Error::new(ErrorKind::InvalidArgument, message).advise("publish it first, and name the model")
}

impl Answer for AsFile {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "{} written to {}: {}, {}",
            count(self.versions as usize, "version"),
            self.file.display(),
            count(self.blobs as usize, "blob"),
            bytes(self.bytes)
        )
    }
}

impl Answer for ForTriton {
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
