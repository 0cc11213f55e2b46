//! The receipt of a run, as it is printed.

use std::io::{self, Write};

use amaas_core::model::{Digest, ModelName};
use amaas_core::usage::Usage;
use semver::Version;
use serde::Serialize;

use crate::output::{Answer, Table, milliseconds};

/// Which version answered, and what that took.
#[derive(Debug, Serialize)]
pub(super) struct Receipt {
    model: ModelName,
    version: Version,
    digest: Digest,
    rows: u64,
    tokens: u64,
    queued_ms: f64,
    computed_ms: f64,
}

impl From<&Usage> for Receipt {
    fn from(usage: &Usage) -> Self {
        Self {
            model: usage.model.clone(),
            version: usage.version.clone(),
            digest: usage.digest,
            rows: usage.rows,
            tokens: usage.tokens,
            queued_ms: milliseconds(usage.queued),
            computed_ms: milliseconds(usage.computed),
        }
    }
}

impl Answer for Receipt {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::plain();
        for (name, value) in [
            ("model", format!("{}@{}", self.model, self.version)),
            ("digest", self.digest.to_string()),
            ("rows", self.rows.to_string()),
            ("tokens", self.tokens.to_string()),
            ("queued", format!("{:.3} ms", self.queued_ms)),
            ("computed", format!("{:.3} ms", self.computed_ms)),
        ] {
            table.row([name.to_owned(), value]);
        }
        table.print("", out)
    }
}
