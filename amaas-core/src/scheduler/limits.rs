//! What a pool may hold at the most, and how long its requests wait for company.

use std::time::Duration;

/// Bounds of a pool.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolLimits {
    /// How many requests may wait at once; one more is refused with `Overloaded`.
    pub waiting: usize,
    /// The most rows that run together.
    pub rows: usize,
    /// The most tokens that run together, padding included.
    pub tokens: usize,
    /// How long a request waits for others to run with though an instance is free; not at all when
    /// absent. Only those that may run together wait, and only until `rows` are there.
    pub window: Option<Duration>,
    /// After each such time of waiting a request counts as one priority higher.
    pub ageing: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            waiting: 1024,
            rows: 64,
            tokens: 8192,
            window: None,
            ageing: Duration::from_millis(500),
        }
    }
}
