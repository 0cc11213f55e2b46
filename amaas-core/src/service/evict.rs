//! Which versions leave the memory: those that were not used for a while, and the least recently
//! used where the memory budget is exceeded.
//!
//! ```
//! use amaas_core::service::{Candidate, choose_to_unload};
//! use std::time::Duration;
//!
//! let one = |bytes, minutes: u64| Candidate {
//!     bytes,
//!     idle: Duration::from_secs(60 * minutes),
//!     may_leave: true,
//! };
//! // The one in the middle was not used for the longest time, and that is enough.
//! assert_eq!(choose_to_unload(&[one(30, 1), one(30, 9), one(30, 2)], 60), [1]);
//! ```
//!
//! The trap: a version leaves only when the last request on it has ended; its bytes are counted
//! until then.

use std::sync::Arc;
use std::time::Duration;

use super::lifecycle::State;
use super::residence::{Residence, Resident};
use super::versions::Known;
use super::{LoadSettings, Service};
use crate::observe;

/// A version in memory, as the choice of who leaves sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// What it takes.
    pub bytes: u64,
    /// How long ago it was used.
    pub idle: Duration,
    /// Whether it may leave now.
    pub may_leave: bool,
}

/// The places of those that leave so that the rest fits into `budget`, the least recently used
/// first, as few of them as that order allows. All that may leave, where that is not enough.
pub fn choose(candidates: &[Candidate], budget: u64) -> Vec<usize> {
    let mut total = candidates
        .iter()
        .fold(0_u64, |sum, one| sum.saturating_add(one.bytes));
    let mut order: Vec<_> = (0..candidates.len())
        .filter(|place| candidates[*place].may_leave)
        .collect();
    order.sort_by_key(|place| std::cmp::Reverse(candidates[*place].idle));
    let leaves = |place: &usize| {
        let exceeds = total > budget;
        if exceeds {
            total = total.saturating_sub(candidates[*place].bytes);
        }
        exceeds
    };
    order.into_iter().take_while(leaves).collect()
}

impl Service {
    /// Unloads what the memory budget leaves no room for.
    pub(super) fn make_room(&self) {
        let Some(budget) = self.0.budget else {
            return;
        };
        let takes = |one: &Known| one.residence.state().is_resident() || is_loading(one);
        let known: Vec<_> = self.0.versions.all().into_iter().filter(takes).collect();
        let candidates: Vec<_> = known.iter().map(|one| self.candidate(one)).collect();
        for place in choose(&candidates, budget) {
            if let Some(resident) = leave(&known[place], "budget") {
                drop(resident); // here, so that its memory is free before more is taken
            }
        }
        let left = known.iter().filter(|one| takes(one));
        let bytes = left.fold(0_u64, |sum, one| sum.saturating_add(one.facts.bytes));
        if bytes > budget {
            observe::over_budget(bytes, budget);
        }
    }

    fn candidate(&self, one: &Known) -> Candidate {
        Candidate {
            bytes: one.facts.bytes,
            idle: one.residence.idle(),
            may_leave: self.may_leave(&one.residence),
        }
    }

    fn may_leave(&self, residence: &Arc<Residence>) -> bool {
        let rests = residence.state() == State::Ready && !residence.is_busy();
        rests && residence.may_leave() && !self.is_pinned(residence)
    }

    /// Sees to it that the instances leave when they were not used for as long as `settings` say.
    pub(super) fn rest_when_idle(&self, residence: &Arc<Residence>, settings: &LoadSettings) {
        let Some(limit) = settings.idle_unload.filter(|_| residence.may_leave()) else {
            return;
        };
        let (service, place) = (Arc::downgrade(&self.0), Arc::downgrade(residence));
        let settings = settings.clone();
        let look = move || {
            if let (Some(inner), Some(residence)) = (service.upgrade(), place.upgrade()) {
                Self(inner).look_at_idle(&residence, &settings);
            }
        };
        residence.look_after(limit, look);
    }

    /// Unloads a version that was not used for long enough, or looks again later.
    fn look_at_idle(&self, residence: &Arc<Residence>, settings: &LoadSettings) {
        let is_idle = settings
            .idle_unload
            .is_some_and(|limit| residence.idle() >= limit);
        if !(is_idle && self.may_leave(residence)) {
            return self.rest_when_idle(residence, settings);
        }
        let known = self.0.versions.all().into_iter();
        let mut same = known.filter(|one| Arc::ptr_eq(&one.residence, residence));
        if let Some(resident) = same.next().and_then(|one| leave(&one, "idle")) {
            // Unloading may take a while, and others wait for whoever keeps the time.
            let unloader = std::thread::Builder::new().name("amaas-unload".to_owned());
            drop(unloader.spawn(move || drop(resident)));
        }
    }
}

fn is_loading(one: &Known) -> bool {
    one.residence.state() == State::Loading
}

fn leave(one: &Known, why: &str) -> Option<Arc<Resident>> {
    let resident = one.residence.leave()?;
    let facts = &one.facts;
    observe::unloaded(facts.name.as_str(), &facts.version.to_string(), why);
    Some(resident)
}
