//! The log of a model's aliases: only ever added to, so that who served what can be told later.
//!
//! On disk it is one JSON object in an annotation of the model's index: for each alias its moves,
//! the oldest first, as `{"version":"1.0.0","at":"2026-02-03T04:05:06Z","reason":"…"}`. A move
//! without a version removes the alias; a rollback carries `"back":true` besides.
//!
//! The trap: a second rollback goes one step further back, not forth again. Moves are read as a
//! stack on which a rollback takes off the top, down to where it went; versions that were deleted
//! since are passed over.

use std::collections::BTreeMap;
use std::time::SystemTime;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::entry::AliasChange;
use super::oci::distinct;
use super::time;
use crate::model::AliasName;

/// Every alias of a model with every move of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Aliases {
    #[serde(deserialize_with = "distinct")]
    log: BTreeMap<AliasName, Vec<Move>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    #[serde(with = "time")]
    at: SystemTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    back: bool,
}

/// When something was done, and why.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) at: SystemTime,
    pub(super) reason: Option<String>,
}

impl Aliases {
    /// Whether nothing was ever called anything.
    pub(super) fn is_empty(&self) -> bool {
        self.log.is_empty()
    }

    /// Whether some alias has no moves, which no writer leaves.
    pub(super) fn is_broken(&self) -> bool {
        self.log.values().any(Vec::is_empty)
    }

    /// Each alias that is there, and where it points.
    pub(super) fn targets(&self) -> impl Iterator<Item = (&AliasName, &Version)> {
        self.log
            .iter()
            .filter_map(|(alias, moves)| Some((alias, moves.last()?.version.as_ref()?)))
    }

    pub(super) fn target(&self, alias: &AliasName) -> Option<&Version> {
        self.log.get(alias)?.last()?.version.as_ref()
    }

    pub(super) fn history(&self, alias: &AliasName) -> Option<Vec<AliasChange>> {
        let change = |one: &Move| AliasChange {
            version: one.version.clone(),
            at: one.at,
            reason: one.reason.clone(),
            rollback: one.back,
        };
        Some(self.log.get(alias)?.iter().map(change).collect())
    }

    /// Moves the alias; nothing is written where it points there already.
    pub(super) fn set(&mut self, alias: &AliasName, version: &Version, note: Note) {
        if self.target(alias) != Some(version) {
            self.add(alias, Some(version.clone()), note, false);
        }
    }

    /// Takes the alias away; nothing is written where there is none.
    pub(super) fn remove(&mut self, alias: &AliasName, note: Note) {
        if self.target(alias).is_some() {
            self.add(alias, None, note, false);
        }
    }

    /// Moves the alias to where it was before, among the versions that are there; `None` when it
    /// was nowhere before.
    pub(super) fn rollback(
        &mut self,
        alias: &AliasName,
        note: Note,
        is_there: impl Fn(&Version) -> bool,
    ) -> Option<Version> {
        let previous = self.previous(alias, is_there)?.clone();
        self.add(alias, Some(previous.clone()), note, true);
        Some(previous)
    }

    /// Takes over the whole log of an alias that is unheard of here.
    pub(super) fn adopt(&mut self, other: &Self, alias: &AliasName) {
        if let Some(moves) = other.log.get(alias) {
            self.log
                .entry(alias.clone())
                .or_insert_with(|| moves.clone());
        }
    }

    /// Whether the alias was ever set.
    pub(super) fn knows(&self, alias: &AliasName) -> bool {
        self.log.contains_key(alias)
    }

    fn add(&mut self, alias: &AliasName, version: Option<Version>, note: Note, back: bool) {
        self.log.entry(alias.clone()).or_default().push(Move {
            version,
            at: note.at,
            reason: note.reason,
            back,
        });
    }

    fn previous(&self, alias: &AliasName, is_there: impl Fn(&Version) -> bool) -> Option<&Version> {
        let mut stack: Vec<Option<&Version>> = Vec::new();
        for one in self.log.get(alias)? {
            let to = one.version.as_ref();
            if one.back {
                stack.pop();
                while stack.last().is_some_and(|top| *top != to) {
                    stack.pop();
                }
            } else {
                stack.push(to);
            }
        }
        let now = stack.pop()?;
        let earlier = stack.into_iter().rev().flatten();
        earlier
            .filter(|version| Some(*version) != now)
            .find(|version| is_there(version))
    }
}
