//! Scheduler, service and tasks against the fake backend: no runtime, no sleeps.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod batches;
mod classify;
mod deadlines;
mod embed;
mod fair;
mod growth;
mod hostile;
mod keep;
mod lifecycle;
mod memory;
mod panics;
mod pool;
mod routes;
mod streams;
mod support;
mod tickets;
mod trials;
mod tune;
mod warm;
