//! `amaas publish`: checks a package and stores it.

use std::io::{self, Write};
use std::path::PathBuf;

use amaas_core::model::{Digest, ModelName};
use amaas_core::privacy::{Recipients, Signer};
use amaas_core::service::PublishOptions;
use clap::Args;
use semver::Version;
use serde::Serialize;

use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::Answer;

/// Check a package, run its golden examples and store it under its version
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas publish models/sentiment/1.1.0
  amaas publish models/sentiment/1.1.0 --recipient \"$(age-keygen -y identity.txt)\"")]
pub(crate) struct Publish {
    /// A package folder (with amaas.toml) or an .onnx file
    path: PathBuf,
    /// Encrypt it for the holder of this public key, age1…; may be repeated
    #[arg(long, value_name = "KEY")]
    recipient: Vec<String>,
    /// Sign it with this private key of P-256, a PEM file
    #[arg(long, value_name = "FILE")]
    sign_with: Option<PathBuf>,
    /// The generation to sign, which grows with each version [default: none]
    #[arg(long, value_name = "NUMBER", requires = "sign_with")]
    generation: Option<u64>,
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
        let published = context
            .service()?
            .publish_with(&self.path, &self.options()?)?;
        context.answer(&Answered {
            model: published.name,
            version: published.version,
            digest: published.digest,
            created: published.created,
        })?;
        Ok(exit::SUCCESS)
    }

    fn options(&self) -> Result<PublishOptions> {
        let mut options = PublishOptions::default();
        if let Some(path) = &self.sign_with {
            let signer = Signer::open(path)?;
            options = options.signed_by(signer.generation(self.generation.unwrap_or_default()));
        }
        Ok(match self.recipient.is_empty() {
            true => options,
            false => options.encrypted_for(Recipients::keys(&self.recipient)?),
        })
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
