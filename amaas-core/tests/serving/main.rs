//! Scheduler, service and tasks against the fake backend: no runtime, no sleeps.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod apart;
mod batches;
mod budget;
mod classify;
#[path = "../common/counts.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod counts;
mod deadlines;
#[path = "../common/disk.rs"]
mod disk;
mod embed;
mod fair;
mod growth;
mod hostile;
mod keep;
mod lifecycle;
mod memory;
mod panics;
mod parts;
mod pool;
mod routes;
mod streams;
mod support;
mod tag;
mod tickets;
mod trials;
mod tune;
mod warm;
