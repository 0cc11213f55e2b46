//! Who runs when. **Callers run, queues combine.**
//!
//! A caller that finds a free instance runs its own request on its own thread at once: no
//! hand-over, no waiting window. If all are busy it waits; whoever frees an instance lets the oldest
//! waiting request lead the next run, joined by those that fit beside it, on the leader's own
//! thread. So batching costs nothing when idle and grows by itself under load.
//!
//! ```text
//!            free instance                    instance freed
//! admitted ───────────────► running     ┌──────────────────────► leading ──► answered
//!     │                                 │      chosen beside         │
//!     └──────────────────► waiting ─────┴──► following ◄─────────────┘ answers
//!            all busy          │                 │
//!                              └── cancelled ◄───┘
//! ```
//!
//! The queue is bounded: what does not fit is refused with `Overloaded`, never kept. A panic in a
//! run costs its leader only; the followers wait again.
//!
//! The trap: only requests with the same [`Join`] are joined, and only if the model's answers do not
//! depend on which rows stand beside each other. Whoever sets it vouches for that.

mod batch;
mod choose;
mod cost;
mod pool;
mod request;
mod turn;

pub use self::choose::{Bounds, Size, choose};
pub use self::pool::{Instances, Pool, PoolLimits};
pub use self::request::{Join, Ran, Request};
