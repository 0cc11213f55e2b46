//! Scheduler, service and tasks against the fake backend: no runtime, no sleeps.

mod batches;
mod classify;
mod pool;
mod routes;
mod support;
