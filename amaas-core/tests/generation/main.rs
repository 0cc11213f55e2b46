//! Text generation: through ONNX Runtime over the decoder of `tests/fixtures/writer`, and over a fake
//! that adds its tokens up, so that every token of its cache counts.
//!
//! These tests need the real library: `AMAAS_ORT_LIB` is its path, which `make test` sets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod fake;
mod lifecycle;
mod lookup;
mod newcomers;
mod numerals;
mod reverser;
mod smollm2;
mod writer;
