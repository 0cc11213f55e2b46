//! How many threads this process may use.

use std::num::NonZeroUsize;

/// The processors this process may run on, after affinity and cgroup quota; at least 1.
pub(crate) fn budget() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
