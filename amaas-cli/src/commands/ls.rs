//! `amaas ls`: the models of the registry.

use std::io::{self, Write};
use std::path::PathBuf;

use amaas_core::model::ModelName;
use amaas_core::registry::{ModelEntry, highest};
use clap::Args;
use semver::{Version, VersionReq};
use serde::Serialize;

use super::records::{Pointer, Stored};
use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::{Answer, Table, bytes, count};

/// List the models of the registry
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas ls --json | jq -r '.models[].name'")]
pub(crate) struct Ls {}

#[derive(Debug, Serialize)]
struct Listed {
    registry: PathBuf,
    models: Vec<Model>,
}

/// A model and all that is known of it.
#[derive(Debug, Serialize)]
struct Model {
    name: ModelName,
    versions: Vec<Stored>,
    aliases: Vec<Pointer>,
}

impl From<ModelEntry> for Model {
    fn from(entry: ModelEntry) -> Self {
        Self {
            name: entry.name,
            versions: entry.versions.into_iter().map(Stored::from).collect(),
            aliases: entry.aliases.into_iter().map(Pointer::from).collect(),
        }
    }
}

impl Ls {
    #[expect(clippy::unused_self, reason = "every command is run in this way")]
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let registry = context.registry()?;
        context.answer(&Listed {
            registry: registry.root().to_owned(),
            models: registry.models()?.into_iter().map(Model::from).collect(),
        })?;
        Ok(exit::SUCCESS)
    }
}

impl Model {
    /// What `name` alone selects: no pre-release, nothing yanked.
    fn highest(&self) -> Option<&Version> {
        let versions = self.versions.iter();
        let versions = versions.filter(|stored| stored.yanked.is_none());
        highest(versions.map(|stored| &stored.version), &VersionReq::STAR)
    }

    fn row(&self) -> [String; 5] {
        let aliases = self.aliases.iter();
        let aliases = aliases.map(|pointer| format!("{} → {}", pointer.alias, pointer.version));
        [
            self.name.to_string(),
            self.highest().map_or("-".to_owned(), Version::to_string),
            self.versions.len().to_string(),
            bytes(self.versions.iter().map(|stored| stored.bytes).sum()),
            aliases.collect::<Vec<_>>().join(", "),
        ]
    }
}

impl Answer for Listed {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.models.is_empty() {
            return writeln!(out, "no models in {}", self.registry.display());
        }
        let mut table =
            Table::with_head(["MODEL", "HIGHEST", "VERSIONS", "SIZE", "ALIASES"], &[2, 3]);
        self.models.iter().for_each(|model| table.row(model.row()));
        table.print("", out)?;
        let models = count(self.models.len(), "model");
        writeln!(out, "\n{models} in {}", self.registry.display())
    }
}
