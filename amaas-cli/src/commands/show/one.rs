//! One version, as its author and the registry describe it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::SystemTime;

use amaas_core::model::{
    AliasName, Digest, Manifest, ModelName, Package, Port, Selector, Signature, Task,
};
use amaas_core::registry::{Registry, Yanked};
use amaas_core::{Error, ErrorKind};
use semver::Version;
use serde::Serialize;

use crate::commands::records::withdrawn;
use crate::failure::Result;
use crate::output::{Answer, Table, bytes, rfc3339, time};

/// One version, as its author and the registry describe it.
#[derive(Debug, Serialize)]
pub(super) struct One {
    name: ModelName,
    version: Version,
    pub(super) digest: Digest,
    bytes: u64,
    #[serde(serialize_with = "rfc3339")]
    published: SystemTime,
    yanked: Option<Yanked>,
    license: String,
    description: Option<String>,
    authors: Vec<String>,
    task: Option<&'static str>,
    aliases: Vec<AliasName>,
    metrics: BTreeMap<String, f64>,
    golden: usize,
    files: Vec<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<Ports>,
}

#[derive(Debug, Serialize)]
struct File {
    path: String,
    bytes: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct Ports {
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
    pub(super) fn read(registry: &Registry, name: &ModelName, selector: &Selector) -> Result<Self> {
        let resolved = registry.resolve(name, selector)?;
        let package = registry.package(&resolved.digest)?;
        let entry = registry.model(name)?;
        let mut versions = entry.versions.iter();
        let stored = versions.find(|stored| stored.digest == resolved.digest);
        let stored = stored.ok_or_else(|| removed(&resolved.digest))?;
        let aliases = entry.aliases.iter();
        let aliases = aliases.filter(|alias| alias.digest == resolved.digest);
        let files = files(&package);
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
            yanked: stored.yanked.clone(),
            license: info.license,
            description: info.description,
            authors: info.authors,
            task: task.as_ref().map(Task::kind),
            aliases: aliases.map(|alias| alias.alias.clone()).collect(),
            metrics,
            golden: golden.len(),
            files,
            signature: registry
                .signature(name, &Selector::Digest(resolved.digest))?
                .as_ref()
                .map(Ports::from),
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
            ("notice", withdrawn(self.yanked.as_ref())),
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

fn files(package: &Package) -> Vec<File> {
    let files = package.files.iter().map(|(path, buffer)| File {
        path: path.to_string(),
        bytes: buffer.bytes().len(),
    });
    files.collect()
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
