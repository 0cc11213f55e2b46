//! A model: every version, every alias with all its moves.

use std::io::{self, Write};

use amaas_core::model::{Digest, ModelName};
use amaas_core::registry::Registry;
use serde::Serialize;

use crate::commands::records::{Move, Pointer, Stored, withdrawn};
use crate::failure::Result;
use crate::output::{Answer, Table, bytes, time};

/// A model: every version, every alias with all its moves.
#[derive(Debug, Serialize)]
pub(super) struct Whole {
    name: ModelName,
    versions: Vec<Stored>,
    aliases: Vec<Past>,
}

#[derive(Debug, Serialize)]
struct Past {
    #[serde(flatten)]
    now: Pointer,
    history: Vec<Move>,
}

impl Whole {
    pub(super) fn read(registry: &Registry, name: &ModelName) -> Result<Self> {
        let entry = registry.model(name)?;
        let aliases = entry.aliases.into_iter().map(|alias| {
            let history = registry.alias_history(name, &alias.alias)?;
            Ok(Past {
                now: Pointer::from(alias),
                history: history.into_iter().map(Move::from).collect(),
            })
        });
        Ok(Self {
            name: entry.name,
            versions: entry.versions.into_iter().map(Stored::from).collect(),
            aliases: aliases.collect::<Result<_>>()?,
        })
    }

    fn pointing_at(&self, digest: &Digest) -> String {
        let aliases = self.aliases.iter().map(|alias| &alias.now);
        let aliases = aliases.filter(|alias| alias.digest == *digest);
        let names: Vec<_> = aliases.map(|alias| alias.alias.as_str()).collect();
        names.join(", ")
    }
}

impl Answer for Whole {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let head = [
            "VERSION",
            "PUBLISHED",
            "SIZE",
            "DIGEST",
            "ALIASES",
            "NOTICE",
        ];
        let mut table = Table::with_head(head, &[2]);
        for stored in self.versions.iter().rev() {
            table.row([
                stored.version.to_string(),
                time(stored.published),
                bytes(stored.bytes),
                stored.digest.short(),
                self.pointing_at(&stored.digest),
                withdrawn(stored.yanked.as_ref()),
            ]);
        }
        writeln!(out, "{}\n", self.name)?;
        table.print("", out)?;
        for alias in &self.aliases {
            let mut moves = Table::plain();
            alias
                .history
                .iter()
                .for_each(|change| moves.row(change.row()));
            writeln!(out, "\n{} has pointed at", alias.now.alias)?;
            moves.print("  ", out)?;
        }
        Ok(())
    }
}
