//! Whom a host wants told of each receipt: a bridge to its own metrics, or a meter of its own.
//!
//! The trap: it is told on the thread that answers, whose caller waits for it. One that panics loses
//! its receipt and nobody's answer.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::observe;
use crate::usage::Usage;

/// Told of each receipt once it is settled.
pub(super) struct Listener(Arc<dyn Fn(&Usage) + Send + Sync>);

impl Listener {
    pub(super) fn new(listen: impl Fn(&Usage) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listen))
    }

    /// Tells it.
    pub(super) fn tell(&self, usage: &Usage) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (self.0)(usage))) {
            std::mem::forget(panic); // dropping it could panic again
            observe::not_listened();
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}
