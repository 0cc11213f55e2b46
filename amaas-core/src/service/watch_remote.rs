//! Following a remote: what it has and the registry lacks is pulled before each look.
//!
//! ```no_run
//! use amaas_core::registry::remote::Remote;
//! use amaas_core::service::WatchOptions;
//!
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let route = service.load("sentiment@^1")?;
//! let remote = Remote::open("oci://ghcr.io/acme")?;
//! let watcher = service.watch_remote(remote, WatchOptions::default(), |event| println!("{event:?}"))?;
//! # drop(watcher);
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! A remote tells nobody of a change, so it is asked at each interval, for what the routes follow and
//! for the newest of what is kept. What cannot be pulled is told like what cannot be moved, and
//! doubles the rest; models that the remote does not have are the registry's own.
//!
//! The trap: an alias moves here when it moved there, whoever set it here meanwhile.

use std::sync::Arc;

use semver::VersionReq;

use super::update::{Unmoved, unmoved};
use super::watch::{WatchEvent, WatchOptions, Watcher};
use super::{Service, route::RouteInner};
use crate::model::{ModelName, Reference, Selector};
use crate::registry::MoveOptions;
use crate::registry::remote::Remote;
use crate::{ErrorKind, Result};

impl Service {
    /// As [`Service::watch`], and pulls from `remote` what the references of this service select there
    /// before each look.
    ///
    /// # Errors
    /// As [`Service::watch`].
    pub fn watch_remote(
        &self,
        remote: Remote,
        options: WatchOptions,
        tell: impl FnMut(WatchEvent) + Send + 'static,
    ) -> Result<Watcher> {
        let pull = move |service: &Self| service.pull_followed(&remote);
        self.watch_after(Box::new(pull), options, Box::new(tell))
    }

    /// Pulls what is followed; what could not be pulled.
    fn pull_followed(&self, remote: &Remote) -> Vec<Unmoved> {
        let pull = |(name, selector): (ModelName, Selector)| {
            let error = self.pull(remote, &name, &selector).err()?;
            let is_ours = error.kind() == ErrorKind::NotFound;
            (!is_ours).then(|| unmoved(&format!("{name}@{selector}"), error))
        };
        self.followed().into_iter().filter_map(pull).collect()
    }

    /// What routes follow, and the newest of what is kept; each once.
    fn followed(&self) -> Vec<(ModelName, Selector)> {
        let members = &self.0.members;
        let named = |route: Arc<RouteInner>| match &*route.reference() {
            Reference::Named { name, selector } => Some((name.clone(), selector.clone())),
            Reference::Path(_) => None,
        };
        let mut followed: Vec<_> = members.routes.all().into_iter().filter_map(named).collect();
        for kept in members.kept.all() {
            followed.push((kept.name().clone(), Selector::Range(VersionReq::STAR)));
        }
        let mut seen = Vec::new();
        followed.retain(|one| {
            let is_new = !seen.contains(one);
            seen.extend(is_new.then(|| one.clone()));
            is_new
        });
        followed
    }

    fn pull(&self, remote: &Remote, name: &ModelName, selector: &Selector) -> Result<()> {
        let registry = self.registry()?;
        let pulled = remote.pull(registry, name, selector)?;
        let Selector::Alias(alias) = selector else {
            return Ok(());
        };
        let here = registry.resolve(name, selector);
        if here.is_ok_and(|here| here.version == pulled.version) {
            return Ok(());
        }
        let options = MoveOptions {
            reason: Some("it moved on the remote"),
            ..MoveOptions::default()
        };
        registry.set_alias(name, alias, &pulled.version, &options)
    }
}
