//! `amaas show`: one model, or one version of it, in full.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::SystemTime;

use amaas_core::model::{
    AliasName, Digest, Manifest, ModelName, Port, Reference, Selector, Signature, Task,
};
use amaas_core::registry::Registry;
use amaas_core::runtime::DevicePolicy;
use amaas_core::{Error, ErrorKind};
use clap::Args;
use semver::Version;
use serde::Serialize;

use super::alias::Change;
use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::{Answer, Table, bytes, rfc3339, time};

/// Show a model with its versions and aliases, or one version in full
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas show sentiment@^1 --signature")]
pub(crate) struct Show {
    /// A name shows the model; name@selector (a range, a version, an alias, a digest) one version
    #[arg(value_name = "MODEL[@SELECTOR]")]
    reference: String,
    /// Load the version to tell its inputs and outputs
    #[arg(long)]
    signature: bool,
}

impl Show {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        match (self.reference.parse()?, self.reference.contains('@')) {
            (Reference::Path(_), _) => return Err(no_path().into()),
            (Reference::Named { name, .. }, false) if !self.signature => {
                context.answer(&Whole::read(&context.registry()?, &name)?)?;
            }
            (reference @ Reference::Named { .. }, _) => {
                let version = self.version(context, &reference)?;
                context.answer(&version)?;
            }
        }
        Ok(exit::SUCCESS)
    }

    fn version(&self, context: &Context<'_>, reference: &Reference) -> Result<One> {
        let Reference::Named { name, selector } = reference else {
            return Err(no_path().into());
        };
        let mut one = One::read(&context.registry()?, name, selector)?;
        if self.signature {
            let service = context.service_for(reference, DevicePolicy::default())?;
            let route = service.load(&format!("{name}@{}", one.digest))?;
            one.signature = Some(Ports::from(route.lease().signature()));
        }
        Ok(one)
    }
}

fn no_path() -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "a path is shown by nobody: it is not in the registry",
    )
    .advise("publish it and name the model, or run it by its path")
}

/// A model: every version, every alias with all its moves.
#[derive(Debug, Serialize)]
struct Whole {
    name: ModelName,
    versions: Vec<Stored>,
    aliases: Vec<Pointer>,
}

#[derive(Debug, Serialize)]
struct Stored {
    version: Version,
    digest: Digest,
    #[serde(serialize_with = "rfc3339")]
    published: SystemTime,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct Pointer {
    alias: AliasName,
    version: Version,
    digest: Digest,
    history: Vec<Change>,
}

impl Whole {
    fn read(registry: &Registry, name: &ModelName) -> Result<Self> {
        let entry = registry.model(name)?;
        let versions = entry.versions.into_iter().map(|stored| Stored {
            version: stored.version,
            digest: stored.digest,
            published: stored.published,
            bytes: stored.bytes,
        });
        let aliases = entry.aliases.into_iter().map(|pointer| {
            let history = registry.alias_history(name, &pointer.alias)?;
            Ok(Pointer {
                alias: pointer.alias,
                version: pointer.version,
                digest: pointer.digest,
                history: history.into_iter().map(Change::from).collect(),
            })
        });
        Ok(Self {
            name: entry.name,
            versions: versions.collect(),
            aliases: aliases.collect::<Result<_>>()?,
        })
    }

    fn pointing_at(&self, digest: &Digest) -> String {
        let aliases = self.aliases.iter().filter(|alias| alias.digest == *digest);
        let names: Vec<_> = aliases.map(|alias| alias.alias.as_str()).collect();
        names.join(", ")
    }
}

impl Answer for Whole {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let head = ["VERSION", "PUBLISHED", "SIZE", "DIGEST", "ALIASES"];
        let mut table = Table::with_head(head, &[2]);
        for stored in self.versions.iter().rev() {
            table.row([
                stored.version.to_string(),
                time(stored.published),
                bytes(stored.bytes),
                stored.digest.short(),
                self.pointing_at(&stored.digest),
            ]);
        }
        writeln!(out, "{}\n", self.name)?;
        table.print("", out)?;
        for alias in &self.aliases {
            let mut moves = Table::plain();
            alias
                .history
                .iter()
                .for_each(|change| moves.row(change.row()));
            writeln!(out, "\n{} has pointed at", alias.alias)?;
            moves.print("  ", out)?;
        }
        Ok(())
    }
}

/// One version, as its author and the registry describe it.
#[derive(Debug, Serialize)]
struct One {
    name: ModelName,
    version: Version,
    digest: Digest,
    bytes: u64,
    #[serde(serialize_with = "rfc3339")]
    published: SystemTime,
    license: String,
    description: Option<String>,
    authors: Vec<String>,
    task: Option<&'static str>,
    aliases: Vec<AliasName>,
    metrics: BTreeMap<String, f64>,
    golden: usize,
    files: Vec<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Ports>,
}

#[derive(Debug, Serialize)]
struct File {
    path: String,
    bytes: usize,
}

#[derive(Debug, Serialize)]
struct Ports {
    inputs: Vec<PortText>,
    outputs: Vec<PortText>,
}

#[derive(Debug, Serialize)]
struct PortText {
    name: String,
    kind: String,
}

impl From<&Signature> for Ports {
    fn from(signature: &Signature) -> Self {
        let text = |port: &Port| PortText {
            name: port.name.clone(),
            kind: port.kind.to_string(),
        };
        Self {
            inputs: signature.inputs.iter().map(text).collect(),
            outputs: signature.outputs.iter().map(text).collect(),
        }
    }
}

impl One {
    fn read(registry: &Registry, name: &ModelName, selector: &Selector) -> Result<Self> {
        let resolved = registry.resolve(name, selector)?;
        let package = registry.package(&resolved.digest)?;
        let entry = registry.model(name)?;
        let stored = entry.versions.iter();
        let stored = stored
            .clone()
            .find(|stored| stored.digest == resolved.digest);
        let stored = stored.ok_or_else(|| removed(&resolved.digest))?;
        let aliases = entry.aliases.iter();
        let aliases = aliases.filter(|alias| alias.digest == resolved.digest);
        let files = package.files.iter().map(|(path, buffer)| File {
            path: path.to_string(),
            bytes: buffer.bytes().len(),
        });
        let files = files.collect();
        let Manifest {
            package: info,
            task,
            metrics,
            golden,
            ..
        } = package.manifest;
        Ok(Self {
            name: info.name,
            version: resolved.version,
            digest: resolved.digest,
            bytes: stored.bytes,
            published: stored.published,
            license: info.license,
            description: info.description,
            authors: info.authors,
            task: task.as_ref().map(Task::kind),
            aliases: aliases.map(|alias| alias.alias.clone()).collect(),
            metrics,
            golden: golden.len(),
            files,
            signature: None,
        })
    }

    fn facts(&self) -> Table {
        let aliases: Vec<_> = self.aliases.iter().map(AliasName::as_str).collect();
        let facts = [
            ("description", self.description.clone().unwrap_or_default()),
            ("task", self.task.unwrap_or_default().to_owned()),
            ("digest", self.digest.to_string()),
            ("size", bytes(self.bytes)),
            ("published", time(self.published)),
            ("licence", self.license.clone()),
            ("authors", self.authors.join(", ")),
            ("aliases", aliases.join(", ")),
            ("golden", self.golden.to_string()),
        ];
        let mut table = Table::plain();
        for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
            table.row([name.to_owned(), value]);
        }
        table
    }
}

fn removed(digest: &Digest) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("`{digest}` is not listed any more"),
    )
    .advise("somebody changed the registry meanwhile: ask again")
}

impl Answer for One {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}@{}\n", self.name, self.version)?;
        self.facts().print("", out)?;
        let mut metrics = Table::plain();
        for (name, value) in &self.metrics {
            metrics.row([name.clone(), value.to_string()]);
        }
        section("metrics", &metrics, out)?;
        let mut files = Table::default().aligned_right(1);
        for file in &self.files {
            files.row([file.path.clone(), bytes(file.bytes as u64)]);
        }
        section("files", &files, out)?;
        let Some(signature) = &self.signature else {
            return Ok(());
        };
        section("inputs", &ports(&signature.inputs), out)?;
        section("outputs", &ports(&signature.outputs), out)
    }
}

fn ports(ports: &[PortText]) -> Table {
    let mut table = Table::plain();
    for port in ports {
        table.row([port.name.clone(), port.kind.clone()]);
    }
    table
}

/// A table under its name; nothing where the table is empty.
fn section(name: &str, table: &Table, out: &mut dyn Write) -> io::Result<()> {
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{name}")?;
    table.print("  ", out)
}
