//! What a registry has read before and knows to hold still, so that asking again costs microseconds.
//!
//! Two things are kept, and shared by all clones of a handle:
//!
//! - The list of models, with the file it was read from, held open. Each call asks whether
//!   `index.json` is that very file, unwritten; see [`Watched`]. A change that was acknowledged
//!   before a call began has put another file there, whichever process made it, so the call sees it.
//!   Where the file cannot tell, it is read again and its bytes are compared.
//! - The indexes of models, by digest, and which of their versions were seen to be what the index
//!   says. What has a digest does not change; only the room for them is bounded.
//!
//! Threads hold a lock only while a pointer is copied. Of two that read the list anew, either may
//! leave its own here: it is asked again before it is used.
//!
//! The trap: this is for those who select. Whoever writes reads the list under the lock, and whoever
//! looks for damage or loads a package reads the blobs themselves: that a document was whole once
//! says nothing about the disk.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use semver::Version;

use super::change;
use super::disk::Disk;
use super::files::Watched;
use super::index::ModelIndex;
use super::top::Top;
use crate::Result;
use crate::model::{Digest, ModelName};

/// How many bytes of models' indexes are remembered; once read they take about half of that.
const ROOM: u64 = 64 << 20;

/// What was read before.
#[derive(Default)]
pub(super) struct Known {
    list: Mutex<Option<Arc<List>>>,
    models: Mutex<Models>,
}

/// The list of models, and the file it was read from.
#[derive(Debug)]
pub(super) struct List {
    pub(super) top: Arc<Top>,
    bytes: Vec<u8>,
    file: Box<dyn Watched>,
}

/// The index of a model.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) index: ModelIndex,
    /// How long the document is.
    size: u64,
    /// The versions whose manifests are those of this model.
    checked: Mutex<BTreeSet<Version>>,
}

/// Indexes of models by digest, and when each was last asked for.
#[derive(Default)]
struct Models {
    found: HashMap<Digest, (u64, Arc<Model>)>,
    asked: u64,
    bytes: u64,
}

impl Disk {
    /// The list of models as it is now.
    pub(super) fn list_of_models(&self) -> Result<Arc<List>> {
        let known = held(&self.known.list).clone();
        if let Some(known) = known.as_ref().filter(|known| self.is_current(known)) {
            return Ok(Arc::clone(known));
        }
        let (bytes, file) = self.watched_index()?;
        let top = match known.filter(|known| known.bytes == bytes) {
            Some(known) => Arc::clone(&known.top),
            None => Arc::new(Top::parse(&bytes)?),
        };
        let list = Arc::new(List { top, bytes, file });
        *held(&self.known.list) = Some(Arc::clone(&list));
        Ok(list)
    }

    /// Whether this still is the list. What cannot be told is no.
    pub(super) fn is_current(&self, list: &List) -> bool {
        self.is_index(&*list.file)
    }

    /// The index of the model; an empty one where there is no such model.
    pub(super) fn model(&self, top: &Top, name: &ModelName) -> Result<Arc<Model>> {
        let Some(entry) = top.get(name) else {
            return Ok(Arc::new(Model::new(ModelIndex::new(name.clone()), 0)));
        };
        let known = held(&self.known.models).get(&entry.digest);
        let is_same = |known: &Arc<Model>| known.size == entry.size && known.index.name == *name;
        if let Some(known) = known.filter(is_same) {
            return Ok(known);
        }
        let model = Arc::new(Model::new(change::load(self, top, name)?, entry.size));
        held(&self.known.models).put(entry.digest, &model);
        Ok(model)
    }
}

impl List {
    /// Whether both were read from the same bytes.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Model {
    fn new(index: ModelIndex, size: u64) -> Self {
        Self {
            index,
            size,
            checked: Mutex::default(),
        }
    }

    /// Has `check` look at a version, unless it was found good before.
    pub(super) fn check(
        &self,
        version: &Version,
        check: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        if held(&self.checked).contains(version) {
            return Ok(());
        }
        check()?;
        held(&self.checked).insert(version.clone());
        Ok(())
    }
}

impl Models {
    fn get(&mut self, digest: &Digest) -> Option<Arc<Model>> {
        self.asked += 1;
        let (asked, model) = self.found.get_mut(digest)?;
        *asked = self.asked;
        Some(Arc::clone(model))
    }

    /// Remembers a model, and forgets those that were not asked for the longest where room is short.
    fn put(&mut self, digest: Digest, model: &Arc<Model>) {
        self.asked += 1;
        self.bytes += model.size;
        let before = self.found.insert(digest, (self.asked, Arc::clone(model)));
        self.bytes -= before.map_or(0, |(_, before)| before.size);
        while self.bytes > ROOM {
            let oldest = self.found.iter().min_by_key(|(_, (asked, _))| asked);
            let Some(oldest) = oldest.map(|(digest, _)| *digest) else {
                return;
            };
            let gone = self.found.remove(&oldest);
            self.bytes -= gone.map_or(0, |(_, gone)| gone.size);
        }
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
