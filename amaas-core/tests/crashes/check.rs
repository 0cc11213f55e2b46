//! What must hold whatever a power cut has left.

use std::path::Path;

use amaas_core::model::Selector;
use amaas_core::registry::Registry;
use amaas_core::registry::files::{Files as _, SimulatedFiles};
use fastrand::Rng;
use semver::Version;

use crate::operations::{CLEAN_UP, Operation};
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
        has_signature: true,
    };
    for operation in again.into_iter().chain([new, CLEAN_UP]) {
        history.learn(operation, &registry)?;
    }
    no_orphans(&history, left, &registry)?;
    let later = left.lose_power(random.u64(..));
    let registry = history.look(wrap(later))?;
    verify(&history, &registry)
}

/// Every version that is listed can be had, and is what was published.
fn verify(history: &History, registry: &Registry) -> Result<(), String> {
    for (name, model) in &history.seen {
        for (version, stored) in &model.versions {
            let get = || {
                let exact = Selector::Exact(version.clone());
                let resolved = registry.resolve(&name.parse()?, &exact)?;
                registry.package(&resolved.digest)
            };
            let package = get().map_err(|error| format!("{name}@{version}: {}", error.report()))?;
            if package.digest != stored.digest {
                return Err(format!("{name}@{version} is another package"));
            }
        }
    }
    Ok(())
}

/// After a clean-up nothing is there that no version needs.
fn no_orphans(
    history: &History,
    files: &SimulatedFiles,
    registry: &Registry,
) -> Result<(), String> {
    let list = |folder| files.list(&Path::new(ROOT).join(folder)).unwrap();
    let checked = registry.verify(&mut |_| ());
    let checked = checked.map_err(|error| error.report())?;
    let (blobs, needed) = (list("blobs/sha256").len(), checked.blobs);
    if blobs as u64 != needed || !checked.is_good() {
        return Err(format!("{blobs} blobs are there, {needed} are needed"));
    }
    if let Some(name) = list("temporary").first() {
        return Err(format!("`{}` was left behind", name.display()));
    }
    let views = list("models").into_iter();
    let mut unlisted = views.filter(|view| !history.seen.contains_key(&*view.to_string_lossy()));
    match unlisted.next() {
        Some(view) => Err(format!("the layout of `{}` was left", view.display())),
        None => Ok(()),
    }
}
