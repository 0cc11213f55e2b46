//! What a registry holds, as far as anybody can ask, and what each operation should make of it,
//! told without a look at the registry.

use std::collections::BTreeMap;

use amaas_core::model::{Digest, Selector, Signature};
use amaas_core::registry::{ModelEntry, Registry};
use amaas_core::{ErrorKind, Result};
use semver::Version;

use crate::archive;
use crate::operations::{ALIAS, Operation};

pub(crate) type State = BTreeMap<String, Model>;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Model {
    pub(crate) versions: BTreeMap<Version, Stored>,
    alias: Option<Alias>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) digest: Digest,
    is_yanked: bool,
    signature: Option<Signature>,
}

/// Where the alias pointed, the oldest first, and where a rollback leads; `None` is nowhere.
#[derive(Debug, Clone, Default)]
struct Alias {
    history: Vec<Option<Version>>,
    back: Vec<Option<Version>>,
}

/// Where a rollback leads cannot be seen.
impl PartialEq for Alias {
    fn eq(&self, other: &Self) -> bool {
        self.history == other.history
    }
}

impl Operation {
    /// What it makes of `state`, or how it is refused.
    pub(crate) fn apply(&self, state: &State) -> Result<State, ErrorKind> {
        let mut after = state.clone();
        match self {
            Self::Publish { name, version, .. } => {
                let model = after.entry((*name).to_owned()).or_default();
                let given = Stored {
                    digest: self.package().digest,
                    is_yanked: false,
                    signature: self.signature(),
                };
                let known = model.take(version, &given)?;
                known.signature = known.signature.take().or(given.signature);
            }
            Self::SetAlias { name, version } => find(&mut after, name)?.set_alias(version)?,
            Self::RemoveAlias { name } => find(&mut after, name)?.remove_alias()?,
            Self::Rollback { name } => find(&mut after, name)?.roll_back()?,
            Self::Yank { name, version } => {
                find(&mut after, name)?.find(version)?.is_yanked = true;
            }
            Self::Unyank { name, version } => {
                find(&mut after, name)?.find(version)?.is_yanked = false;
            }
            Self::Delete { name, version } => find(&mut after, name)?.delete(version)?,
            Self::Gc { .. } => {}
            Self::Import => import(&mut after, archive::content())?,
        }
        after.retain(|_, model| !model.versions.is_empty());
        Ok(after)
    }
}

fn find<'a>(state: &'a mut State, name: &str) -> Result<&'a mut Model, ErrorKind> {
    state.get_mut(name).ok_or(ErrorKind::NotFound)
}

fn import(state: &mut State, archive: &State) -> Result<(), ErrorKind> {
    for (name, theirs) in archive {
        let ours = state.entry(name.clone()).or_default();
        for (version, stored) in &theirs.versions {
            ours.take(version, stored)?;
        }
        ours.alias = ours.alias.take().or_else(|| theirs.alias.clone());
    }
    Ok(())
}

impl Model {
    /// What is listed under this version then: what was, if anything.
    fn take(&mut self, version: &Version, new: &Stored) -> Result<&mut Stored, ErrorKind> {
        let entry = self.versions.entry(version.clone());
        let known = entry.or_insert_with(|| new.clone());
        match known.digest == new.digest {
            true => Ok(known),
            false => Err(ErrorKind::AlreadyExists),
        }
    }

    fn find(&mut self, version: &Version) -> Result<&mut Stored, ErrorKind> {
        self.versions.get_mut(version).ok_or(ErrorKind::NotFound)
    }

    fn delete(&mut self, version: &Version) -> Result<(), ErrorKind> {
        self.find(version)?;
        if self.target() == Some(version) {
            return Err(ErrorKind::Conflict);
        }
        self.versions.remove(version);
        Ok(())
    }

    fn target(&self) -> Option<&Version> {
        self.alias.as_ref()?.history.last()?.as_ref()
    }

    fn set_alias(&mut self, version: &Version) -> Result<(), ErrorKind> {
        self.find(version)?;
        if self.target() != Some(version) {
            self.move_alias(Some(version.clone()));
        }
        Ok(())
    }

    fn remove_alias(&mut self) -> Result<(), ErrorKind> {
        self.target().ok_or(ErrorKind::NotFound)?;
        self.move_alias(None);
        Ok(())
    }

    fn move_alias(&mut self, to: Option<Version>) {
        let alias = self.alias.get_or_insert_default();
        alias.history.push(to.clone());
        alias.back.push(to);
    }

    /// To the last version before that is another one and still there.
    fn roll_back(&mut self) -> Result<(), ErrorKind> {
        let alias = self.alias.as_mut().ok_or(ErrorKind::NotFound)?;
        let now = alias.back.pop().flatten();
        let leads_on = |to: &Option<Version>| {
            *to != now && to.as_ref().is_some_and(|to| self.versions.contains_key(to))
        };
        while alias.back.last().is_some_and(|to| !leads_on(to)) {
            alias.back.pop();
        }
        let previous = alias.back.last().ok_or(ErrorKind::Conflict)?;
        alias.history.push(previous.clone());
        Ok(())
    }
}

/// What the registry says it holds.
pub(crate) fn observe(registry: &Registry) -> Result<State> {
    let models = registry.models()?;
    let read = |model: &ModelEntry| Ok((model.name.to_string(), observe_one(registry, model)?));
    models.iter().map(read).collect()
}

fn observe_one(registry: &Registry, model: &ModelEntry) -> Result<Model> {
    let versions = model.versions.iter().map(|one| {
        let exact = Selector::Exact(one.version.clone());
        let stored = Stored {
            digest: one.digest,
            is_yanked: one.yanked.is_some(),
            signature: registry.signature(&model.name, &exact)?,
        };
        Ok((one.version.clone(), stored))
    });
    let alias = match registry.alias_history(&model.name, &ALIAS.parse()?) {
        Ok(moves) => Some(Alias {
            history: moves.into_iter().map(|one| one.version).collect(),
            back: Vec::new(),
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    Ok(Model {
        versions: versions.collect::<Result<_>>()?,
        alias,
    })
}
