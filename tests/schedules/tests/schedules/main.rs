//! The combining of requests under thousands of orders of events: nobody waits for ever, nobody gets
//! another's answer or two of them, and the pool serves the next call whatever went before.
//!
//! Each scenario runs under a random walk and under one that prefers few, well-placed changes of
//! thread, which finds other bugs. `make test` takes the same orders every time, `AMAAS_SOAK=1` more
//! of them and new ones each time. One that fails is printed, and can be played with
//! `shuttle::replay`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod explore;
mod planted;
mod scenarios;
mod world;
