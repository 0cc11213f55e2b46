//! Remote registries: a real one on this machine, and scripted ones that misbehave.

#![expect(clippy::unwrap_used, reason = "a test may end there")]

mod access;
mod churn;
mod cuts;
mod faults;
mod hostile;
#[path = "../registry/support.rs"]
#[expect(dead_code, reason = "the tests of the registry use the rest")]
mod packages;
mod proxy;
mod real;
mod registry;
mod script;
mod site;
mod support;
mod watch;
