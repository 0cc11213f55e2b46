//! The registry itself: what can be asked of it and done to it.
//!
//! Reading takes no lock and never waits for a writer: it reads `index.json` once and follows
//! digests from there, and what has a digest does not change.
//!
//! A handle remembers what it has read, and each call asks the disk whether that still is what is
//! there: one look at `index.json`. So it never goes stale. Where the system cannot tell (on other
//! systems than Unix, and for a list that changed within the last two seconds), the list is read anew
//! and compared.
//!
//! The trap: clones share what they remember, and one open file; two handles that were opened
//! apart remember apart.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::change;
use super::disk::Disk;
use super::entry::{ModelEntry, Published, Resolved};
use super::files::{Files, SystemFiles};
use super::known::Model;
use super::oci::{self, Layout, corrupt};
use super::pack;
use super::top::Top;
use super::{ports, unpack};
use crate::clock::{Clock, SystemClock};
use crate::model::{Digest, ModelName, Package, Selector, Signature};
use crate::privacy::Keys;
use crate::{Error, ErrorKind, Result};

/// The environment variable that names the registry when the host does not.
pub(crate) const HOME: &str = "AMAAS_HOME";

/// A folder of published models. Cloning is cheap, and any number of handles, threads and
/// processes may use one folder at once.
#[derive(Debug, Clone)]
pub struct Registry {
    pub(super) disk: Disk,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keys: Keys,
}

impl Registry {
    /// Opens the registry at `root`, or creates an empty one where nothing is yet.
    ///
    /// # Errors
    /// `InvalidArgument` when something else lies there, `Unsupported` when a later amaas wrote
    /// it, `Io` when the system refuses.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        Self::open_with(root, Arc::new(SystemClock::default()))
    }

    /// Opens the registry that the environment variable `AMAAS_HOME` names.
    ///
    /// # Errors
    /// `NotFound` when it names none; else as [`Registry::open`].
    pub fn open_home() -> Result<Self> {
        let root = std::env::var_os(HOME).filter(|root| !root.is_empty());
        let root = root.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "no registry is named")
                .advise(format!("name its folder, or set {HOME}"))
        })?;
        Self::open(root)
    }

    /// As [`Registry::open`], with the clock that says when something was published.
    ///
    /// # Errors
    /// As [`Registry::open`].
    pub fn open_with(root: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_on(Arc::new(SystemFiles), root, clock)
    }

    /// As [`Registry::open_with`], on a file system that is not the operating system's.
    ///
    /// # Errors
    /// As [`Registry::open`].
    pub fn open_on(
        files: Arc<dyn Files>,
        root: impl Into<PathBuf>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let disk = Disk::new(files, root.into());
        if !disk.is_layout()? {
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
        Ok(Self {
            disk,
            clock,
            keys: Keys::default(),
        })
    }

    /// This registry, with keys to encrypted packages; handles cloned before have those they had.
    #[must_use]
    pub fn with_keys(mut self, keys: Keys) -> Self {
        self.keys = keys;
        self
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
        self.store(package, None)
    }

    /// As [`Registry::publish`], with what the model takes and gives, for those who list it. A
    /// version that is there without gets it too.
    ///
    /// # Errors
    /// As [`Registry::publish`].
    pub fn publish_with_signature(
        &self,
        package: &Package,
        signature: &Signature,
    ) -> Result<Published> {
        self.store(package, Some(&ports::write(signature)?))
    }

    fn store(&self, package: &Package, signature: Option<&[u8]>) -> Result<Published> {
        let packed = pack::checked(package)?;
        change::publish(&self.disk, &*self.clock, package, &packed, signature)
    }

    /// Every model, sorted by name.
    ///
    /// # Errors
    /// `Corrupt` when the store is damaged, `Io` when the system refuses.
    pub fn models(&self) -> Result<Vec<ModelEntry>> {
        self.read(|top| {
            let read = |name| (self.disk.model(top, name)).map(|model| model.index.describe());
            top.models().map(|(name, _)| read(name)).collect()
        })
    }

    /// One model: its versions and aliases.
    ///
    /// # Errors
    /// `NotFound`, with the names that are there, the closest first.
    pub fn model(&self, name: &ModelName) -> Result<ModelEntry> {
        self.index(name).map(|model| model.index.describe())
    }

    /// The version that a selector picks now.
    ///
    /// # Errors
    /// `NotFound`, with what is there; `Corrupt` when the version is not what the index says.
    pub fn resolve(&self, name: &ModelName, selector: &Selector) -> Result<Resolved> {
        self.read(|top| self.resolve_in(top, name, selector))
    }

    fn resolve_in(&self, top: &Top, name: &ModelName, selector: &Selector) -> Result<Resolved> {
        let model = self.listed(top, name)?;
        let resolved = model.index.resolve(selector)?;
        let version = &resolved.version;
        model.check(version, || {
            let stored = model.index.versions.get(version);
            let size = stored.map(|stored| stored.size);
            let manifest = unpack::manifest(&self.disk, &resolved.digest, size)?;
            unpack::identify(&manifest, name, version)
                .map_err(|error| error.with("digest", resolved.digest))
        })?;
        Ok(resolved)
    }

    /// What the version that a selector picks takes and gives, as its publisher's runtime told;
    /// `None` for a version that was stored without.
    ///
    /// # Errors
    /// As [`Registry::resolve`].
    pub fn signature(&self, name: &ModelName, selector: &Selector) -> Result<Option<Signature>> {
        self.read(|top| {
            let model = self.listed(top, name)?;
            let version = model.index.resolve(selector)?.version;
            let stored = model.index.versions.get(&version);
            let digest = stored.and_then(|stored| stored.signature);
            digest
                .map(|digest| ports::signature(&self.disk, &digest))
                .transpose()
        })
    }

    /// The package with this digest. Every blob has been verified; nothing unverified is ever
    /// returned.
    ///
    /// # Errors
    /// `NotFound` when no such package was published, `Corrupt` naming the damaged blob, `KeyDenied`
    /// when it is encrypted and the registry's keys do not open it.
    pub fn package(&self, digest: &Digest) -> Result<Package> {
        let read = |_: &Top| unpack::package(&self.disk, digest, &self.keys);
        self.read(read).or_else(|error| {
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

    /// The index of a model that is there.
    pub(super) fn index(&self, name: &ModelName) -> Result<Arc<Model>> {
        self.read(|top| self.listed(top, name))
    }

    fn listed(&self, top: &Top, name: &ModelName) -> Result<Arc<Model>> {
        top.find(name)?;
        self.disk.model(top, name)
    }

    /// Reads from one state of the list of models.
    pub(super) fn read<T>(&self, read: impl Fn(&Top) -> Result<T>) -> Result<T> {
        change::read(&self.disk, read)
            .map_err(|error| error.with("registry", self.root().display()))
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
    let (is_free, has_blobs) = (disk.is_free()?, disk.has_blobs()?);
    if disk.is_layout()? {
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
    if !disk.is_layout()? {
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

#[cfg(test)]
mod tests {
    #[test]
    fn a_registry_is_shared_freely() {
        fn assert<T: Clone + std::fmt::Debug + Send + Sync + 'static>() {}
        assert::<super::Registry>();
    }
}
