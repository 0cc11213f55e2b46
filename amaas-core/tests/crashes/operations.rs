//! What is done to a registry, and what it should come to.
//!
//! To add an operation: a variant, a line in `draw`, what it does in `run`, and what it does to
//! the model of the registry in `apply`, which never looks at the registry.

use std::collections::BTreeMap;

use amaas_core::model::{Digest, Package};
use amaas_core::registry::{MoveOptions, Registry};
use amaas_core::{ErrorKind, Result};
use fastrand::Rng;
use semver::Version;

use crate::support::package_with;

/// What a registry holds, as far as anybody can ask.
pub(crate) type State = BTreeMap<String, Model>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) versions: BTreeMap<Version, Digest>,
    pub(crate) aliases: BTreeMap<String, Alias>,
}

/// Where an alias pointed, the oldest first, and where a rollback leads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alias {
    pub(crate) history: Vec<Version>,
    pub(crate) back: Vec<Version>,
}

/// Where a rollback leads cannot be seen.
impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        let seen = |model: &Self| {
            let histories = model.aliases.iter();
            histories
                .map(|(alias, moves)| (alias.clone(), moves.history.clone()))
                .collect::<Vec<_>>()
        };
        self.versions == other.versions && seen(self) == seen(other)
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Publish {
        name: &'static str,
        version: Version,
        weights: u8,
    },
    SetAlias {
        name: &'static str,
        version: Version,
    },
    Rollback {
        name: &'static str,
    },
}

const NAMES: [&str; 2] = ["ner", "sentiment"];
const ALIAS: &str = "champion";

impl Operation {
    pub(crate) fn draw(random: &mut Rng) -> Self {
        let name = NAMES[random.usize(0..NAMES.len())];
        let version = Version::new(1, random.u64(0..3), 0);
        match random.u8(0..10) {
            0..6 => Self::Publish {
                name,
                version,
                weights: random.u8(0..2),
            },
            6..8 => Self::SetAlias { name, version },
            _ => Self::Rollback { name },
        }
    }

    /// What a registry may hold before one of [`Operation::all`].
    pub(crate) fn before() -> Vec<Self> {
        let publish = |minor| publish("ner", minor);
        vec![publish(0), publish(1), set_alias(0), set_alias(1)]
    }

    /// One of each kind, and of each way it can go.
    pub(crate) fn all() -> Vec<Self> {
        vec![
            publish("ner", 2),
            publish("ner", 0),
            publish("sentiment", 0),
            set_alias(0),
            set_alias(1),
            Self::Rollback { name: "ner" },
        ]
    }

    pub(crate) fn run(&self, registry: &Registry) -> Result<()> {
        match self {
            Self::Publish { .. } => registry.publish(&self.package()).map(drop),
            Self::SetAlias { name, version } => {
                let options = MoveOptions::default();
                registry.set_alias(&name.parse()?, &ALIAS.parse()?, version, &options)
            }
            Self::Rollback { name } => registry
                .rollback(&name.parse()?, &ALIAS.parse()?, None)
                .map(drop),
        }
    }

    /// What it makes of `state`, or how it is refused.
    pub(crate) fn apply(&self, state: &State) -> Result<State, ErrorKind> {
        let mut after = state.clone();
        match self {
            Self::Publish { name, version, .. } => {
                let digest = self.package().digest;
                let model = after.entry((*name).to_owned()).or_default();
                let known = model.versions.entry(version.clone()).or_insert(digest);
                if *known != digest {
                    return Err(ErrorKind::AlreadyExists);
                }
            }
            Self::SetAlias { name, version } => {
                let model = after.get_mut(*name).ok_or(ErrorKind::NotFound)?;
                if !model.versions.contains_key(version) {
                    return Err(ErrorKind::NotFound);
                }
                let alias = model.aliases.entry(ALIAS.to_owned()).or_default();
                if alias.history.last() != Some(version) {
                    alias.history.push(version.clone());
                    alias.back.push(version.clone());
                }
            }
            Self::Rollback { name } => {
                let model = after.get_mut(*name).ok_or(ErrorKind::NotFound)?;
                let alias = model.aliases.get_mut(ALIAS).ok_or(ErrorKind::NotFound)?;
                alias.back.pop();
                let previous = alias.back.last().ok_or(ErrorKind::Conflict)?;
                alias.history.push(previous.clone());
            }
        }
        Ok(after)
    }

    fn package(&self) -> Package {
        match self {
            Self::Publish {
                name,
                version,
                weights,
            } => package_with(name, &version.to_string(), &[*weights; 700]),
            Self::SetAlias { .. } | Self::Rollback { .. } => unreachable!("publishes nothing"),
        }
    }
}

fn publish(name: &'static str, minor: u64) -> Operation {
    let version = Version::new(1, minor, 0);
    let weights = 1;
    Operation::Publish {
        name,
        version,
        weights,
    }
}

fn set_alias(minor: u64) -> Operation {
    let version = Version::new(1, minor, 0);
    Operation::SetAlias {
        name: "ner",
        version,
    }
}

/// What the registry says it holds.
pub(crate) fn observe(registry: &Registry) -> Result<State> {
    let models = registry.models()?;
    let read = |model: &amaas_core::registry::ModelEntry| {
        let versions = model.versions.iter();
        let mut found = Model {
            versions: versions
                .map(|one| (one.version.clone(), one.digest))
                .collect(),
            ..Model::default()
        };
        for entry in &model.aliases {
            let moves = registry.alias_history(&model.name, &entry.alias)?;
            let history = moves.into_iter().filter_map(|one| one.version).collect();
            let back = Vec::new();
            found
                .aliases
                .insert(entry.alias.to_string(), Alias { history, back });
        }
        Ok((model.name.to_string(), found))
    };
    models.iter().map(read).collect()
}
