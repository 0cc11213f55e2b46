//! `amaas yank`: no range picks a version any more; who names it still gets it.

use std::io::{self, Write};

use amaas_core::model::ModelName;
use clap::Args;
use semver::Version;
use serde::Serialize;

use super::ModelVersion;
use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::Answer;

/// Withdraw a version: no range picks it any more; who names it still gets it, with a notice
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas yank sentiment@1.0.0 --reason 'wrong tokenizer'")]
pub(crate) struct Yank {
    /// Model and version, as sentiment@1.0.0
    #[arg(value_name = "MODEL@VERSION")]
    version: ModelVersion,
    /// Why, in one line; shown to those who use it
    #[arg(long, value_name = "TEXT", conflicts_with = "undo")]
    reason: Option<String>,
    /// Take the yank back
    #[arg(long)]
    undo: bool,
}

#[derive(Debug, Serialize)]
struct Yanked {
    model: ModelName,
    version: Version,
    yanked: bool,
}

impl Yank {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let ModelVersion { model, version } = self.version.clone();
        let registry = context.registry()?;
        match self.undo {
            true => registry.unyank(&model, &version)?,
            false => registry.yank(&model, &version, self.reason.as_deref())?,
        }
        context.answer(&Yanked {
            model,
            version,
            yanked: !self.undo,
        })?;
        Ok(exit::SUCCESS)
    }
}

impl Answer for Yanked {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let word = if self.yanked {
            "yanked"
        } else {
            "not yanked any more"
        };
        writeln!(out, "{}@{} is {word}", self.model, self.version)
    }
}
