//! `amaas push`: a version to an OCI registry.

use std::io::{self, Write};

use amaas_core::model::{AliasName, Digest, ModelName, Selector};
use clap::Args;
use semver::Version;
use serde::Serialize;

use super::ModelSelector;
use super::remote::{RemoteOptions, Sum};
use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::{Answer, bytes, count};

/// Send a version to an OCI registry; what is there already is not sent again
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  amaas push sentiment@^1 --remote oci://ghcr.io/acme --alias champion"
)]
pub(crate) struct Push {
    /// The model, and which version of it
    #[arg(value_name = "MODEL[@SELECTOR]")]
    version: ModelSelector,
    /// Point this alias on the remote at it; may be repeated
    #[arg(long, value_name = "NAME")]
    alias: Vec<AliasName>,
    #[command(flatten)]
    remote: RemoteOptions,
}

#[derive(Debug, Serialize)]
struct Answered {
    model: ModelName,
    version: Version,
    digest: Digest,
    created: bool,
    sent: Sum,
    aliases: Vec<AliasName>,
}

impl Push {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let registry = context.registry()?;
        let (remote, bar) = self.remote.open(context)?;
        let ModelSelector { model, selector } = &self.version;
        let pushed = remote.push(&registry, model, selector);
        bar.finish_and_clear();
        let pushed = pushed?;
        let exactly = Selector::Exact(pushed.version.clone());
        for alias in &self.alias {
            remote.set_alias(model, alias, &exactly)?;
        }
        context.answer(&Answered {
            model: pushed.name,
            version: pushed.version,
            digest: pushed.digest,
            created: pushed.created,
            sent: Sum {
                blobs: pushed.blobs,
                bytes: pushed.bytes,
            },
            aliases: self.alias.clone(),
        })?;
        Ok(exit::SUCCESS)
    }
}

impl Answer for Answered {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { model, version, .. } = self;
        if self.created {
            let sent = count(self.sent.blobs, "blob");
            writeln!(
                out,
                "{model}@{version} pushed: {sent}, {}",
                bytes(self.sent.bytes)
            )?;
        } else {
            writeln!(out, "{model}@{version} is there already")?;
        }
        writeln!(out, "{}", self.digest)?;
        let mut aliases = self.aliases.iter();
        aliases.try_for_each(|alias| writeln!(out, "{model}@{alias} → {version}"))
    }
}
