//! The commands, one file each: arguments, work, answer.
//!
//! To add one, write its file and name it twice here.

mod alias;
mod doctor;
mod ls;
mod publish;
mod records;
mod rollback;
mod run;
mod show;

use std::str::FromStr;

use amaas_core::model::{AliasName, ModelName};
use amaas_core::{Error, ErrorKind};
use clap::Subcommand;

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
    Run => run::Run,
    Doctor => doctor::Doctor,
}

/// An alias of a model, written `sentiment@champion`.
#[derive(Debug, Clone)]
pub(crate) struct ModelAlias {
    pub(crate) model: ModelName,
    pub(crate) alias: AliasName,
}

impl FromStr for ModelAlias {
    type Err = Error;

    fn from_str(text: &str) -> amaas_core::Result<Self> {
        let (model, alias) = text.split_once('@').ok_or_else(|| {
            Error::new(ErrorKind::InvalidArgument, "the alias is missing")
                .advise("write model and alias, as in `sentiment@champion`")
        })?;
        Ok(Self {
            model: model.parse()?,
            alias: alias.parse()?,
        })
    }
}
