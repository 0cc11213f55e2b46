//! `amaas delete`: takes a version off the list.

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

/// Take a version off the list; `amaas gc` frees its bytes
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas delete sentiment@1.0.0 && amaas gc")]
pub(crate) struct Delete {
    /// Model and version, as sentiment@1.0.0
    #[arg(value_name = "MODEL@VERSION")]
    version: ModelVersion,
}

#[derive(Debug, Serialize)]
struct Deleted {
    model: ModelName,
    version: Version,
}

impl Delete {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let ModelVersion { model, version } = self.version.clone();
        context.registry()?.delete(&model, &version)?;
        context.answer(&Deleted { model, version })?;
        Ok(exit::SUCCESS)
    }
}

impl Answer for Deleted {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}@{} is deleted", self.model, self.version)
    }
}
