//! The commands, one file each: arguments, work, answer.
//!
//! To add one, write its file and name it twice here.

mod alias;
mod delete;
mod doctor;
mod export;
mod gc;
mod import;
mod ls;
mod publish;
mod pull;
mod push;
mod records;
mod remote;
mod rollback;
mod run;
mod show;
mod tune;
mod usage;
mod verify;
mod yank;

use std::str::FromStr;

use amaas_core::model::{AliasName, ModelName, Reference, Selector};
use amaas_core::{Error, ErrorKind};
use clap::Subcommand;
use semver::Version;

use crate::context::Context;
use crate::failure::Result;

/// Declares the commands in the order in which help lists them.
macro_rules! commands {
    ($($name:ident => $arguments:ty),* $(,)?) => {
        /// What the user asks for.
        #[derive(Debug, Subcommand)]
        pub(crate) enum Command {
            $($name($arguments),)*
        }

        impl Command {
            /// Does it; the exit code says whether what it looked at is in order.
            pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
                match self {
                    $(Self::$name(arguments) => arguments.run(context),)*
                }
            }
        }
    };
}

commands! {
    Publish => publish::Publish,
    Ls => ls::Ls,
    Show => show::Show,
    Alias => alias::Alias,
    Rollback => rollback::Rollback,
    Yank => yank::Yank,
    Delete => delete::Delete,
    Verify => verify::Verify,
    Gc => gc::Gc,
    Pull => pull::Pull,
    Push => push::Push,
    Import => import::Import,
    Export => export::Export,
    Run => run::Run,
    Tune => tune::Tune,
    Usage => usage::Usage,
    Doctor => doctor::Doctor,
}

/// An alias of a model, written `sentiment@champion`.
#[derive(Debug, Clone)]
pub(crate) struct ModelAlias {
    pub(crate) model: ModelName,
    pub(crate) alias: AliasName,
}

/// A version of a model, written `sentiment@1.0.0`.
#[derive(Debug, Clone)]
pub(crate) struct ModelVersion {
    pub(crate) model: ModelName,
    pub(crate) version: Version,
}

/// A model and which of its versions, written `sentiment` or `sentiment@^1`.
#[derive(Debug, Clone)]
pub(crate) struct ModelSelector {
    pub(crate) model: ModelName,
    pub(crate) selector: Selector,
}

impl FromStr for ModelSelector {
    type Err = Error;

    fn from_str(text: &str) -> amaas_core::Result<Self> {
        let (model, selector) = text.parse::<Reference>()?.published()?;
        Ok(Self { model, selector })
    }
}

impl FromStr for ModelAlias {
    type Err = Error;

    fn from_str(text: &str) -> amaas_core::Result<Self> {
        let (model, alias) = halves(text, "sentiment@champion")?;
        Ok(Self {
            model: model.parse()?,
            alias: alias.parse()?,
        })
    }
}

impl FromStr for ModelVersion {
    type Err = Error;

    fn from_str(text: &str) -> amaas_core::Result<Self> {
        let (model, version) = halves(text, "sentiment@1.0.0")?;
        let version = version.parse().map_err(|cause: semver::Error| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("not a version: {cause}"),
            )
            .advise("name one exactly, as in `sentiment@1.0.0`")
        })?;
        let model = model.parse()?;
        Ok(Self { model, version })
    }
}

fn halves<'a>(text: &'a str, example: &str) -> amaas_core::Result<(&'a str, &'a str)> {
    text.split_once('@').ok_or_else(|| {
        Error::new(ErrorKind::InvalidArgument, "there is no `@`")
            .advise(format!("write both sides of it, as in `{example}`"))
    })
}
