//! Who runs when. Callers run, queues wait: a caller that finds a free instance runs its own
//! request on its own thread at once; otherwise it waits its turn, first come, first served.
//!
//! The queue is bounded. What does not fit is refused with `Overloaded`, never kept.

mod pool;
mod turn;

pub use self::pool::{Pool, PoolLimits, Ran};
