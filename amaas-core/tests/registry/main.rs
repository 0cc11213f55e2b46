//! The registry through its public face: what it keeps, and what it refuses.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may end there"
)]

mod alias;
mod archive;
mod blocks;
mod concurrent;
mod contest;
mod folder;
mod fresh;
mod hostile;
mod hostile_archive;
mod hostile_manifests;
mod hostile_names;
mod hostile_store;
mod keep;
mod layout;
mod publish;
mod skopeo;
mod support;
mod tarball;
mod withdraw;
