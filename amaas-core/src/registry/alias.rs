//! The log of a model's aliases, so that who served what can be told later: the last 4,096 moves of each,
//! since an index has room for so many and a move reads and writes all of them.
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
use super::{reason, time};
use crate::model::AliasName;

/// So many moves of an alias are kept.
const KEPT: usize = 4096;

/// Every alias of a model with the moves of it.
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
    #[serde(
        default,
        deserialize_with = "reason::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
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

    /// Keeps the aliases that point at a version that is there, or nowhere.
    pub(super) fn retain(&mut self, is_there: impl Fn(&Version) -> bool) {
        self.log.retain(|_, moves| {
            let target = moves.last().and_then(|last| last.version.as_ref());
            target.is_none_or(&is_there)
        });
    }

    /// Every alias that ever was.
    pub(super) fn known(&self) -> impl Iterator<Item = &AliasName> {
        self.log.keys()
    }

    /// Whether the alias was ever set.
    pub(super) fn knows(&self, alias: &AliasName) -> bool {
        self.log.contains_key(alias)
    }

    fn add(&mut self, alias: &AliasName, version: Option<Version>, note: Note, back: bool) {
        let moves = self.log.entry(alias.clone()).or_default();
        moves.push(Move {
            version,
            at: note.at,
            reason: note.reason,
            back,
        });
        moves.drain(..moves.len().saturating_sub(KEPT));
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
                if stack.is_empty() {
                    stack.push(to); // where it went is a move that is not kept any more
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

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> Note {
        Note {
            at: SystemTime::UNIX_EPOCH,
            reason: None,
        }
    }

    #[test]
    fn the_last_moves_are_kept_and_rolled_back() {
        let (alias, mut aliases) = ("live".parse().unwrap(), Aliases::default());
        let version = |number: usize| Version::new(1, 0, number as u64);
        for number in 0..KEPT + 10 {
            aliases.set(&alias, &version(number), note());
        }
        let history = aliases.history(&alias).unwrap();
        assert_eq!(history.len(), KEPT);
        assert_eq!(history[0].version, Some(version(10)));
        assert_eq!(aliases.target(&alias), Some(&version(KEPT + 9)));
        for back in 1..20 {
            let found = aliases.rollback(&alias, note(), |_| true);
            assert_eq!(found, Some(version(KEPT + 9 - back)));
        }
    }

    #[test]
    fn a_rollback_whose_aim_is_not_kept_goes_on_from_where_it_is() {
        let (alias, mut aliases) = ("live".parse().unwrap(), Aliases::default());
        let (one, two) = (Version::new(1, 0, 0), Version::new(2, 0, 0));
        aliases.set(&alias, &one, note());
        aliases.set(&alias, &two, note());
        aliases.rollback(&alias, note(), |_| true).unwrap();
        aliases.log.get_mut(&alias).unwrap().drain(..2);
        assert_eq!(aliases.target(&alias), Some(&one));
        assert_eq!(aliases.rollback(&alias, note(), |_| true), None);
        aliases.set(&alias, &two, note());
        assert_eq!(aliases.rollback(&alias, note(), |_| true), Some(one));
    }
}
