//! Sums over requests, kept without a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::Usage;

/// Adds receipts up as they come, from any thread.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    failures: AtomicU64,
    rows: AtomicU64,
    tokens: AtomicU64,
    queued: AtomicU64,
    computed: AtomicU64,
}

/// What was added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Totals {
    /// Requests that were answered.
    pub requests: u64,
    /// Requests that ended in an error.
    pub failures: u64,
    /// Rows of the answered requests.
    pub rows: u64,
    /// Tokens of the answered requests.
    pub tokens: u64,
    /// Time the answered requests waited for an instance.
    pub queued: Duration,
    /// Time the answered requests ran.
    pub computed: Duration,
}

impl Meter {
    /// Adds one answered request.
    pub fn add(&self, usage: &Usage) {
        self.requests.fetch_add(1, Relaxed);
        self.rows.fetch_add(usage.rows, Relaxed);
        self.tokens.fetch_add(usage.tokens, Relaxed);
        self.queued.fetch_add(nanoseconds(usage.queued), Relaxed);
        self.computed
            .fetch_add(nanoseconds(usage.computed), Relaxed);
    }

    /// Adds one request that ended in an error.
    pub fn add_failure(&self) {
        self.failures.fetch_add(1, Relaxed);
    }

    /// The sums so far. Requests under way on other threads may be in some sums and not yet in
    /// others.
    pub fn totals(&self) -> Totals {
        Totals {
            requests: self.requests.load(Relaxed),
            failures: self.failures.load(Relaxed),
            rows: self.rows.load(Relaxed),
            tokens: self.tokens.load(Relaxed),
            queued: Duration::from_nanos(self.queued.load(Relaxed)),
            computed: Duration::from_nanos(self.computed.load(Relaxed)),
        }
    }
}

impl Totals {
    /// Adds other sums to these.
    pub(crate) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.rows += other.rows;
        self.tokens += other.tokens;
        self.queued += other.queued;
        self.computed += other.computed;
    }
}

/// 584 years fit.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
