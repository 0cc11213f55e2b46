//! Pairs of texts through models that were trained for them, on texts that these never saw.
//!
//! These tests need the real library: `AMAAS_ORT_LIB` is its path, which `make test` sets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod inference;
mod ranker;
