//! Taking versions back: yank, which leaves them to those who have them, and delete.
//!
//! ```
//! use amaas_core::registry::{Notice, Registry};
//! # use amaas_core::{model::Manifest, registry::seal, Buffer};
//! # use std::{collections::BTreeMap, sync::Arc};
//! # let home = tempfile::tempdir()?;
//! # let registry = Registry::open(home.path().join("models"))?;
//! # let mut files = BTreeMap::<_, Arc<dyn Buffer>>::new();
//! # files.insert("model.onnx".parse()?, Arc::new(b"\x08\x0a\x3a\x00".to_vec()));
//! # let package = seal(Manifest::bare("ner".parse()?), files)?;
//! # let version = registry.publish(&package)?.version;
//! let name = "ner".parse()?;
//! registry.yank(&name, &version, Some("trained on the test set"))?;
//!
//! assert!(registry.resolve(&name, &"*".parse()?).is_err());
//! let exact = registry.resolve(&name, &version.to_string().parse()?)?;
//! assert!(matches!(&exact.notices[..], [Notice::Yanked(_)]));
//!
//! registry.delete(&name, &version)?;
//! assert!(registry.models()?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The trap: delete takes a version off the list and no byte off the disk; that is for
//! [`Registry::gc`], which leaves those who load it meanwhile their time.

use semver::Version;

use super::entry::Yanked;
use super::index::{ModelIndex, Stored};
use super::reach;
use super::reason;
use super::store::Registry;
use super::suggest;
use crate::model::{ModelName, Selector};
use crate::{Error, ErrorKind, Result};

impl Registry {
    /// Withdraws a version: no range picks it any more. Whoever names it exactly, by digest or
    /// through an alias gets it, with a notice. Yanking again puts another reason in place.
    ///
    /// # Errors
    /// `NotFound` when there is no such version, `InvalidArgument` for a reason that is no line
    /// of text.
    pub fn yank(&self, name: &ModelName, version: &Version, reason: Option<&str>) -> Result<()> {
        let reason = reason::checked(reason)?;
        let at = self.clock.calendar();
        self.edit(name, |model| {
            let stored = find(model, version)?;
            let known = stored.yanked.as_ref();
            if known.is_none_or(|known| known.reason != reason) {
                stored.yanked = Some(Yanked { at, reason });
            }
            Ok(())
        })
    }

    /// Takes a yank back; nothing happens to a version that is not yanked.
    ///
    /// # Errors
    /// `NotFound` when there is no such version.
    pub fn unyank(&self, name: &ModelName, version: &Version) -> Result<()> {
        self.edit(name, |model| {
            find(model, version)?.yanked = None;
            Ok(())
        })
    }

    /// Takes a version off the list, and with the last one its model and that model's history.
    /// Whoever loaded it keeps it. Its bytes stay until [`Registry::gc`] finds that nothing needs
    /// them.
    ///
    /// # Errors
    /// `NotFound` when there is no such version, `Conflict` naming the aliases that point at it.
    pub fn delete(&self, name: &ModelName, version: &Version) -> Result<()> {
        self.edit(name, |model| {
            let (known, stored) = known(model, version)?;
            let aliases: Vec<_> = model
                .aliases
                .targets()
                .filter(|(_, target)| **target == known)
                .map(|(alias, _)| format!("`{alias}`"))
                .collect();
            if !aliases.is_empty() {
                return Err(in_use(name, &known, &aliases));
            }
            reach::refresh(&self.disk, &stored, self.clock.calendar());
            model.versions.remove(&known);
            Ok(())
        })
    }
}

fn known(model: &ModelIndex, version: &Version) -> Result<(Version, Stored)> {
    let found = model.find(version);
    let found = found.map(|(version, stored)| (version.clone(), stored.clone()));
    found.ok_or_else(|| suggest::no_version(model, &Selector::Exact(version.clone())))
}

fn find<'a>(model: &'a mut ModelIndex, version: &Version) -> Result<&'a mut Stored> {
    let (known, _) = known(model, version)?;
    model
        .versions
        .get_mut(&known)
        .ok_or_else(|| Error::new(ErrorKind::Internal, "a version was lost"))
}

fn in_use(name: &ModelName, version: &Version, aliases: &[String]) -> Error {
    let aliases = aliases.join(", ");
    let message = format!("`{name}@{version}` is what {aliases} of `{name}` points at");
    Error::new(ErrorKind::Conflict, message).advise("move or remove the alias first")
}
