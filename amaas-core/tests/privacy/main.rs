//! What must not be read is not: encrypted packages, through the public face.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may end there"
)]

mod chunks;
mod encrypted;
mod model_signing;
mod program;
mod redact;
#[path = "../serving/support.rs"]
#[expect(dead_code, reason = "the tests of the service use the rest")]
mod serving;
mod signed;
#[path = "../registry/hostile_store.rs"]
#[expect(dead_code, reason = "the tests of the registry use the rest")]
mod store;
#[path = "../registry/support.rs"]
#[expect(dead_code, reason = "the tests of the registry use the rest")]
mod support;
mod tools;
