//! Load for a while, with real models, in processes of their own: nothing fails, nothing is mixed up,
//! nothing grows, and the end of the process waits for nobody.
//!
//! Each child is one of the ignored tests below, run by the test beside it. `make test` takes a minute
//! of what `AMAAS_SOAK=1` does for five: a leak of a request or of a swap shows in either.
//!
//! These tests need the real library: `AMAAS_ORT_LIB` is its path, which `make test` sets.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on must fail, and a child speaks to its parent"
)]

mod cycles;
mod ends;
mod process;
mod processors;
mod serve;
mod swaps;

/// Files of the repository, wherever the test runs.
fn repository(path: &str) -> String {
    format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))
}

/// Whether to go on for minutes.
fn is_long() -> bool {
    std::env::var_os("AMAAS_SOAK").is_some()
}
