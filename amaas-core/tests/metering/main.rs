//! Receipts, prices, the ledger and quotas, over the fake backend: no runtime, no sleeps.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod flow;
mod ledger;
mod prices;
mod quota_sheet;
#[path = "../settling/receipts.rs"]
mod receipts;
mod schema;
#[path = "../serving/support.rs"]
mod support;
