//! The registry itself: what can be asked of it and done to it.
//!
//! Reading takes no lock and never waits for a writer: it reads `index.json` once and follows
//! digests from there, and what has a digest does not change.
//!
//! The trap: a handle keeps no state, so it never goes stale; each call reads the disk. Keep a
//! [`Resolved`] where the answer is needed often.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use semver::Version;

use super::change::{self, change};
use super::disk::Disk;
use super::entry::{AliasChange, ModelEntry, Published, Resolved};
use super::index::ModelIndex;
use super::oci::{self, Layout, corrupt};
use super::pack::pack;
use super::top::Top;
use super::{suggest, unpack};
use crate::clock::{Clock, SystemClock};
use crate::model::{AliasName, Digest, ModelName, Package, Selector};
use crate::{Error, ErrorKind, Result};

/// A folder of published models. Cloning is cheap, and any number of handles, threads and
/// processes may use one folder at once.
#[derive(Debug, Clone)]
pub struct Registry {
    pub(super) disk: Disk,
    pub(super) clock: Arc<dyn Clock>,
}

impl Registry {
    /// Opens the registry at `root`, or creates an empty one where nothing is yet.
    ///
    /// # Errors
    /// `InvalidArgument` when something else lies there, `Unsupported` when a later amaas wrote
    /// it, `Io` when the system refuses.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        Self::open_with(root, Arc::new(SystemClock))
    }

    /// As [`Registry::open`], with the clock that says when something was published.
    ///
    /// # Errors
    /// As [`Registry::open`].
    pub fn open_with(root: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Result<Self> {
        let disk = Disk::new(root.into());
        if !disk.is_layout() {
            create(&disk)?;
        }
        let layout: Layout = oci::read(&disk.layout()?, "`oci-layout`")?;
        if layout.image_layout_version != Layout::default().image_layout_version {
            let message = format!("the layout has version `{}`", layout.image_layout_version);
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with("registry", disk.root().display())
                .advise("this version of amaas reads 1.0.0"));
        }
        check_type(&disk)?;
        Ok(Self { disk, clock })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        self.disk.root()
    }

    /// Stores a package under its name and version. Publishing the same content again changes
    /// nothing, save that it puts damaged blobs right.
    ///
    /// # Errors
    /// `AlreadyExists` when the version is there with other content, `InvalidPackage` when the
    /// package breaks the rules, `Io` when the system refuses.
    pub fn publish(&self, package: &Package) -> Result<Published> {
        let packed = pack(&package.manifest, &package.files)?;
        if packed.digest != package.digest {
            let message = format!(
                "the package is not the one that `{}` addresses",
                package.digest
            );
            return Err(Error::new(ErrorKind::InvalidPackage, message)
                .with("found", packed.digest)
                .advise("seal the package again after changing it"));
        }
        change::publish(&self.disk, &*self.clock, package, &packed)
    }

    /// Every model, sorted by name.
    ///
    /// # Errors
    /// `Corrupt` when the store is damaged, `Io` when the system refuses.
    pub fn models(&self) -> Result<Vec<ModelEntry>> {
        let top = self.top()?;
        let read = |name| change::load(&self.disk, &top, name).map(|model| model.describe());
        top.models().map(|(name, _)| read(name)).collect()
    }

    /// One model: its versions and aliases.
    ///
    /// # Errors
    /// `NotFound`, with the names that are there, the closest first.
    pub fn model(&self, name: &ModelName) -> Result<ModelEntry> {
        self.index(name).map(|model| model.describe())
    }

    /// The version that a selector picks now.
    ///
    /// # Errors
    /// `NotFound`, with what is there; `Corrupt` when the version is not what the index says.
    pub fn resolve(&self, name: &ModelName, selector: &Selector) -> Result<Resolved> {
        let model = self.index(name)?;
        let resolved = model.resolve(selector)?;
        let size = model
            .versions
            .get(&resolved.version)
            .map(|stored| stored.size);
        let manifest = unpack::manifest(&self.disk, &resolved.digest, size)?;
        let title = oci::annotation(&manifest.annotations, oci::TITLE)?;
        let version = oci::annotation(&manifest.annotations, oci::VERSION)?;
        if title == name.as_str() && version == resolved.version.to_string() {
            return Ok(resolved);
        }
        let message = format!("`{name}@{}` points at another package", resolved.version);
        Err(corrupt(message).with("digest", resolved.digest))
    }

    /// The package with this digest. Every blob has been verified; nothing unverified is ever
    /// returned.
    ///
    /// # Errors
    /// `NotFound` when no such package was published, `Corrupt` naming the damaged blob.
    pub fn package(&self, digest: &Digest) -> Result<Package> {
        unpack::package(&self.disk, digest).or_else(|error| {
            if self.lists(digest)? {
                return Err(error);
            }
            let message = format!("no package has the digest `{digest}`");
            Err(Error::new(ErrorKind::NotFound, message)
                .with("registry", self.root().display())
                .because(error)
                .advise("resolve a name, or publish the package here"))
        })
    }

    /// Points an alias at a version. With `expected` it is moved only from where the caller
    /// believes it to be: `Some(None)` means that it must not exist yet.
    ///
    /// # Errors
    /// `NotFound` when there is no such version, `Conflict` when the alias points elsewhere.
    pub fn set_alias(
        &self,
        name: &ModelName,
        alias: &AliasName,
        version: &Version,
        expected: Option<Option<&Version>>,
    ) -> Result<()> {
        self.edit(name, |model| {
            let selected = model.resolve(&Selector::Exact(version.clone()))?;
            if let Some(expected) = expected {
                check_expected(model, alias, expected)?;
            }
            model
                .aliases
                .set(alias, &selected.version, self.clock.calendar());
            Ok(())
        })
    }

    /// Every move of an alias, the oldest first.
    ///
    /// # Errors
    /// `NotFound`, with the aliases that are there.
    pub fn alias_history(&self, name: &ModelName, alias: &AliasName) -> Result<Vec<AliasChange>> {
        let model = self.index(name)?;
        model
            .aliases
            .history(alias)
            .ok_or_else(|| suggest::no_alias(&model, alias))
    }

    /// Points an alias at the version before, and says which that is. Doing it again goes one
    /// step further back.
    ///
    /// # Errors
    /// `NotFound` when there is no such alias, `Conflict` when it has not pointed elsewhere before.
    pub fn rollback(&self, name: &ModelName, alias: &AliasName) -> Result<Version> {
        self.edit(name, |model| {
            if model.aliases.target(alias).is_none() {
                return Err(suggest::no_alias(model, alias));
            }
            let previous = model.aliases.rollback(alias, self.clock.calendar());
            let previous = previous.ok_or_else(|| {
                let message = format!("the alias `{alias}` of `{name}` has no version before");
                Error::new(ErrorKind::Conflict, message).advise("set it to the version you want")
            })?;
            model
                .resolve(&Selector::Exact(previous))
                .map(|resolved| resolved.version)
        })
    }

    /// A change of a model that is there.
    fn edit<T>(
        &self,
        name: &ModelName,
        edit: impl FnOnce(&mut ModelIndex) -> Result<T>,
    ) -> Result<T> {
        self.top()?.find(name)?;
        change(&self.disk, name, edit)
    }

    fn top(&self) -> Result<Top> {
        Top::parse(&self.disk.index()?)
            .map_err(|error| error.with("registry", self.root().display()))
    }

    fn index(&self, name: &ModelName) -> Result<ModelIndex> {
        let top = self.top()?;
        top.find(name)
            .map_err(|error| error.with("registry", self.root().display()))?;
        change::load(&self.disk, &top, name)
    }

    fn lists(&self, digest: &Digest) -> Result<bool> {
        let models = self.models()?;
        let mut versions = models.iter().flat_map(|model| &model.versions);
        Ok(versions.any(|version| version.digest == *digest))
    }
}

/// Somebody else may create it meanwhile: what was seen counts only if the index, which comes
/// first, is still not there afterwards.
fn create(disk: &Disk) -> Result<()> {
    let (is_free, has_blobs) = (disk.is_free()?, disk.has_blobs());
    if disk.is_layout() {
        return Ok(());
    }
    if !is_free {
        return Err(something_else(disk));
    }
    if has_blobs {
        return Err(corrupt("`index.json` is missing").with("registry", disk.root().display()));
    }
    disk.make_folders()?;
    let _held = disk.lock()?;
    if !disk.is_layout() {
        disk.write_layout(&oci::write(&Layout::default(), oci::MAX_DOCUMENT)?)?;
        disk.commit(&Top::new().to_bytes()?)?;
    }
    Ok(())
}

fn check_type(disk: &Disk) -> Result<()> {
    let index: oci::Index = oci::read(&disk.index()?, "`index.json`")?;
    match index.annotations.get(oci::TYPE).map(String::as_str) {
        Some(oci::REGISTRY) => Ok(()),
        Some(later) if later.starts_with("application/vnd.amaas.registry.") => Err(Error::new(
            ErrorKind::Unsupported,
            format!("the registry has format `{later}`"),
        )
        .with("registry", disk.root().display())
        .advise("use a newer version of amaas")),
        _ => Err(something_else(disk)),
    }
}

fn something_else(disk: &Disk) -> Error {
    let message = format!(
        "`{}` holds something else than a registry",
        disk.root().display()
    );
    Error::new(ErrorKind::InvalidArgument, message)
        .advise("name an empty or new folder, or one that amaas made")
}

fn check_expected(model: &ModelIndex, alias: &AliasName, expected: Option<&Version>) -> Result<()> {
    let say = |version: Option<&Version>| version.map_or("nothing".to_owned(), Version::to_string);
    let found = model.aliases.target(alias);
    let same = match (found, expected) {
        (Some(found), Some(expected)) => found.cmp_precedence(expected).is_eq(),
        (found, expected) => found == expected,
    };
    if same {
        return Ok(());
    }
    let message = format!(
        "the alias `{alias}` of `{}` points at `{}`",
        model.name,
        say(found)
    );
    Err(Error::new(ErrorKind::Conflict, message)
        .with("expected", say(expected))
        .advise("read where it points now and decide again"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_registry_is_shared_freely() {
        fn assert<T: Clone + std::fmt::Debug + Send + Sync + 'static>() {}
        assert::<super::Registry>();
    }
}
