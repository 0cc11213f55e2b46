//! Versions that stay loaded whether or not some route serves them, so that a move to one of them
//! takes no time.
//!
//! ```no_run
//! use amaas_core::registry::Policy;
//!
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let kept = service.keep("sentiment", Policy::Latest(2))?;
//! let previous = &kept.routes()[1];
//! // After a publish: loads what is new, then lets go of what is no longer kept.
//! let changed = kept.update()?;
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: each version takes the memory that loading it takes. While an update runs, the old
//! ones and the new ones are loaded at once.

use std::sync::{Arc, Mutex, PoisonError};

use semver::Version;

use super::route::Follows;
use super::{Route, Service};
use crate::Result;
use crate::model::ModelName;
use crate::registry::{Policy, Resolved};

/// Keeps versions of one model loaded for as long as it lives. Cheap to clone; clones are one.
#[derive(Debug, Clone)]
pub struct Kept(Arc<KeptInner>);

#[derive(Debug)]
pub(super) struct KeptInner {
    service: Service,
    name: ModelName,
    policy: Policy,
    routes: Mutex<Vec<Route>>,
}

impl Service {
    /// Loads the versions of the model `name` that `policy` keeps, with the service's settings. A
    /// route to one of them shares its instances.
    ///
    /// # Errors
    /// `NotFound` when the model or a version that the policy names is not there; else as
    /// [`Service::load`].
    pub fn keep(&self, name: &str, policy: Policy) -> Result<Kept> {
        let kept = Kept(Arc::new(KeptInner {
            service: self.clone(),
            name: name.parse()?,
            policy,
            routes: Mutex::default(),
        }));
        kept.update()?;
        self.0.members.kept.add(&kept.0);
        Ok(kept)
    }
}

impl Kept {
    /// A route to each version that is kept, the highest first. Each is pinned to its version.
    pub fn routes(&self) -> Vec<Route> {
        self.0.routes()
    }

    /// The versions that are kept, the highest first.
    pub fn versions(&self) -> Vec<Version> {
        self.routes().iter().map(Route::version).collect()
    }

    /// Asks the policy again: loads what it keeps now, then lets go of the rest. True when that
    /// changed anything. If a version cannot be loaded, everything stays as it was.
    ///
    /// # Errors
    /// As [`Service::keep`].
    pub fn update(&self) -> Result<bool> {
        self.0.update()
    }
}

impl KeptInner {
    pub(super) fn name(&self) -> &ModelName {
        &self.name
    }

    fn routes(&self) -> Vec<Route> {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.clone()
    }

    pub(super) fn update(&self) -> Result<bool> {
        let registry = self.service.registry()?;
        let chosen = registry.select(&self.name, &self.policy)?;
        let present = self.routes();
        let routes = chosen
            .iter()
            .map(|wanted| {
                let mut known = present.iter();
                match known.find(|route| route.digest() == wanted.digest) {
                    Some(route) => Ok(route.clone()),
                    None => self.route(wanted),
                }
            })
            .collect::<Result<Vec<_>>>()?;
        let digests = |routes: &[Route]| routes.iter().map(Route::digest).collect::<Vec<_>>();
        let changed = digests(&routes) != digests(&present);
        let mut kept = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *kept, routes);
        drop(kept);
        drop(old); // unloading may take a while: not while others wait for the lock
        Ok(changed)
    }

    fn route(&self, wanted: &Resolved) -> Result<Route> {
        let reference = format!("{}@{}", wanted.name, wanted.digest).parse()?;
        let service = self.service.clone();
        let settings = service.0.settings.clone();
        Route::open(service, reference, settings, Follows::Never)
    }
}
