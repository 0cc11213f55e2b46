//! Who runs when. **Callers run, queues combine.**
//!
//! A caller that finds a free instance runs its own request on its own thread at once: no
//! hand-over, no waiting window. If all are busy it waits; when an instance comes free the foremost
//! waiting request (the oldest of the highest priority) leads the next run, joined by those that fit
//! beside it. So batching costs nothing when idle and grows by itself under load. A thread of the pool's
//! own runs these, batch after batch: none has to be woken between two runs.
//!
//! ```text
//!            free instance                    instance freed
//! admitted ───────────────► running     ┌──────────────────────► leading ──► answered
//!     │                                 │      chosen beside         │
//!     └──────────────────► waiting ─────┴──► following ◄─────────────┘ answers
//!            all busy          │                 │
//!                              └─── stopped ◄────┘
//! ```
//!
//! A request is stopped by its caller or by its deadline. In the queue it is dropped at once; alone
//! in a run it ends the run; in a batch its caller goes and the batch goes on for the others, until
//! the last of them has gone. Tickets, which no thread waits for, stand in the same queue; so does who
//! asks for an instance itself, which is lent to its own thread.
//!
//! A pool may begin with the instance for a request that is alone, and make those for a crowd when
//! the first crowd comes: most programs are served by one, sooner and in less memory. One that is made
//! in the midst of a crowd begins with those.
//!
//! The pools of a service share a budget of threads, and so does loading; see `budget.rs`.
//!
//! Between tenants it is not the oldest that leads, but the tenant who was served least; see
//! `share.rs`. A tenant that is named leaves room in the queue for another.
//!
//! The queue is bounded: what does not fit is refused with `Overloaded`, never kept. What fails
//! together, or panics, is run apart: one bad row costs its owner alone. Where that was in vain a few
//! times, since all ran well apart, nothing is joined any more.
//!
//! Few of those who wait may be passed over by younger ones, so that nobody waits much longer than the
//! others for being of an odd length.
//!
//! The trap: only requests with the same [`Join`] are joined, and only if the model's answers do not
//! depend on which rows stand beside each other. Whoever sets it vouches for that.

mod batch;
mod budget;
mod choose;
mod core;
mod cost;
mod courtesy;
mod crew;
mod dispatch;
mod growth;
mod instances;
mod lease;
mod limits;
mod pace;
mod pool;
mod priority;
mod queue;
mod request;
mod share;
mod turn;

pub use self::budget::{Budget, Occupied, Share};
pub use self::choose::{Bounds, Size, choose};
pub use self::growth::{Growth, Make, Wanted};
pub use self::instances::Instances;
pub use self::limits::PoolLimits;
pub use self::pool::{Pool, Queued};
pub use self::priority::{Priority, foremost};
pub use self::request::{Along, Join, Lent, Ran, Request};
pub use self::share::Shares;
