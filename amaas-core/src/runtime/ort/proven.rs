//! Where sharing weights was seen to work.
//!
//! Packed weights are shared by naming them to ONNX Runtime as values on a device that the session
//! does not use, so that it takes their data from the model. That it does so is its habit and not
//! its promise: amaas relies on it only for the versions whose answers the tests have compared,
//! and only where ONNX Runtime knows no device but the CPU. Elsewhere each instance simply keeps
//! its own weights.

use std::ptr;

use super::library::minor;
use super::process::Process;
use super::status::text;

/// The versions, by their second number, on which the tests of weights were run.
const VERSIONS: std::ops::RangeInclusive<u32> = 24..=32;

/// Providers that bring no device of their own.
const DEVICELESS: [&str; 2] = ["CPUExecutionProvider", "AzureExecutionProvider"];

/// Whether instances of this runtime share their weights.
pub(super) fn shares_weights(process: &Process) -> bool {
    let known = |name: &String| DEVICELESS.contains(&name.as_str());
    is_tested(process.version()) && providers(process).iter().all(known)
}

fn is_tested(version: &str) -> bool {
    minor(version).is_some_and(|minor| VERSIONS.contains(&minor))
}

/// The names of the providers that are built in; one empty name when ONNX Runtime does not say.
fn providers(process: &Process) -> Vec<String> {
    let (mut names, mut count) = (ptr::null_mut(), 0);
    // SAFETY: both places are written by the call.
    let status = unsafe { (process.api.GetAvailableProviders)(&raw mut names, &raw mut count) };
    // SAFETY: the call above returned it.
    if unsafe { process.check(status) }.is_err() || names.is_null() {
        return vec![String::new()];
    }
    let length = usize::try_from(count).unwrap_or(0);
    // SAFETY: so many names lie there, each a text, until they are released below.
    let found = unsafe { std::slice::from_raw_parts(names, length) }
        .iter()
        // SAFETY: as above.
        .map(|name| unsafe { text(*name) })
        .collect();
    // SAFETY: the list is the one that the call above made, and is not used again.
    let status = unsafe { (process.api.ReleaseAvailableProviders)(names, count) };
    // SAFETY: the call above returned it. A list that is not released is lost memory, no more.
    let _ = unsafe { process.check(status) };
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tested_versions_count() {
        for (version, expected) in [
            ("1.24.4", true),
            ("1.32.0", true),
            ("1.33.0", false),
            ("2.0.0", false),
            ("x", false),
        ] {
            assert_eq!(is_tested(version), expected, "{version}");
        }
    }
}
