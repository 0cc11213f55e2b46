//! Which versions of a model are kept ready: a pure function of what is there.
//!
//! ```
//! use amaas_core::registry::Policy;
//! use semver::Version;
//!
//! let versions = ["1.0.0", "1.1.0", "2.0.0-rc.1"].map(|text| text.parse::<Version>().unwrap());
//! assert_eq!(Policy::Latest(1).choose(&versions), [&versions[1]]);
//! assert_eq!(Policy::All.choose(&versions), [&versions[1], &versions[0]]);
//! ```
//!
//! The trap: `Latest` and `All` pass over what ranges pass over, pre-releases and what was yanked;
//! only `Specific` gets these.

use semver::Version;

use super::entry::Resolved;
use super::index::ModelIndex;
use super::store::Registry;
use super::top::Top;
use crate::Result;
use crate::model::{ModelName, Selector};

/// Which versions of a model are kept ready.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// The highest so many.
    Latest(usize),
    /// Every one.
    All,
    /// These and no others, yanked or not.
    Specific(Vec<Version>),
}

impl Policy {
    /// Those of `versions` that are kept, the highest first. What was yanked is not among
    /// `versions`, unless it is named.
    pub fn choose<'a>(&self, versions: impl IntoIterator<Item = &'a Version>) -> Vec<&'a Version> {
        let mut versions: Vec<_> = versions
            .into_iter()
            .filter(|version| self.takes(version))
            .collect();
        versions.sort_by(|one, other| other.cmp_precedence(one));
        if let Self::Latest(count) = self {
            versions.truncate(*count);
        }
        versions
    }

    fn takes(&self, version: &Version) -> bool {
        match self {
            Self::Latest(_) | Self::All => version.pre.is_empty(),
            Self::Specific(named) => named.iter().any(|one| one.cmp_precedence(version).is_eq()),
        }
    }
}

impl Registry {
    /// The versions of a model that a policy keeps, the highest first; none where it keeps none.
    ///
    /// # Errors
    /// `NotFound` when there is no such model, or not a version that the policy names.
    pub fn select(&self, name: &ModelName, policy: &Policy) -> Result<Vec<Resolved>> {
        self.read(|top: &Top| {
            top.find(name)?;
            chosen(&self.disk.model(top, name)?.index, policy)
        })
    }
}

fn chosen(model: &ModelIndex, policy: &Policy) -> Result<Vec<Resolved>> {
    let exactly = |version: &Version| model.resolve(&Selector::Exact(version.clone()));
    if let Policy::Specific(named) = policy {
        named
            .iter()
            .try_for_each(|version| exactly(version).map(drop))?;
        return policy
            .choose(model.versions.keys())
            .into_iter()
            .map(exactly)
            .collect();
    }
    policy
        .choose(model.offered())
        .into_iter()
        .map(exactly)
        .collect()
}
