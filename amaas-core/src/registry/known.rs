//! What a registry has read before and knows to hold still, so that asking again costs microseconds.
//!
//! Two things are kept, and shared by all clones of a handle:
//!
//! - The list of models, with the file it was read from, held open. Each call asks whether
//!   `index.json` is that very file, unwritten; see [`Watched`]. A change that was acknowledged
//!   before a call began has put another file there, whichever process made it, so the call sees it.
//!   Where the file cannot tell, it is read again and its bytes are compared.
//! - Of each model the index that was read last, with its digest, and which of its versions were seen to
//!   be what the index says. What has a digest does not change; only the room for them is bounded. An
//!   index that another took the place of is forgotten at once: nobody asks for it again, and each
//!   move of an alias makes one.
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

/// The index of each model that was read last.
#[derive(Default)]
struct Models {
    found: HashMap<ModelName, Found>,
    asked: u64,
    bytes: u64,
}

/// An index, and when it was last asked for.
struct Found {
    digest: Digest,
    model: Arc<Model>,
    asked: u64,
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
        let known = held(&self.known.models).get(name, &entry.digest);
        if let Some(known) = known.filter(|known| known.size == entry.size) {
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
    fn get(&mut self, name: &ModelName, digest: &Digest) -> Option<Arc<Model>> {
        self.asked += 1;
        let found = self.found.get_mut(name);
        let found = found.filter(|found| found.digest == *digest)?;
        found.asked = self.asked;
        Some(Arc::clone(&found.model))
    }

    /// Remembers a model's index in place of the one before, and forgets models that were not asked for
    /// the longest where room is short.
    fn put(&mut self, digest: Digest, model: &Arc<Model>) {
        self.asked += 1;
        let found = Found {
            digest,
            model: Arc::clone(model),
            asked: self.asked,
        };
        self.bytes += model.size;
        let before = self.found.insert(model.index.name.clone(), found);
        self.bytes -= before.map_or(0, |before| before.model.size);
        while self.bytes > ROOM {
            let oldest = self.found.iter().min_by_key(|(_, found)| found.asked);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                return;
            };
            let gone = self.found.remove(&oldest);
            self.bytes -= gone.map_or(0, |gone| gone.model.size);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, size: u64) -> Arc<Model> {
        Arc::new(Model::new(ModelIndex::new(name.parse().unwrap()), size))
    }

    fn get(models: &mut Models, name: &str, digest: &Digest) -> Option<Arc<Model>> {
        models.get(&name.parse().unwrap(), digest)
    }

    #[test]
    fn an_index_takes_the_place_of_the_one_before() {
        let mut models = Models::default();
        let digests = [&b"one"[..], b"two", b"three"].map(Digest::of);
        models.put(digests[0], &model("a", 3));
        models.put(digests[1], &model("b", 5));
        for turn in 0..1000 {
            models.put(digests[1 + turn % 2], &model("a", 7));
        }
        assert_eq!((models.found.len(), models.bytes), (2, 12));
        assert!(get(&mut models, "a", &digests[0]).is_none());
        assert!(get(&mut models, "a", &digests[2]).is_some());
        assert!(get(&mut models, "b", &digests[1]).is_some());
        assert!(get(&mut models, "b", &digests[2]).is_none());
    }

    #[test]
    fn whoever_was_not_asked_for_the_longest_goes_first() {
        let mut models = Models::default();
        let digest = Digest::of(b"one");
        for name in ["a", "b", "c"] {
            models.put(digest, &model(name, ROOM / 3));
        }
        assert!(get(&mut models, "a", &digest).is_some());
        models.put(digest, &model("d", ROOM / 3));
        assert_eq!(models.bytes, ROOM / 3 * 3);
        for (name, there) in [("a", true), ("b", false), ("c", true), ("d", true)] {
            assert_eq!(get(&mut models, name, &digest).is_some(), there, "{name}");
        }
    }
}
