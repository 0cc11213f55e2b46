//! `amaas rollback`: an alias back to where it pointed before.

use std::io::{self, Write};

use amaas_core::model::{AliasName, ModelName};
use clap::Args;
use semver::Version;
use serde::Serialize;

use super::ModelAlias;
use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::Answer;

/// Point an alias back at the version before; again, one step further back
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas rollback sentiment@champion")]
pub(crate) struct Rollback {
    /// Model and alias, as sentiment@champion
    #[arg(value_name = "MODEL@ALIAS")]
    alias: ModelAlias,
    /// Why, in one line; kept in the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct RolledBack {
    model: ModelName,
    alias: AliasName,
    version: Version,
}

impl Rollback {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let ModelAlias { model, alias } = self.alias.clone();
        let registry = context.registry()?;
        let version = registry.rollback(&model, &alias, self.reason.as_deref())?;
        context.answer(&RolledBack {
            model,
            alias,
            version,
        })?;
        Ok(exit::SUCCESS)
    }
}

impl Answer for RolledBack {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self {
            model,
            alias,
            version,
        } = self;
        writeln!(out, "{model}@{alias} → {version}")
    }
}
