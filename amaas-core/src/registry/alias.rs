//! The log of a model's aliases: only ever added to, so that who served what can be told later.
//!
//! On disk it is one JSON object in an annotation of the model's index: for each alias its moves,
//! the oldest first, as `{"version":"1.0.0","at":"2026-02-03T04:05:06Z"}`; a rollback carries
//! `"back":true` besides.
//!
//! The trap: a second rollback goes one step further back, not forth again. Moves are read as a
//! stack on which a rollback takes off the top.

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
    version: Version,
    #[serde(with = "time")]
    at: SystemTime,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    back: bool,
}

impl Aliases {
    pub(super) fn is_empty(&self) -> bool {
        self.log.is_empty()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &AliasName> {
        self.log.keys()
    }

    /// Each alias and where it points; `None` where the log is empty, which no writer leaves.
    pub(super) fn targets(&self) -> impl Iterator<Item = (&AliasName, Option<&Version>)> {
        self.log.keys().map(|alias| (alias, self.target(alias)))
    }

    pub(super) fn target(&self, alias: &AliasName) -> Option<&Version> {
        Some(&self.log.get(alias)?.last()?.version)
    }

    pub(super) fn history(&self, alias: &AliasName) -> Option<Vec<AliasChange>> {
        let change = |one: &Move| AliasChange {
            version: one.version.clone(),
            at: one.at,
        };
        Some(self.log.get(alias)?.iter().map(change).collect())
    }

    /// Moves the alias; nothing is written where it points there already.
    pub(super) fn set(&mut self, alias: &AliasName, version: &Version, at: SystemTime) {
        if self.target(alias) != Some(version) {
            self.add(alias, version.clone(), at, false);
        }
    }

    /// Moves the alias to where it was before; `None` when it was nowhere before.
    pub(super) fn rollback(&mut self, alias: &AliasName, at: SystemTime) -> Option<Version> {
        let previous = self.previous(alias)?.clone();
        self.add(alias, previous.clone(), at, true);
        Some(previous)
    }

    fn add(&mut self, alias: &AliasName, version: Version, at: SystemTime, back: bool) {
        self.log
            .entry(alias.clone())
            .or_default()
            .push(Move { version, at, back });
    }

    fn previous(&self, alias: &AliasName) -> Option<&Version> {
        let mut stack: Vec<&Version> = Vec::new();
        for one in self.log.get(alias)? {
            if one.back {
                stack.pop();
            } else {
                stack.push(&one.version);
            }
        }
        stack.pop();
        stack.pop()
    }
}
