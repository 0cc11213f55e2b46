//! Moving everything in a service to what its references select now.
//!
//! ```no_run
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let route = service.load("sentiment@^1")?;
//! // After a publish, a yank, an alias that moved:
//! let updated = service.update();
//! for moved in &updated.moved {
//!     println!("{}: {} -> {}", moved.reference, moved.from, moved.to);
//! }
//! for unmoved in &updated.failed {
//!     eprintln!("{}: {}", unmoved.reference, unmoved.error);
//! }
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: in the mode that unloads first, a version that others still serve, that is kept, or
//! that was loaded from a path is not unloaded: the new one is then loaded beside it.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use semver::Version;

use super::aside::aside;
use super::load::Before;
use super::route::RouteInner;
use super::{LoadedModel, Service};
use crate::model::ModelName;
use crate::registry::Resolved;
use crate::{Error, Result, observe};

/// Which comes first when routes move to another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpdateMode {
    /// The new version is loaded beside the old one; every request finds one of them.
    #[default]
    AvailabilityFirst,
    /// The old version is unloaded before the new one is loaded, so that memory for one of them is
    /// enough. Requests meanwhile end with `Overloaded`, which says to retry. The bytes of the new
    /// one are checked before; if it cannot be loaded all the same, the old one is loaded again.
    MemoryFirst {
        /// How long requests under way may take to end; if they take longer, nothing moves.
        drain: Duration,
    },
}

/// What an update did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Updated {
    /// The routes that answer from another version now.
    pub moved: Vec<Moved>,
    /// The models of which other versions are kept now; see [`Service::keep`].
    pub kept: Vec<ModelName>,
    /// What could not be moved, and goes on as it was.
    pub failed: Vec<Unmoved>,
}

impl Updated {
    /// Whether nothing moved and nothing failed.
    pub fn is_quiet(&self) -> bool {
        self.moved.is_empty() && self.kept.is_empty() && self.failed.is_empty()
    }
}

/// A route that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What it follows.
    pub reference: String,
    /// The version it left.
    pub from: Version,
    /// The version it came to.
    pub to: Version,
}

/// A route that did not move, or versions that are kept as they were.
#[derive(Debug)]
pub struct Unmoved {
    /// What the route follows, or the name of the model.
    pub reference: String,
    /// Why.
    pub error: Error,
}

impl Service {
    /// Moves every route, and what is kept, to the versions that their references select now. A
    /// failure is told in the answer, and leaves the old version serving.
    ///
    /// Updates run one after the other: a second one waits for the first.
    pub fn update(&self) -> Updated {
        let routes = self.0.members.routes.all();
        let followers = routes
            .into_iter()
            .filter(|route| !route.is_kept())
            .collect();
        let mut updated = self.move_routes(followers);
        for kept in self.0.members.kept.all() {
            match kept.update() {
                Ok(false) => {}
                Ok(true) => updated.kept.push(kept.name().clone()),
                Err(error) => updated.failed.push(unmoved(kept.name(), error)),
            }
        }
        updated
    }

    /// Moves these routes.
    pub(super) fn move_routes(&self, routes: Vec<Arc<RouteInner>>) -> Updated {
        let moving = &self.0.members.moving;
        let _one_by_one = moving.lock().unwrap_or_else(PoisonError::into_inner);
        let mut updated = Updated::default();
        let mut moves: Vec<Move> = Vec::new();
        for route in routes {
            let old = route.lease();
            match self.selects_another(&route, &old) {
                Ok(None) => {}
                Ok(Some(target)) => {
                    match moves.iter_mut().find(|one| Arc::ptr_eq(&one.old, &old)) {
                        Some(one) => one.routes.push((route, target)),
                        None => moves.push(Move {
                            old,
                            routes: vec![(route, target)],
                        }),
                    }
                }
                Err(error) => updated.failed.push(unmoved(&*route.reference(), error)),
            }
        }
        for one in moves {
            self.move_all(one, &mut updated);
        }
        updated
    }

    /// Where a route has to go; a path is asked when it is loaded.
    fn selects_another(&self, route: &RouteInner, old: &LoadedModel) -> Result<Option<Target>> {
        let resolved = self.resolve(&route.reference())?;
        Ok(match resolved {
            Some(resolved) if resolved.digest == old.digest() => None,
            Some(resolved) => Some(Target::Version(resolved)),
            None => Some(Target::Path),
        })
    }

    fn move_all(&self, one: Move, updated: &mut Updated) {
        let before = one.old.residence().before();
        if let Err(error) = self.clear_the_way(&one) {
            let error = &error;
            let failed = one.routes.iter();
            let failed = failed.map(|(route, _)| unmoved(&*route.reference(), error.again()));
            return updated.failed.extend(failed);
        }
        let mut stays = false;
        for (route, _) in &one.routes {
            let next = self.open(&route.reference(), &route.settings, before);
            match next.map(|next| route.swap(&next)) {
                Ok(moved) => updated.moved.extend(moved),
                Err(error) => {
                    stays = true;
                    updated.failed.push(unmoved(&*route.reference(), error));
                }
            }
        }
        one.old.residence().stay();
        if stays {
            // Where it had to give way: back before the next request asks. If it cannot come back,
            // that request says why.
            drop(one.old.engage(None));
        }
        // Unloading takes a processor as loading does.
        let _occupied = self.0.threads.occupy(1);
        let unload = || {
            drop(one);
            Ok(())
        };
        drop(match before {
            Before::Crowded => aside(unload),
            _ => unload(),
        });
    }

    /// Unloads the old version before the new one is loaded, where that is wanted and possible.
    fn clear_the_way(&self, one: &Move) -> Result<()> {
        let UpdateMode::MemoryFirst { drain } = self.0.mode else {
            return Ok(());
        };
        let residence = one.old.residence();
        let members = self.0.members.routes.all();
        let moves = |route: &Arc<RouteInner>| {
            let mut routes = one.routes.iter();
            routes.any(|(moving, _)| Arc::ptr_eq(moving, route))
        };
        let mut serving = members.iter().filter(|route| route.serves(residence));
        if !residence.may_leave() || !serving.all(moves) {
            return Ok(());
        }
        for (_, target) in &one.routes {
            if let Target::Version(resolved) = target {
                self.registry()?.package(&resolved.digest)?; // before anything is given up
            }
        }
        residence.give_way(drain)?;
        let package = &one.old.manifest().package;
        observe::unloaded(
            package.name.as_str(),
            &package.version.to_string(),
            "update",
        );
        Ok(())
    }
}

/// Routes that leave one version together.
struct Move {
    old: Arc<LoadedModel>,
    routes: Vec<(Arc<RouteInner>, Target)>,
}

enum Target {
    Version(Resolved),
    Path,
}

pub(super) fn unmoved(reference: &impl ToString, error: Error) -> Unmoved {
    let reference = reference.to_string();
    observe::not_updated(&reference, &error);
    Unmoved { reference, error }
}
