//! Who follows references on behalf of the host: the routes of a service, and what it keeps.
//!
//! They are listed weakly, so that a list keeps nothing loaded.
//!
//! The trap: whoever drops the last hold of a route may unload a version, so nothing is dropped
//! under the lock of a list.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::kept::KeptInner;
use super::route::RouteInner;
use super::sums::Sums;

/// All followers of one service.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) routes: Roll<RouteInner>,
    pub(super) kept: Roll<KeptInner>,
    pub(super) sums: Sums,
    /// Held while routes are moved, so that they are moved one after the other.
    pub(super) moving: Mutex<()>,
}

/// A list that keeps nothing alive.
#[derive(Debug)]
pub(super) struct Roll<T>(Mutex<Vec<Weak<T>>>);

impl<T> Default for Roll<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Roll<T> {
    pub(super) fn add(&self, member: &Arc<T>) {
        let mut members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(|member| member.strong_count() > 0);
        members.push(Arc::downgrade(member));
    }

    /// Those that are still there, in the order in which they came.
    pub(super) fn all(&self) -> Vec<Arc<T>> {
        let members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        members.iter().filter_map(Weak::upgrade).collect()
    }
}
