//! Taking over models from a tar that [`Registry::export`] or an OCI tool wrote.
//!
//! First everything in it is read and checked: the archive's structure, the digest of every blob,
//! every package as if it were to be loaded, and that nothing is in it that nobody names. Only
//! then the first byte is written, and one commit lists it all.
//!
//! An archive without amaas's own list, such as `skopeo copy … oci-archive:…` makes, is read by
//! its manifests: each says itself which version of which model it is.
//!
//! The trap: the file may change while it is read. Bytes are verified again when they are written,
//! and a blob whose bytes differ by then is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use semver::Version;

use super::{Archive, ImportLimits, damaged, hostile};
use crate::clock::Clock;
use crate::model::{AliasName, Digest, ModelName};
use crate::registry::change;
use crate::registry::disk::Disk;
use crate::registry::entry::Published;
use crate::registry::index::{ModelIndex, Stored};
use crate::registry::oci::{self, Descriptor, Index, Layout};
use crate::registry::reach::{self, Need};
use crate::registry::store::Registry;
use crate::registry::top::{self, Top};
use crate::registry::unpack::{self, Blobs};
use crate::registry::{ports, view};
use crate::{Error, ErrorKind, Result, work};

/// What an import brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportedArchive {
    /// Every version of the archive, those that were there already included.
    pub versions: Vec<Published>,
    /// Every alias of the archive.
    pub aliases: Vec<ImportedAlias>,
}

/// What became of an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedAlias {
    /// The model.
    pub name: ModelName,
    /// The alias.
    pub alias: AliasName,
    /// Whether it was taken over. An alias that is known here stays as it is.
    pub created: bool,
}

impl Registry {
    /// Takes over every version of the archive at `path`, and the aliases that are unheard of
    /// here. Doing it again changes nothing.
    ///
    /// # Errors
    /// `AlreadyExists` when a version is there with other content, `InvalidPackage` for an archive
    /// that holds anything but models, `Corrupt` for a damaged one, `Unsupported` for a compressed
    /// one, `Io` when the system refuses. Until the last byte was checked nothing is written.
    pub fn import(&self, path: &Path) -> Result<ImportedArchive> {
        self.import_within(path, &ImportLimits::default())
    }

    /// As [`Registry::import`], with limits of its own.
    ///
    /// # Errors
    /// As [`Registry::import`].
    pub fn import_within(&self, path: &Path, limits: &ImportLimits) -> Result<ImportedArchive> {
        let archive = Archive::open(path, limits)?;
        let bundle = Bundle::read(&archive, self.clock.calendar())
            .map_err(|error| of_archive(error, path))?;
        self.read(|top| bundle.merge(&self.disk, top))?;
        self.disk.settle()?;
        bundle.write(&self.disk, &*self.clock, |_| true)?;
        let _held = self.disk.lock()?;
        let mut top = Top::parse(&self.disk.index()?)?;
        bundle.write(&self.disk, &*self.clock, |digest| {
            !self.disk.has_blob(digest)
        })?;
        let (changed, imported) = bundle.merge(&self.disk, &top)?;
        for model in &changed {
            if let Some(entry) = top.get(&model.name) {
                self.disk.refresh(&entry.digest, self.clock.calendar());
            }
            change::list(&self.disk, &mut top, model)?;
        }
        match changed.is_empty() {
            true => self.disk.settle()?,
            false => self.disk.commit(&top.to_bytes()?)?,
        }
        for name in bundle.models.keys() {
            view::refresh(&self.disk, &change::load(&self.disk, &top, name)?);
        }
        Ok(imported)
    }
}

/// What is wrong with an archive is not wrong with the store.
fn of_archive(error: Error, path: &Path) -> Error {
    let error = error.with("archive", path.display());
    match error.kind() {
        ErrorKind::Corrupt => error.advise("fetch it again; nothing of it was taken over"),
        _ => error,
    }
}

/// What an archive holds, once all of it was found good.
struct Bundle<'a> {
    archive: &'a Archive,
    models: BTreeMap<ModelName, ModelIndex>,
    needs: BTreeSet<Need>,
}

impl<'a> Bundle<'a> {
    fn read(archive: &'a Archive, now: SystemTime) -> Result<Self> {
        let (layout, index) = archive.documents()?;
        let layout: Layout = oci::read(layout, "`oci-layout`")?;
        if layout.image_layout_version != Layout::default().image_layout_version {
            let message = format!("the archive has version `{}`", layout.image_layout_version);
            return Err(Error::new(ErrorKind::Unsupported, message)
                .advise("this version of amaas reads 1.0.0"));
        }
        let index: Index = oci::read(index, "`index.json`")?;
        let is_ours = |found: &String| found == oci::REGISTRY;
        let is_list = index.annotations.get(oci::TYPE).is_none_or(is_ours);
        if index.schema_version != 2 || index.media_type != oci::INDEX || !is_list {
            return Err(damaged("its list is none"));
        }
        let mut bundle = Self {
            archive,
            models: BTreeMap::new(),
            needs: BTreeSet::new(),
        };
        let (models, others): (Vec<_>, _) = index.manifests.into_iter().partition(top::is_model);
        let mut named = BTreeSet::new();
        for entry in models {
            named.insert(entry.digest);
            bundle.take_model(entry)?;
        }
        for entry in &others {
            bundle.take_manifest(entry, now)?;
        }
        bundle.check(now)?;
        bundle.refuse_unnamed(&named)?;
        Ok(bundle)
    }

    fn take_model(&mut self, entry: Descriptor) -> Result<()> {
        let (name, entry) = top::named(entry)?;
        let bytes = self
            .archive
            .blob(&entry.digest, Some(entry.size), oci::MAX_DOCUMENT)?;
        let model = ModelIndex::parse(&name, &bytes)?;
        if model.versions.is_empty() {
            return Err(hostile(format_args!("`{name}` has no versions")));
        }
        match self.models.insert(name, model) {
            None => Ok(()),
            Some(twice) => Err(hostile(format_args!("it lists `{}` twice", twice.name))),
        }
    }

    /// A manifest that is listed by itself: a tag for other tools, or all there is.
    fn take_manifest(&mut self, entry: &Descriptor, now: SystemTime) -> Result<()> {
        if entry.media_type != oci::MANIFEST {
            return Err(hostile("it holds something else than models").with("entry", entry.digest));
        }
        let manifest = unpack::manifest(self.archive, &entry.digest, Some(entry.size))?;
        let name: Result<ModelName> = oci::annotation(&manifest.annotations, oci::TITLE)?.parse();
        let name = name.map_err(|cause| hostile("a model in it has no name").because(cause))?;
        let version = oci::annotation(&manifest.annotations, oci::VERSION)?;
        let version = Version::parse(version)
            .map_err(|cause| hostile("a version in it is none").because(cause))?;
        let model = self
            .models
            .entry(name.clone())
            .or_insert_with(|| ModelIndex::new(name));
        if !change::is_there(model, &version, &entry.digest)? {
            let stored = Stored {
                digest: entry.digest,
                size: entry.size,
                published: now,
                bytes: 0, // counted once all parts are known to be there
                yanked: None,
                signature: None,
            };
            model.versions.insert(version, stored);
        }
        Ok(())
    }

    /// Reads every package as if it were to be loaded, and counts its bytes.
    fn check(&mut self, now: SystemTime) -> Result<()> {
        for model in self.models.values_mut() {
            for (version, stored) in &mut model.versions {
                let manifest = unpack::manifest(self.archive, &stored.digest, Some(stored.size))?;
                unpack::identify(&manifest, &model.name, version)?;
                work::proceed(0, 0)?;
                unpack::check(self.archive, &stored.digest)?;
                if let Some(digest) = &stored.signature {
                    ports::signature(self.archive, digest)?;
                }
                for (digest, size) in reach::parts(&manifest) {
                    self.archive.has(&digest, size)?;
                }
                let parts = reach::parts(&manifest).filter_map(|(_, size)| size);
                stored.bytes = parts.fold(stored.size, u64::saturating_add);
                stored.published = now;
                self.needs
                    .extend(reach::roots(stored).chain(reach::parts(&manifest)));
            }
        }
        Ok(())
    }

    fn refuse_unnamed(&self, named: &BTreeSet<Digest>) -> Result<()> {
        let needed: BTreeSet<_> = self.needs.iter().map(|(digest, _)| digest).collect();
        let mut there = self.archive.digests();
        match there.find(|digest| !needed.contains(digest) && !named.contains(*digest)) {
            Some(digest) => Err(hostile(format_args!("nothing in it names `{digest}`"))),
            None => Ok(()),
        }
    }

    fn write(
        &self,
        disk: &Disk,
        clock: &dyn Clock,
        is_wanted: impl Fn(&Digest) -> bool,
    ) -> Result<()> {
        let wanted = self.needs.iter().filter(|(digest, _)| is_wanted(digest));
        let wanted: Vec<_> = wanted.collect();
        let sizes = wanted.iter().filter_map(|(_, size)| *size);
        let (mut done, all) = (0, sizes.fold(0, u64::saturating_add));
        for (digest, size) in wanted {
            work::proceed(done, all)?;
            let bytes = self.archive.blob(digest, *size, u64::MAX);
            let bytes = bytes.map_err(|error| of_archive(error, self.archive.path()))?;
            disk.refresh(digest, clock.calendar());
            disk.put_blob(digest, &bytes)?;
            done += bytes.len() as u64;
        }
        Ok(())
    }

    /// The models as they are to be, where anything is new, and what to say of it.
    fn merge(&self, disk: &Disk, top: &Top) -> Result<(Vec<ModelIndex>, ImportedArchive)> {
        let (mut changed, mut imported) = (Vec::new(), ImportedArchive::default());
        for model in self.models.values() {
            let before = change::load(disk, top, &model.name)?;
            let mut after = before.clone();
            for (version, stored) in &model.versions {
                let created = !change::is_there(&after, version, &stored.digest)?;
                if created {
                    after.versions.insert(version.clone(), stored.clone());
                }
                imported.versions.push(Published {
                    name: model.name.clone(),
                    version: version.clone(),
                    digest: stored.digest,
                    created,
                });
            }
            for alias in model.aliases.known() {
                imported.aliases.push(ImportedAlias {
                    name: model.name.clone(),
                    alias: alias.clone(),
                    created: !after.aliases.knows(alias),
                });
                after.aliases.adopt(&model.aliases, alias);
            }
            if after != before {
                changed.push(after);
            }
        }
        Ok((changed, imported))
    }
}
