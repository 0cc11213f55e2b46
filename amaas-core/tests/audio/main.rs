//! Sound against the fake backend: what is decoded, cut into windows, heard, and refused; and readers told
//! apart by a model that was trained to, which needs the real library (`AMAAS_ORT_LIB`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod classify;
mod files;
mod readers;
mod speech;
mod support;
