//! `amaas gc`: removes what nothing needs.

use std::io::{self, Write};
use std::time::Duration;

use amaas_core::model::Digest;
use amaas_core::registry::{GcOptions, GcReport};
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::{Answer, bytes, count};

/// Remove what no version needs and what writes that were cut off have left
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas gc --dry-run")]
pub(crate) struct Gc {
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    /// How long something must have lain unneeded; 0s only when nobody reads or writes meanwhile
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    grace: Duration,
}

#[derive(Debug, Serialize)]
struct Collected {
    dry_run: bool,
    removed: Vec<Digest>,
    bytes: u64,
    kept: u64,
    spared: u64,
    temporaries: u64,
}

impl Gc {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let report = context.registry()?.gc(&GcOptions {
            grace: self.grace,
            dry_run: self.dry_run,
        })?;
        let GcReport {
            removed,
            bytes,
            kept,
            spared,
            temporaries,
        } = report;
        context.answer(&Collected {
            dry_run: self.dry_run,
            removed,
            bytes,
            kept,
            spared,
            temporaries,
        })?;
        Ok(exit::SUCCESS)
    }
}

impl Answer for Collected {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let word = if self.dry_run {
            "would remove"
        } else {
            "removed"
        };
        let blobs = count(self.removed.len(), "blob");
        let files = match self.temporaries {
            0 => String::new(),
            files => format!(
                " and {} of writes that were cut off",
                count(files as usize, "file")
            ),
        };
        writeln!(out, "{word} {blobs}{files}: {}", bytes(self.bytes))?;
        writeln!(out, "kept {}, spared {} for now", self.kept, self.spared)
    }
}
