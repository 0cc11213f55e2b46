//! Tools that a machine may lack, stores, and remotes on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::registry::Registry;
use amaas_core::registry::remote::{Credentials, Remote, RemoteBuilder};

use crate::packages::Home;

/// Whether a tool is here. One that is missing is named; with `STRICT=1` that is a failure.
#[expect(clippy::print_stderr, reason = "what was left out must be said")]
pub(crate) fn has(tool: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&folders).any(|folder| folder.join(tool).is_file()) {
        return true;
    }
    let strict = std::env::var("STRICT").is_ok_and(|value| value == "1");
    assert!(
        !strict,
        "missing: {tool} (on Debian: apt-get install {tool})"
    );
    eprintln!("left out for the lack of a tool: {tool}");
    false
}

/// Runs a program that must succeed, and returns what it printed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A remote at a port of this machine that waits for nothing and asks no files for credentials.
pub(crate) fn builder(port: u16) -> RemoteBuilder {
    Remote::builder(&format!("oci://127.0.0.1:{port}/acme"))
        .credentials(Credentials::anonymous())
        .clock(Arc::new(ManualClock::new()))
        .silence(Duration::from_secs(20))
}

pub(crate) fn remote(port: u16) -> Remote {
    builder(port).open().unwrap()
}

/// The file of a blob in a store.
pub(crate) fn blob(home: &Home, digest: &str) -> PathBuf {
    let hex = digest.strip_prefix("sha256:").unwrap();
    home.registry.root().join("blobs/sha256").join(hex)
}

/// What lies in the store's folder for files on their way.
pub(crate) fn partials(registry: &Registry) -> Vec<PathBuf> {
    let entries = fs::read_dir(registry.root().join("temporary"));
    entries
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default()
}

/// Two stores hold the same version, byte for byte.
pub(crate) fn same(one: &Registry, other: &Registry, name: &str, selector: &str) {
    let (name, selector) = (name.parse().unwrap(), selector.parse().unwrap());
    let (left, right) = (
        one.resolve(&name, &selector).unwrap(),
        other.resolve(&name, &selector).unwrap(),
    );
    assert_eq!(left, right);
    let (left_files, right_files) = (
        one.package(&left.digest).unwrap().files,
        other.package(&right.digest).unwrap().files,
    );
    assert!(left_files.keys().eq(right_files.keys()));
    for (path, bytes) in &left_files {
        assert_eq!(bytes.bytes(), right_files[path].bytes(), "{path}");
    }
    let file = |root: &Path| fs::read(root.join("blobs/sha256").join(left.digest.hex())).unwrap();
    assert_eq!(file(one.root()), file(other.root()));
}

/// Bytes that do not repeat soon.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
