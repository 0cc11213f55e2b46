//! How times are spread, kept without a lock.
//!
//! ```
//! use amaas_core::usage::Histogram;
//! use std::time::Duration;
//!
//! let histogram = Histogram::default();
//! histogram.add(Duration::from_millis(3));
//! let spread = histogram.spread();
//! assert_eq!((spread.count(), spread.sum), (1, Duration::from_millis(3)));
//! assert!(spread.counts().any(|(bound, count)| bound == 0.005 && count == 1));
//! ```
//!
//! The bounds from 10 ms on are those that OpenTelemetry's conventions for generative AI advise.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds in microseconds, each part of its bucket; one more bucket holds what is beyond.
const BOUNDS: [u64; 20] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000,
    1_280_000, 2_560_000, 5_120_000, 10_240_000, 20_480_000, 40_960_000, 81_920_000,
];
const BUCKETS: usize = BOUNDS.len() + 1;

/// Counts times by their length, from any thread.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    sum: AtomicU64,
}

/// How times were spread when somebody asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    buckets: [u64; BUCKETS],
    /// All of them together.
    pub sum: Duration,
}

impl Histogram {
    /// Counts one time.
    pub fn add(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let within = nanoseconds.div_ceil(1_000);
        let place = BOUNDS.partition_point(|bound| *bound < within);
        self.buckets[place].fetch_add(1, Relaxed);
        self.sum.fetch_add(nanoseconds, Relaxed);
    }

    /// What was counted so far.
    pub fn spread(&self) -> Spread {
        Spread {
            buckets: self.buckets.each_ref().map(|bucket| bucket.load(Relaxed)),
            sum: Duration::from_nanos(self.sum.load(Relaxed)),
        }
    }
}

impl Spread {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// How many lay above the bound before and up to each, in seconds; infinity is the last.
    pub fn counts(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let bounds = BOUNDS.iter().map(|bound| *bound as f64 / 1e6);
        bounds
            .chain([f64::INFINITY])
            .zip(self.buckets.iter().copied())
    }

    /// Adds others to these.
    pub(crate) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(other.buckets) {
            *mine += theirs;
        }
        self.sum += other.sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_part_of_its_bucket() {
        let histogram = Histogram::default();
        for nanoseconds in [0, 100_000, 100_001, 250_000, 81_920_000_000, 81_920_000_001] {
            histogram.add(Duration::from_nanos(nanoseconds));
        }
        histogram.add(Duration::MAX);
        let spread = histogram.spread();
        let found: Vec<_> = spread.counts().filter(|(_, count)| *count > 0).collect();
        let expected = [(0.0001, 2), (0.00025, 2), (81.92, 1), (f64::INFINITY, 2)];
        assert_eq!(found, expected);
        assert_eq!(spread.count(), 7);
    }
}
