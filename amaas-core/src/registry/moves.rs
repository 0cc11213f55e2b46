//! Moving aliases: what a registry is asked to point where.
//!
//! ```
//! use amaas_core::registry::{Guard, MoveOptions, Registry};
//! # use amaas_core::{model::Manifest, registry::seal, Buffer};
//! # use std::{collections::BTreeMap, sync::Arc};
//! # let home = tempfile::tempdir()?;
//! # let registry = Registry::open(home.path().join("models"))?;
//! # let mut files = BTreeMap::<_, Arc<dyn Buffer>>::new();
//! # files.insert("model.onnx".parse()?, Arc::new(b"\x08\x0a\x3a\x00".to_vec()));
//! # let package = seal(Manifest::bare("ner".parse()?), files)?;
//! # let version = registry.publish(&package)?.version;
//! let (name, alias) = ("ner".parse()?, "champion".parse()?);
//! let options = MoveOptions { guard: Guard::New, reason: Some("the first there is") };
//! registry.set_alias(&name, &alias, &version, &options)?;
//!
//! let history = registry.alias_history(&name, &alias)?;
//! assert_eq!(history[0].reason.as_deref(), Some("the first there is"));
//! assert!(registry.set_alias(&name, &alias, &version, &options).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The trap: an alias that was removed keeps its history, and a rollback brings it back.

use semver::Version;

use super::alias::Note;
use super::change::change;
use super::entry::AliasChange;
use super::index::ModelIndex;
use super::reason;
use super::store::Registry;
use super::suggest;
use crate::model::{AliasName, ModelName, Selector};
use crate::{Error, ErrorKind, Result};

/// Under which condition an alias is moved, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MoveOptions<'a> {
    /// Where the alias must point for the move to be made.
    pub guard: Guard<'a>,
    /// Kept in the history; at most 1000 characters.
    pub reason: Option<&'a str>,
}

/// Where the caller believes an alias to point, so that of two who move it at once one notices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Guard<'a> {
    /// Wherever it points.
    #[default]
    Anywhere,
    /// Nowhere yet.
    New,
    /// At this version.
    At(&'a Version),
}

impl Registry {
    /// Points an alias at a version.
    ///
    /// # Errors
    /// `NotFound` when there is no such version, `AliasConflict` when the alias points elsewhere than
    /// the guard says, `InvalidArgument` for a reason that is no line of text.
    pub fn set_alias(
        &self,
        name: &ModelName,
        alias: &AliasName,
        version: &Version,
        options: &MoveOptions<'_>,
    ) -> Result<()> {
        let note = self.note(options.reason)?;
        self.edit(name, |model| {
            let selected = model.resolve(&Selector::Exact(version.clone()))?;
            check(model, alias, options.guard)?;
            model.aliases.set(alias, &selected.version, note);
            Ok(())
        })
    }

    /// Takes an alias away. Its history stays, and a rollback brings it back.
    ///
    /// # Errors
    /// `NotFound` when there is no such alias; else as [`Registry::set_alias`].
    pub fn remove_alias(
        &self,
        name: &ModelName,
        alias: &AliasName,
        options: &MoveOptions<'_>,
    ) -> Result<()> {
        let note = self.note(options.reason)?;
        self.edit(name, |model| {
            if model.aliases.target(alias).is_none() {
                return Err(suggest::no_alias(model, alias));
            }
            check(model, alias, options.guard)?;
            model.aliases.remove(alias, note);
            Ok(())
        })
    }

    /// The moves of an alias, the oldest first, up to the last 4,096; those of a removed one too.
    ///
    /// # Errors
    /// `NotFound`, with the aliases that are there.
    pub fn alias_history(&self, name: &ModelName, alias: &AliasName) -> Result<Vec<AliasChange>> {
        let model = &self.index(name)?.index;
        let history = model.aliases.history(alias);
        history.ok_or_else(|| suggest::no_alias(model, alias))
    }

    /// Points an alias at the version before, and says which that is. Doing it again goes one
    /// step further back; versions that were deleted since are passed over.
    ///
    /// # Errors
    /// `NotFound` when there is no such alias, `Conflict` when it has not pointed elsewhere before,
    /// `InvalidArgument` for a reason that is no line of text.
    pub fn rollback(
        &self,
        name: &ModelName,
        alias: &AliasName,
        reason: Option<&str>,
    ) -> Result<Version> {
        let note = self.note(reason)?;
        self.edit(name, |model| {
            if !model.aliases.knows(alias) {
                return Err(suggest::no_alias(model, alias));
            }
            let there = &model.versions;
            let previous = model
                .aliases
                .rollback(alias, note, |version| there.contains_key(version));
            previous.ok_or_else(|| {
                let message = format!("the alias `{alias}` of `{name}` has no version before");
                Error::new(ErrorKind::Conflict, message).advise("set it to the version you want")
            })
        })
    }

    fn note(&self, reason: Option<&str>) -> Result<Note> {
        Ok(Note {
            at: self.clock.calendar(),
            reason: reason::checked(reason)?,
        })
    }

    /// A change of a model that is there.
    pub(super) fn edit<T>(
        &self,
        name: &ModelName,
        edit: impl FnOnce(&mut ModelIndex) -> Result<T>,
    ) -> Result<T> {
        self.read(|top| top.find(name).map(drop))?;
        change(&self.disk, &*self.clock, name, edit)
    }
}

fn check(model: &ModelIndex, alias: &AliasName, guard: Guard<'_>) -> Result<()> {
    let found = model.aliases.target(alias);
    let (same, expected) = match guard {
        Guard::Anywhere => return Ok(()),
        Guard::New => (found.is_none(), "nothing".to_owned()),
        Guard::At(version) => (
            found.is_some_and(|found| found.cmp_precedence(version).is_eq()),
            version.to_string(),
        ),
    };
    if same {
        return Ok(());
    }
    let found = found.map_or("nothing".to_owned(), Version::to_string);
    let message = format!(
        "the alias `{alias}` of `{}` points at `{found}`",
        model.name
    );
    Err(Error::new(ErrorKind::AliasConflict, message)
        .with("expected", expected)
        .advise("read where it points now and decide again"))
}
