//! Hearing of changes that anybody makes to the folder of a registry.
//!
//! The trap: not every file system tells. A folder on a network tells of what this machine changed,
//! at best; whoever listens also looks now and then.

use std::path::Path;

use notify::event::{Event, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::Registry;
use crate::{Error, ErrorKind, Result};

/// The file that every change ends in.
const COMMIT: &str = "index.json";

/// Listens until it is dropped.
#[derive(Debug)]
#[must_use = "a listener that is dropped hears nothing"]
pub struct ChangeListener {
    _watcher: RecommendedWatcher,
}

impl Registry {
    /// Calls `action`, on a thread of its own, after each change of this registry that the system
    /// tells of, and where it lost count. It may be called when nothing changed.
    ///
    /// # Errors
    /// `Io` when the system refuses, as when too many folders are listened to.
    pub fn on_change(&self, action: impl Fn() + Send + 'static) -> Result<ChangeListener> {
        let hear = move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, may_be_change) {
                action();
            }
        };
        let refused = |cause: notify::Error| {
            Error::new(ErrorKind::Io, "changes of the registry cannot be heard")
                .with("registry", self.root().display())
                .because(cause)
                .advise("raise the system's limit of watched folders, or look now and then")
        };
        let mut watcher = notify::recommended_watcher(hear).map_err(refused)?;
        watcher
            .watch(self.root(), RecursiveMode::NonRecursive)
            .map_err(refused)?;
        Ok(ChangeListener { _watcher: watcher })
    }
}

/// Reading is no change; what is not the list of models does not count.
fn may_be_change(event: &Event) -> bool {
    let is_commit = |path: &Path| path.file_name().is_some_and(|name| name == COMMIT);
    let touches = event.paths.iter().any(|path| is_commit(path));
    event.need_rescan() || (touches && !matches!(event.kind, EventKind::Access(_)))
}
