//! The rooms of the core in which threads meet, compiled a second time: with locks, counters and
//! threads of `shuttle` in place of the system's. They run on one thread, which goes from one of
//! them to another wherever they meet, in an order that is chosen at random and can be played again.
//!
//! The sources are the core's own, not copies. What they name of other rooms stands in [`runtime`]
//! and [`sync`]; in `sync` lie the bugs that the tests plant, to see that they would be found.
//!
//! The trap: outside of `shuttle` none of this runs.

#[path = "../../../amaas-core/src/clock/mod.rs"]
pub mod clock;
#[expect(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "rooms that are not compiled here use the rest"
)]
#[path = "../../../amaas-core/src/error.rs"]
mod error;
mod observe;
pub mod runtime;
#[path = "../../../amaas-core/src/scheduler/mod.rs"]
pub mod scheduler;
pub mod sync;
#[path = "../../../amaas-core/src/tensor/mod.rs"]
pub mod tensor;

pub use self::error::{Error, ErrorKind, Phase, Result};
pub use self::tensor::{Dtype, Tensor};
