//! What the core's `sync` stands for here, and the bugs that can be planted in it.

use std::cell::Cell;
use std::sync::LockResult;
use std::sync::atomic::Ordering;

pub use shuttle::sync::{Mutex, MutexGuard, PoisonError};
pub use shuttle::thread;

/// A bug, to see that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Nobody is told that something changed.
    NotifyLeftOut,
    /// Counting down reads and writes in two steps.
    TornCount,
}

thread_local! {
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Plants a bug for all that runs on this thread from now on.
pub fn plant(bug: Bug) {
    PLANTED.set(Some(bug));
}

fn has(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// As the standard library's.
#[derive(Debug, Default)]
pub struct Condvar(shuttle::sync::Condvar);

impl Condvar {
    /// As the standard library's.
    pub fn new() -> Self {
        Self::default()
    }

    /// As the standard library's.
    pub fn notify_one(&self) {
        if !has(Bug::NotifyLeftOut) {
            self.0.notify_one();
        }
    }

    /// As the standard library's.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    /// As the standard library's.
    ///
    /// # Errors
    /// When another thread panicked under the lock.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.0.wait(guard)
    }

    /// Waits; `shuttle` knows no time.
    ///
    /// # Errors
    /// When another thread panicked under the lock.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        duration: std::time::Duration,
    ) -> LockResult<(MutexGuard<'a, T>, shuttle::sync::WaitTimeoutResult)> {
        self.0.wait_timeout(guard, duration)
    }
}

/// As the standard library's.
#[derive(Debug)]
pub struct AtomicUsize(shuttle::sync::atomic::AtomicUsize);

impl AtomicUsize {
    /// As the standard library's.
    pub fn new(value: usize) -> Self {
        Self(shuttle::sync::atomic::AtomicUsize::new(value))
    }

    /// As the standard library's.
    pub fn load(&self, order: Ordering) -> usize {
        self.0.load(order)
    }

    /// As the standard library's.
    pub fn fetch_add(&self, value: usize, order: Ordering) -> usize {
        self.0.fetch_add(value, order)
    }

    /// As the standard library's.
    ///
    /// # Errors
    /// When it was another value, which it then is.
    pub fn compare_exchange(
        &self,
        current: usize,
        new: usize,
        success: Ordering,
        failure: Ordering,
    ) -> Result<usize, usize> {
        self.0.compare_exchange(current, new, success, failure)
    }

    /// As the standard library's.
    pub fn fetch_sub(&self, value: usize, order: Ordering) -> usize {
        if has(Bug::TornCount) {
            let before = self.0.load(Ordering::SeqCst);
            self.0.store(before.wrapping_sub(value), Ordering::SeqCst);
            return before;
        }
        self.0.fetch_sub(value, order)
    }
}
