//! What must hold whatever a power cut has left.

use std::path::Path;

use amaas_core::model::Selector;
use amaas_core::registry::Registry;
use amaas_core::registry::files::{Files as _, STAGED, SimulatedFiles};
use fastrand::Rng;
use semver::Version;

use crate::operations::Operation;
use crate::schedule::{History, ROOT, Wrap};

pub(crate) fn after_power_loss(
    history: &History,
    left: &SimulatedFiles,
    wrap: Wrap,
    random: &mut Rng,
) -> Result<(), String> {
    let mut history = history.clone();
    let registry = history.look(wrap(left.clone()))?;
    verify(&history, &registry)?;
    // What was cut off, then something new.
    let again = history.operations.last().cloned();
    let new = Operation::Publish {
        name: "ner",
        version: Version::new(9, 0, 0),
        weights: 9,
    };
    for operation in again.into_iter().chain([new]) {
        history.learn(operation, &registry)?;
    }
    no_leftovers(left)?;
    let later = left.lose_power(random.u64(..));
    let registry = history.look(wrap(later))?;
    verify(&history, &registry)
}

/// Every version that is listed can be had, and is what was published.
fn verify(history: &History, registry: &Registry) -> Result<(), String> {
    for (name, model) in &history.seen {
        for (version, digest) in &model.versions {
            let get = || {
                let exact = Selector::Exact(version.clone());
                let resolved = registry.resolve(&name.parse()?, &exact)?;
                registry.package(&resolved.digest)
            };
            let package = get().map_err(|error| format!("{name}@{version}: {}", error.report()))?;
            if package.digest != *digest {
                return Err(format!("{name}@{version} is another package"));
            }
        }
    }
    Ok(())
}

fn no_leftovers(files: &SimulatedFiles) -> Result<(), String> {
    let names = files.list(&Path::new(ROOT).join("temporary")).unwrap();
    let left = |name: &&std::ffi::OsString| name.to_string_lossy().starts_with(STAGED);
    match names.iter().find(left) {
        Some(name) => Err(format!("`{}` was left behind", name.display())),
        None => Ok(()),
    }
}
