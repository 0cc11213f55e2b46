//! The versions that a service has loaded, and what can be told of them.
//!
//! ```no_run
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let route = service.load("sentiment@^1")?;
//! for one in service.versions() {
//!     println!("{}@{} is {}, {} bytes, serves {:?}", one.name, one.version, one.state, one.bytes, one.routes);
//! }
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: what is told was true a moment ago.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use semver::Version;

use super::lifecycle::State;
use super::residence::Residence;
use super::{LoadSettings, LoadedModel, Service};
use crate::Result;
use crate::model::{Digest, Graph, Graphs, ModelName, Package};
use crate::tensor::Buffer;

/// What is to be told of a version in a service.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VersionStatus {
    /// The model.
    pub name: ModelName,
    /// The version.
    pub version: Version,
    /// Its address.
    pub digest: Digest,
    /// Where it is in its life.
    pub state: State,
    /// The references of the routes that it answers, kept ones among them.
    pub routes: Vec<String>,
    /// Whether it stays in memory: a route to it is pinned, or it cannot be loaded again.
    pub pinned: bool,
    /// The size of its graphs and weights on disk.
    pub bytes: u64,
    /// How long ago its last request came; or its load, where none has.
    pub idle: Duration,
}

impl Service {
    /// Every version that is loaded, is being loaded, or is served by a route though its instances
    /// have left the memory; in the order in which they were first loaded. A version that is served
    /// with different settings is told once for each.
    pub fn versions(&self) -> Vec<VersionStatus> {
        let tell = |one: Known| VersionStatus {
            name: one.facts.name.clone(),
            version: one.facts.version.clone(),
            digest: one.facts.digest,
            state: one.residence.state(),
            routes: self.served(&one.residence),
            pinned: !one.residence.may_leave() || self.is_pinned(&one.residence),
            bytes: one.facts.bytes,
            idle: one.residence.idle(),
        };
        self.0.versions.all().into_iter().map(tell).collect()
    }

    fn served(&self, residence: &Arc<Residence>) -> Vec<String> {
        let routes = self.0.members.routes.all();
        let serving = routes.iter().filter(|route| route.serves(residence));
        serving.map(|route| route.reference().to_string()).collect()
    }

    /// Whether some route wants this version to stay in memory.
    pub(super) fn is_pinned(&self, residence: &Arc<Residence>) -> bool {
        let routes = self.0.members.routes.all();
        let mut pinned = routes.iter().filter(|route| route.is_pinned());
        pinned.any(|route| route.serves(residence))
    }
}

/// What is known of a version from the start of its load.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) name: ModelName,
    pub(super) version: Version,
    digest: Digest,
    settings: LoadSettings,
    pub(super) bytes: u64,
}

#[derive(Debug)]
struct Entry {
    facts: Arc<Facts>,
    residence: Weak<Residence>,
    model: Weak<LoadedModel>,
}

/// A version in the list.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) facts: Arc<Facts>,
    pub(super) residence: Arc<Residence>,
}

/// The list of versions. Two routes to one version with the same settings share its instances.
#[derive(Debug, Default)]
pub(super) struct Versions(Mutex<Vec<Entry>>);

impl Versions {
    /// Enters a version that is being loaded; it leaves the list when `residence` goes.
    pub(super) fn enter<'a>(
        &'a self,
        package: &Package,
        settings: &LoadSettings,
        residence: &Arc<Residence>,
    ) -> Result<Entered<'a>> {
        let info = &package.manifest.package;
        let facts = Facts {
            name: info.name.clone(),
            version: info.version.clone(),
            digest: package.digest,
            settings: settings.clone(),
            bytes: bytes(&package.graphs()?),
        };
        let mut list = self.list();
        list.retain(|entry| entry.residence.strong_count() > 0);
        list.push(Entry {
            facts: Arc::new(facts),
            residence: Arc::downgrade(residence),
            model: Weak::new(),
        });
        Ok(Entered {
            list: self,
            residence: Arc::downgrade(residence),
        })
    }

    /// The version at this address that was loaded with these settings.
    pub(super) fn find(
        &self,
        digest: &Digest,
        settings: &LoadSettings,
    ) -> Option<Arc<LoadedModel>> {
        let list = self.list();
        let same = |one: &&Entry| one.facts.digest == *digest && one.facts.settings == *settings;
        list.iter().filter(same).find_map(|one| one.model.upgrade())
    }

    /// Every version, in the order in which they were entered.
    pub(super) fn all(&self) -> Vec<Known> {
        let known = |entry: &Entry| {
            Some(Known {
                residence: entry.residence.upgrade()?,
                facts: Arc::clone(&entry.facts),
            })
        };
        self.list().iter().filter_map(known).collect()
    }

    fn list(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A version that was entered and is being loaded.
#[derive(Debug)]
pub(super) struct Entered<'a> {
    list: &'a Versions,
    residence: Weak<Residence>,
}

impl Entered<'_> {
    /// It is loaded, and can be shared.
    pub(super) fn loaded(&self, model: &Arc<LoadedModel>) {
        let mut list = self.list.list();
        let mut entries = list.iter_mut();
        if let Some(entry) = entries.find(|entry| entry.residence.ptr_eq(&self.residence)) {
            entry.model = Arc::downgrade(model);
        }
    }
}

/// The size of all files, each counted once: graphs may share their weights.
fn bytes(graphs: &Graphs<Graph>) -> u64 {
    let mut known: Vec<*const ()> = Vec::new();
    let files = graphs.iter().flat_map(|(_, graph)| graph.buffers());
    let once = files.filter(|file| {
        let place = Arc::as_ptr(file).cast();
        let is_new = !known.contains(&place);
        known.extend(is_new.then_some(place));
        is_new
    });
    let lengths = once.map(|file| Buffer::bytes(&**file).len() as u64);
    lengths.fold(0, u64::saturating_add)
}
