//! `amaas publish`: checks a package and stores it.

use std::io::{self, Write};
use std::path::PathBuf;

use amaas_core::model::{Digest, ModelName};
use clap::Args;
use semver::Version;
use serde::Serialize;

use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::Answer;

/// Check a package, run its golden examples and store it under its version
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas publish models/sentiment/1.1.0")]
pub(crate) struct Publish {
    /// A package folder (with amaas.toml) or an .onnx file
    path: PathBuf,
}

#[derive(Debug, Serialize)]
struct Answered {
    model: ModelName,
    version: Version,
    digest: Digest,
    created: bool,
}

impl Publish {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let published = context.service()?.publish(&self.path)?;
        context.answer(&Answered {
            model: published.name,
            version: published.version,
            digest: published.digest,
            created: published.created,
        })?;
        Ok(exit::SUCCESS)
    }
}

impl Answer for Answered {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let word = match self.created {
            true => "published",
            false => "is there already, unchanged",
        };
        writeln!(out, "{}@{} {word}", self.model, self.version)?;
        writeln!(out, "{}", self.digest)
    }
}
