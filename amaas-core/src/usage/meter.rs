//! Sums over requests, kept without a lock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Usage;
use super::histogram::{Histogram, Spread};
use crate::ErrorKind;

/// Adds receipts up as they come, from any thread.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    failures: AtomicU64,
    rows: AtomicU64,
    tokens: AtomicU64,
    tokens_out: AtomicU64,
    queued: Histogram,
    computed: Histogram,
    whole: Histogram,
    kinds: Mutex<BTreeMap<&'static str, u64>>,
}

/// What was added up, for a page of metrics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metered {
    /// The sums.
    pub totals: Totals,
    /// Tokens that models wrote.
    pub tokens_out: u64,
    /// How long answered requests waited for an instance.
    pub queued: Spread,
    /// How long they ran.
    pub computed: Spread,
    /// How long they took from start to answer.
    pub whole: Spread,
    /// Requests that ended in an error, by its kind.
    pub failures: BTreeMap<&'static str, u64>,
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
        self.tokens_out.fetch_add(usage.tokens_out, Relaxed);
        self.queued.add(usage.queued);
        self.computed.add(usage.computed);
    }

    /// Adds the time that one answered request took from start to answer.
    pub fn add_whole(&self, time: Duration) {
        self.whole.add(time);
    }

    /// Adds one request that ended in an error.
    pub fn add_failure(&self, kind: ErrorKind) {
        self.failures.fetch_add(1, Relaxed);
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        *kinds.entry(kind.name()).or_default() += 1;
    }

    /// The sums so far. Requests under way on other threads may be in some sums and not yet in
    /// others.
    pub fn totals(&self) -> Totals {
        Totals {
            requests: self.requests.load(Relaxed),
            failures: self.failures.load(Relaxed),
            rows: self.rows.load(Relaxed),
            tokens: self.tokens.load(Relaxed),
            queued: self.queued.spread().sum,
            computed: self.computed.spread().sum,
        }
    }

    /// The sums so far and how they are spread.
    pub fn metered(&self) -> Metered {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        Metered {
            failures: kinds.clone(),
            totals: self.totals(),
            tokens_out: self.tokens_out.load(Relaxed),
            queued: self.queued.spread(),
            computed: self.computed.spread(),
            whole: self.whole.spread(),
        }
    }
}

impl Metered {
    /// Adds other sums to these.
    pub(crate) fn add(&mut self, other: &Self) {
        self.totals.add(&other.totals);
        self.tokens_out += other.tokens_out;
        self.queued.add(&other.queued);
        self.computed.add(&other.computed);
        self.whole.add(&other.whole);
        for (kind, count) in &other.failures {
            *self.failures.entry(kind).or_default() += count;
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
