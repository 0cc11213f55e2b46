//! Sound against the fake backend: what is decoded, cut into windows, heard, and refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod classify;
mod files;
mod speech;
mod support;
