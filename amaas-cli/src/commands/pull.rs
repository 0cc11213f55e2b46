//! `amaas pull`: a version from an OCI registry.

use std::io::{self, Write};

use amaas_core::model::{Digest, ModelName};
use clap::Args;
use semver::Version;
use serde::Serialize;

use super::ModelSelector;
use super::remote::{RemoteOptions, Sum};
use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::{Answer, bytes, count};

/// Fetch a version from an OCI registry; what is here already is not fetched again
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas pull sentiment@champion --remote oci://ghcr.io/acme")]
pub(crate) struct Pull {
    /// The model, and which version of those on the remote
    #[arg(value_name = "MODEL[@SELECTOR]")]
    version: ModelSelector,
    #[command(flatten)]
    remote: RemoteOptions,
}

#[derive(Debug, Serialize)]
struct Answered {
    model: ModelName,
    version: Version,
    digest: Digest,
    created: bool,
    fetched: Sum,
}

impl Pull {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let registry = context.registry_or_new()?;
        let (remote, bar) = self.remote.open(context)?;
        let pulled = remote.pull(&registry, &self.version.model, &self.version.selector);
        bar.finish_and_clear();
        let pulled = pulled?;
        context.answer(&Answered {
            model: pulled.name,
            version: pulled.version,
            digest: pulled.digest,
            created: pulled.created,
            fetched: Sum {
                blobs: pulled.blobs,
                bytes: pulled.bytes,
            },
        })?;
        Ok(exit::SUCCESS)
    }
}

impl Answer for Answered {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { model, version, .. } = self;
        if self.created {
            let fetched = count(self.fetched.blobs, "blob");
            writeln!(
                out,
                "{model}@{version} pulled: {fetched}, {}",
                bytes(self.fetched.bytes)
            )?;
        } else {
            writeln!(out, "{model}@{version} is here already")?;
        }
        writeln!(out, "{}", self.digest)
    }
}
