//! The registry through its public face: what it keeps, and what it refuses.

#![expect(clippy::unwrap_used, reason = "a test may end there")]

mod alias;
mod concurrent;
mod folder;
mod hostile;
mod hostile_store;
mod keep;
mod layout;
mod publish;
mod support;
mod withdraw;
