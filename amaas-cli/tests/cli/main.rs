//! The command line, held to what it promises: in this process, and as the program.

#![expect(clippy::unwrap_used, reason = "a test may end there")]

mod doctor;
mod encrypting;
mod exchange;
mod exits;
mod help;
mod keeping;
mod process;
mod registry;
mod remotes;
mod running;
#[path = "../../../amaas-core/tests/remote/registry.rs"]
mod server;
mod signing;
mod support;
mod tuning;
mod usage;
