//! Locks, counters and threads of the rooms in which threads meet come in through here.
//!
//! They are the standard library's. `amaas-schedules` compiles those rooms a second time with others
//! in their place, which try one order of events after another.

pub(crate) use std::sync::atomic::AtomicUsize;
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
pub(crate) use std::thread;
