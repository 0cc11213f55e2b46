//! Receipts, prices, the ledger and quotas, over the fake backend: no runtime, no sleeps.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod flow;
mod prices;
mod schema;
#[path = "../serving/support.rs"]
mod support;
