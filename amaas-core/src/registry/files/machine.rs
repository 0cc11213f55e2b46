//! A computer's disk, as POSIX promises it and not a bit better.
//!
//! Everybody sees a change at once; a power cut keeps what was flushed and, of the rest, whatever it
//! likes: of the names in a folder any subset of the creations, renames and removals since the
//! folder was flushed, of a file any of the blocks written since the file was. A rename is atomic:
//! the new name is never lost after the old one is gone.
//!
//! The trap: flushing a file says nothing about its name, and flushing a folder nothing about what
//! its files hold.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path};
use std::time::SystemTime;

use fastrand::Rng;

use super::{Facts, STAGED};

/// The number of something on the disk, which outlives its names.
pub(super) type Id = usize;
type Names = BTreeMap<OsString, Id>;
type Place = (Id, OsString);

#[derive(Debug, Clone)]
pub(super) struct Machine {
    things: Vec<Thing>,
    /// Changes of names, the oldest first, of which a power cut keeps any subset.
    pending: Vec<Change>,
    /// Who holds which file.
    locks: BTreeMap<Id, u64>,
    modified: BTreeMap<Id, SystemTime>,
    staged: u64,
}

#[derive(Debug, Clone)]
enum Thing {
    File { seen: Vec<u8>, durable: Vec<u8> },
    Folder { seen: Names, durable: Names },
    Link,
}

/// A creation sets, a removal clears, a rename does both.
#[derive(Debug, Clone)]
struct Change {
    set: Option<(Place, Id)>,
    clear: Option<Place>,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self {
            things: vec![folder()],
            pending: Vec::new(),
            locks: BTreeMap::new(),
            modified: BTreeMap::new(),
            staged: 0,
        }
    }

    pub(super) fn facts(&self, path: &Path) -> io::Result<Facts> {
        Ok(match &self.things[self.find(path)?] {
            Thing::File { seen, .. } => Facts::File(seen.len() as u64),
            Thing::Folder { .. } => Facts::Folder,
            Thing::Link => Facts::Other,
        })
    }

    pub(super) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match &self.things[self.file(self.find(path)?)?] {
            Thing::File { seen, .. } => Ok(seen.clone()),
            Thing::Folder { .. } | Thing::Link => Ok(Vec::new()),
        }
    }

    pub(super) fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        Ok(self.names(self.find(folder)?)?.keys().cloned().collect())
    }

    pub(super) fn create_folder(&mut self, path: &Path) -> io::Result<()> {
        self.create(path, folder()).map(drop)
    }

    pub(super) fn link(&mut self, path: &Path) -> io::Result<()> {
        self.create(path, Thing::Link).map(drop)
    }

    /// The file `path`, made where there is none.
    pub(super) fn ensure_file(&mut self, path: &Path) -> io::Result<Id> {
        match self.find(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => self.create(path, file()),
            found => self.file(found?),
        }
    }

    /// The thing, if it can be opened for writing.
    fn file(&self, id: Id) -> io::Result<Id> {
        match &self.things[id] {
            Thing::File { .. } => Ok(id),
            Thing::Folder { .. } => Err(io::ErrorKind::IsADirectory.into()),
            Thing::Link => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// A new file in `folder`, and its name.
    pub(super) fn stage(&mut self, folder: &Path) -> io::Result<(Id, OsString)> {
        self.staged += 1;
        let name = OsString::from(format!("{STAGED}{}", self.staged));
        Ok((self.create(&folder.join(&name), file())?, name))
    }

    pub(super) fn append(&mut self, id: Id, bytes: &[u8]) {
        if let Thing::File { seen, .. } = &mut self.things[id] {
            seen.extend_from_slice(bytes);
        }
    }

    /// What a file holds from `offset` on.
    pub(super) fn rest(&self, id: Id, offset: usize) -> &[u8] {
        match &self.things[id] {
            Thing::File { seen, .. } => seen.get(offset..).unwrap_or_default(),
            Thing::Folder { .. } | Thing::Link => &[],
        }
    }

    pub(super) fn empty(&mut self, id: Id) {
        if let Thing::File { seen, .. } = &mut self.things[id] {
            seen.clear();
        }
    }

    pub(super) fn sync(&mut self, id: Id) {
        if let Thing::File { seen, durable } = &mut self.things[id] {
            durable.clone_from(seen);
        }
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let (source, target) = (self.place(from)?, self.place(to)?);
        let id = self.find(from)?;
        if self.facts(to).is_ok_and(|facts| facts == Facts::Folder) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        self.change(Change {
            set: Some((target, id)),
            clear: Some(source),
        });
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        match self.facts(path)? {
            Facts::Folder => Err(io::ErrorKind::IsADirectory.into()),
            Facts::File(_) | Facts::Other => self.clear(path),
        }
    }

    pub(super) fn remove_folder(&mut self, path: &Path) -> io::Result<()> {
        match self.facts(path)? {
            Facts::Folder if self.list(path)?.is_empty() => self.clear(path),
            Facts::Folder => Err(io::ErrorKind::DirectoryNotEmpty.into()),
            Facts::File(_) | Facts::Other => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn modified(&self, path: &Path) -> io::Result<SystemTime> {
        let modified = self.modified.get(&self.find(path)?);
        Ok(modified.copied().unwrap_or(SystemTime::UNIX_EPOCH))
    }

    pub(super) fn set_modified(&mut self, path: &Path, at: SystemTime) -> io::Result<()> {
        let id = self.file(self.find(path)?)?;
        self.modified.insert(id, at);
        Ok(())
    }

    fn clear(&mut self, path: &Path) -> io::Result<()> {
        let place = self.place(path)?;
        self.change(Change {
            set: None,
            clear: Some(place),
        });
        Ok(())
    }

    pub(super) fn flush_folder(&mut self, folder: &Path) -> io::Result<()> {
        let folder = self.find(folder)?;
        match &self.things[folder] {
            Thing::File { .. } => self.sync(folder),
            Thing::Folder { .. } => {}
            Thing::Link => return Err(io::ErrorKind::NotFound.into()),
        }
        for index in 0..self.pending.len() {
            let change = self.pending[index].clone();
            let (set, clear) = (change.set.as_ref(), change.clear.as_ref());
            let clears = clear.is_some_and(|(place, _)| *place == folder);
            let sets = set.is_some_and(|((place, _), _)| *place == folder);
            if let Some((place, id)) = set.filter(|_| sets || clears) {
                self.settle(index, place, Some(*id));
            }
            if let Some(place) = clear.filter(|_| clears) {
                self.settle(index, place, None);
            }
        }
        self.pending
            .retain(|change| change.set.is_some() || change.clear.is_some());
        Ok(())
    }

    /// Takes the lock of a file, unless another holds it.
    pub(super) fn lock(&mut self, id: Id, process: u64) -> io::Result<()> {
        match self.locks.insert(id, process) {
            None => Ok(()),
            Some(holder) => {
                self.locks.insert(id, holder);
                Err(io::ErrorKind::WouldBlock.into())
            }
        }
    }

    pub(super) fn unlock(&mut self, id: Id) {
        self.locks.remove(&id);
    }

    pub(super) fn is_locked(&self, path: &Path) -> io::Result<bool> {
        Ok(self.locks.contains_key(&self.find(path)?))
    }

    /// What the system does when a process ends.
    pub(super) fn end(&mut self, process: u64) {
        self.locks.retain(|_, holder| *holder != process);
    }

    /// Forgets what was not flushed, save for what `random` likes to keep.
    pub(super) fn lose_power(&mut self, random: &mut Rng) {
        let kept = [0, 5, 25, 50, 75, 100][random.usize(0..6)];
        let mut keeps = || random.u32(0..100) < kept;
        for change in std::mem::take(&mut self.pending) {
            let Some((place, id)) = change.set else {
                if let Some(place) = change.clear.filter(|_| keeps()) {
                    self.put_durable(&place, None);
                }
                continue;
            };
            if keeps() {
                self.put_durable(&place, Some(id));
                if let Some(place) = change.clear.filter(|_| keeps()) {
                    self.put_durable(&place, None);
                }
            }
        }
        for thing in &mut self.things {
            match thing {
                Thing::Folder { seen, durable } => seen.clone_from(durable),
                Thing::File { seen, durable } if seen != durable => {
                    *seen = torn(durable, seen, random);
                    durable.clone_from(seen);
                }
                Thing::File { .. } | Thing::Link => {}
            }
        }
        self.locks.clear();
    }

    fn create(&mut self, path: &Path, thing: Thing) -> io::Result<Id> {
        let place = self.place(path)?;
        if self.names(place.0)?.contains_key(&place.1) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.things.push(thing);
        let id = self.things.len() - 1;
        self.change(Change {
            set: Some((place, id)),
            clear: None,
        });
        Ok(id)
    }

    fn change(&mut self, change: Change) {
        if let Some((place, id)) = &change.set {
            self.put_seen(place, Some(*id));
        }
        if let Some(place) = &change.clear {
            self.put_seen(place, None);
        }
        self.pending.push(change);
    }

    /// Makes one half of a change durable; older ones of that name do not matter any more.
    fn settle(&mut self, index: usize, place: &Place, id: Option<Id>) {
        self.put_durable(place, id);
        for change in &mut self.pending[..=index] {
            change.set = change.set.take().filter(|(known, _)| known != place);
            change.clear = change.clear.take().filter(|known| known != place);
        }
    }

    fn put_seen(&mut self, (folder, name): &Place, id: Option<Id>) {
        if let Thing::Folder { seen, .. } = &mut self.things[*folder] {
            put(seen, name, id);
        }
    }

    fn put_durable(&mut self, (folder, name): &Place, id: Option<Id>) {
        if let Thing::Folder { durable, .. } = &mut self.things[*folder] {
            put(durable, name, id);
        }
    }

    pub(super) fn find(&self, path: &Path) -> io::Result<Id> {
        path.components().try_fold(0, |folder, part| match part {
            Component::RootDir | Component::CurDir => Ok(folder),
            Component::Normal(name) => self
                .names(folder)?
                .get(name)
                .copied()
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
            Component::ParentDir | Component::Prefix(_) => Err(io::ErrorKind::InvalidInput.into()),
        })
    }

    fn place(&self, path: &Path) -> io::Result<Place> {
        let name = path.file_name().map(OsStr::to_owned);
        match (path.parent(), name) {
            (Some(above), Some(name)) => {
                let above = self.find(above)?;
                self.names(above).map(|_| (above, name))
            }
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    fn names(&self, id: Id) -> io::Result<&Names> {
        match &self.things[id] {
            Thing::Folder { seen, .. } => Ok(seen),
            Thing::File { .. } => Err(io::ErrorKind::NotADirectory.into()),
            Thing::Link => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

fn put(names: &mut Names, name: &OsStr, id: Option<Id>) {
    match id {
        Some(id) => names.insert(name.to_owned(), id),
        None => names.remove(name),
    };
}

fn folder() -> Thing {
    Thing::Folder {
        seen: Names::new(),
        durable: Names::new(),
    }
}

fn file() -> Thing {
    Thing::File {
        seen: Vec::new(),
        durable: Vec::new(),
    }
}

/// What is left of a file: each block new, old or zero, and an end at any border between blocks.
fn torn(old: &[u8], new: &[u8], random: &mut Rng) -> Vec<u8> {
    let block = [16, 512, 4096][random.usize(0..3)];
    let longest = old.len().max(new.len());
    let length = match random.u8(0..3) {
        0 => new.len(),
        1 => old.len(),
        _ => longest.min(block * random.usize(0..=longest / block + 1)),
    };
    let mut left = vec![0; length];
    for (index, part) in left.chunks_mut(block).enumerate() {
        let source = [new, old, &[]][random.usize(0..3)];
        let source = source.get(index * block..).unwrap_or_default();
        let shared = source.len().min(part.len());
        part[..shared].copy_from_slice(&source[..shared]);
    }
    left
}
