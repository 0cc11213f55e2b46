//! `amaas alias`: movable names for versions.
//!
//! The trap: without `--expect` the last writer wins. A pipeline that moves what it has read
//! before says where it believes the alias to be.

use std::io::{self, Write};

use amaas_core::model::{AliasName, ModelName, Selector};
use amaas_core::registry::{Guard, MoveOptions};
use clap::{Args, Subcommand};
use semver::Version;
use serde::Serialize;

use super::ModelAlias;
use super::records::{Move, Pointer};
use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::{Answer, Table};

/// Move the aliases of a model, list them, show where they have been
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas alias set sentiment@champion 1.1.0 --expect 1.0.0")]
#[command(disable_help_subcommand = true)]
pub(crate) struct Alias {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Set(Set),
    Remove(Remove),
    List(List),
    History(History),
}

/// Point an alias at a version
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas alias set sentiment@champion 1.1.0 --expect 1.0.0")]
struct Set {
    /// Model and alias, as sentiment@champion
    #[arg(value_name = "MODEL@ALIAS")]
    alias: ModelAlias,
    /// The version, or what selects it now: a range, another alias, a digest
    version: Selector,
    /// Move it only from this version; `none`: only if there is no such alias yet
    #[arg(long, value_name = "VERSION")]
    expect: Option<Expected>,
    /// Why, in one line; kept in the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Take an alias away; its history stays, and a rollback brings it back
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas alias remove sentiment@champion")]
struct Remove {
    /// Model and alias, as sentiment@champion
    #[arg(value_name = "MODEL@ALIAS")]
    alias: ModelAlias,
    /// Remove it only from this version
    #[arg(long, value_name = "VERSION")]
    expect: Option<Version>,
    /// Why, in one line; kept in the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// List the aliases of a model and where they point
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas alias list sentiment")]
struct List {
    /// The model
    model: ModelName,
}

/// Show the moves of an alias, the oldest first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  amaas alias history sentiment@champion")]
struct History {
    /// Model and alias, as sentiment@champion
    #[arg(value_name = "MODEL@ALIAS")]
    alias: ModelAlias,
}

/// Where the caller believes the alias to be.
#[derive(Debug, Clone)]
enum Expected {
    Nowhere,
    At(Version),
}

impl std::str::FromStr for Expected {
    type Err = semver::Error;

    fn from_str(text: &str) -> Result<Self, semver::Error> {
        match text {
            "none" => Ok(Self::Nowhere),
            version => version.parse().map(Self::At),
        }
    }
}

impl Alias {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        match &self.action {
            Action::Set(set) => set.run(context)?,
            Action::Remove(remove) => remove.run(context)?,
            Action::List(list) => list.run(context)?,
            Action::History(history) => history.run(context)?,
        }
        Ok(exit::SUCCESS)
    }
}

impl Set {
    fn run(&self, context: &mut Context<'_>) -> Result<()> {
        let registry = context.registry()?;
        let ModelAlias { model, alias } = &self.alias;
        let version = registry.resolve(model, &self.version)?.version;
        let options = MoveOptions {
            guard: self
                .expect
                .as_ref()
                .map_or(Guard::Anywhere, Expected::guard),
            reason: self.reason.as_deref(),
        };
        registry.set_alias(model, alias, &version, &options)?;
        context.answer(&Moved {
            model: model.clone(),
            alias: alias.clone(),
            version: Some(version),
        })
    }
}

impl Expected {
    fn guard(&self) -> Guard<'_> {
        match self {
            Self::Nowhere => Guard::New,
            Self::At(version) => Guard::At(version),
        }
    }
}

impl Remove {
    fn run(&self, context: &mut Context<'_>) -> Result<()> {
        let ModelAlias { model, alias } = self.alias.clone();
        let options = MoveOptions {
            guard: self.expect.as_ref().map_or(Guard::Anywhere, Guard::At),
            reason: self.reason.as_deref(),
        };
        context.registry()?.remove_alias(&model, &alias, &options)?;
        context.answer(&Moved {
            model,
            alias,
            version: None,
        })
    }
}

impl List {
    fn run(&self, context: &mut Context<'_>) -> Result<()> {
        let entry = context.registry()?.model(&self.model)?;
        context.answer(&Listed {
            model: entry.name,
            aliases: entry.aliases.into_iter().map(Pointer::from).collect(),
        })
    }
}

impl History {
    fn run(&self, context: &mut Context<'_>) -> Result<()> {
        let ModelAlias { model, alias } = self.alias.clone();
        let changes = context.registry()?.alias_history(&model, &alias)?;
        context.answer(&Past {
            model,
            alias,
            changes: changes.into_iter().map(Move::from).collect(),
        })
    }
}

#[derive(Debug, Serialize)]
struct Moved {
    model: ModelName,
    alias: AliasName,
    version: Option<Version>,
}

#[derive(Debug, Serialize)]
struct Listed {
    model: ModelName,
    aliases: Vec<Pointer>,
}

#[derive(Debug, Serialize)]
struct Past {
    model: ModelName,
    alias: AliasName,
    changes: Vec<Move>,
}

impl Answer for Moved {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let version = self.version.as_ref();
        let version = version.map_or("nowhere".to_owned(), Version::to_string);
        writeln!(out, "{}@{} → {version}", self.model, self.alias)
    }
}

impl Answer for Listed {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.aliases.is_empty() {
            return writeln!(out, "no aliases of {}", self.model);
        }
        let mut table = Table::with_head(["ALIAS", "VERSION", "DIGEST"], &[]);
        for pointer in &self.aliases {
            let version = pointer.version.to_string();
            table.row([pointer.alias.to_string(), version, pointer.digest.short()]);
        }
        table.print("", out)
    }
}

impl Answer for Past {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::with_head(["MOVED", "VERSION", "WHY"], &[]);
        self.changes
            .iter()
            .for_each(|change| table.row(change.row()));
        table.print("", out)
    }
}
