//! Scheduler, service and tasks against the fake backend: no runtime, no sleeps.

mod batches;
mod classify;
mod embed;
mod pool;
mod routes;
mod support;
