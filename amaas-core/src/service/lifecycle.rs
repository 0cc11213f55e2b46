//! The life of a version in a service, as a state machine.
//!
//! ```
//! use amaas_core::service::{State, Step};
//!
//! let ready = State::Loading.next(Step::Made).and_then(|state| state.next(Step::Passed));
//! assert_eq!(ready, Some(State::Ready));
//! assert_eq!(State::Failed.next(Step::Drained), None); // there is nothing to drain
//! ```
//!
//! ```text
//!            Made           Passed         Leave            Drained
//! loading ─────────► checking ─────► ready ─────► draining ─────────► unloaded
//!    │  ▲               │              ▲              │                  │
//!    │  │          Fail │              └──── Want ────┘                  │
//!    │  │               ▼                                                │
//!    └──┼─ Fail ─► failed                                                │
//!       └── Want ──────┴───────────────────────── Want ──────────────────┘
//! ```
//!
//! The trap: `unloaded` is no end. A version that some route still serves is loaded again by the
//! next request; it ends when the last route to it goes.

use std::fmt;

/// Where a version is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Its instances are being made.
    Loading,
    /// They are there, and it is seen whether they answer as they should.
    Checking,
    /// It serves.
    Ready,
    /// It is to be unloaded, and requests that began on it are still at it.
    Draining,
    /// Its instances are gone; the next request loads it again.
    Unloaded,
    /// It could not be loaded again; the next request tries once more.
    Failed,
}

/// What happens to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Its instances were made.
    Made,
    /// Its checks were passed.
    Passed,
    /// Its instances could not be made, or a check was not passed.
    Fail,
    /// It has to leave the memory.
    Leave,
    /// The last request that began on it has ended.
    Drained,
    /// Somebody asks for it.
    Want,
}

impl State {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 6] = [
        Self::Loading,
        Self::Checking,
        Self::Ready,
        Self::Draining,
        Self::Unloaded,
        Self::Failed,
    ];

    /// The state after `step`; `None` where that cannot happen.
    pub const fn next(self, step: Step) -> Option<Self> {
        Some(match (self, step) {
            (Self::Loading, Step::Made) => Self::Checking,
            (Self::Checking, Step::Passed) | (Self::Draining, Step::Want) => Self::Ready,
            (Self::Loading | Self::Checking, Step::Fail) => Self::Failed,
            (Self::Ready, Step::Leave) => Self::Draining,
            (Self::Draining, Step::Drained) => Self::Unloaded,
            (Self::Unloaded | Self::Failed, Step::Want) => Self::Loading,
            _ => return None,
        })
    }

    /// Whether its instances take memory.
    pub const fn is_resident(self) -> bool {
        matches!(self, Self::Checking | Self::Ready | Self::Draining)
    }

    /// The state as one stable lower-case word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Checking => "checking",
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Unloaded => "unloaded",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Step {
    /// Everything that can happen.
    pub const ALL: [Self; 6] = [
        Self::Made,
        Self::Passed,
        Self::Fail,
        Self::Leave,
        Self::Drained,
        Self::Want,
    ];
}
