//! Instances that a pool begins without, made when they are first wanted.
//!
//! A pool can serve from one instance and learn only later that it needs more: the first request that
//! finds another before it makes the pool grow. Or it was made in the midst of a crowd, and gets the
//! instance for a request that is alone when there first is calm. Either happens on a thread of its
//! own, while requests go on.
//!
//! The trap: making instances can fail where the first one was made, for want of memory say. The
//! pool then serves as before, and tries again after a rest.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::core::{Core, State};
use super::instances::Instances;
use crate::sync::thread;

/// How long a pool that could not grow rests before it tries again.
const REST: Duration = Duration::from_secs(60);

/// Makes the instances that a pool began without; `None` when that cannot be done now.
pub type Make = Box<dyn Fn() -> Option<Instances> + Send + Sync>;

/// When a pool wants the instances that it began without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// When a request finds another before it: they are those for a crowd.
    Crowded,
    /// When requests have been alone for a while: it is the one for these.
    Calm,
}

/// What a pool may still become.
pub struct Growth {
    /// When `make` is called.
    pub wanted: Wanted,
    /// How many instances for a crowd `make` makes: so many requests run at once then.
    pub count: usize,
    /// Called on a thread of its own.
    pub make: Make,
}

impl std::fmt::Debug for Growth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Growth")
            .field("wanted", &self.wanted)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

/// How far a pool is with growing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has all the instances it will have.
    Grown,
    /// It grows when it wants to, though not before the time given.
    Small(Option<Instant>),
    /// Somebody makes the instances.
    Growing,
}

impl Stage {
    pub(super) fn of(growth: Option<&Arc<Growth>>) -> Self {
        growth.map_or(Self::Grown, |_| Self::Small(None))
    }
}

impl Core {
    /// Sees to it that a pool grows, of which a request is told that it found nobody, or that it is alone.
    pub(super) fn grow(self: &Arc<Self>, state: &mut State, found_nobody: bool, alone: bool) {
        let (Stage::Small(rests), Some(growth)) = (state.stage, &self.growth) else {
            return;
        };
        let wanted = match growth.wanted {
            Wanted::Crowded => !found_nobody,
            Wanted::Calm => alone,
        };
        if !wanted {
            return;
        }
        if rests.is_some_and(|until| self.clock.now() < until) {
            return;
        }
        // A pool that is wanted no longer goes, whoever makes instances for it.
        let (core, growth) = (Arc::downgrade(self), Arc::clone(growth));
        let grower = thread::Builder::new().name("amaas-grow".to_owned());
        state.stage = match grower.spawn(move || make_more(&core, &growth)) {
            Ok(_) => Stage::Growing,
            Err(_) => self.later(),
        };
    }

    fn have(self: &Arc<Self>, made: Option<Instances>) {
        let mut state = self.state();
        match made {
            Some(more) => {
                state.stage = Stage::Grown;
                state.stock.add(more);
                self.start(&mut state, false);
            }
            None => state.stage = self.later(),
        }
    }

    fn later(&self) -> Stage {
        Stage::Small(Some(self.clock.now() + REST))
    }
}

fn make_more(core: &Weak<Core>, growth: &Growth) {
    let made = catch_unwind(AssertUnwindSafe(|| (growth.make)()));
    let made = made.unwrap_or_else(|panic| {
        std::mem::forget(panic); // dropping it could panic again
        None
    });
    if let Some(core) = core.upgrade() {
        core.have(made);
    }
}
