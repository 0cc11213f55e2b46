//! What a child process does to a registry.
//!
//! To add an operation, add a row. Each must be one that may be repeated after an error, so those
//! that refuse to be done twice look first whether they were done.

use std::path::{Path, PathBuf};
use std::time::Duration;

use amaas_core::Result;
use amaas_core::model::ModelName;
use amaas_core::registry::{ExportOptions, GcOptions, MoveOptions, Registry};
use semver::Version;

use crate::packages::{package, package_with};
use crate::ports::signature_of;
use crate::remote;

pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// What is there before; nothing, where the operation makes the registry.
    pub(crate) prepare: fn(&Path) -> Result<()>,
    pub(crate) run: fn(&Path) -> Result<()>,
}

pub(crate) const OPERATIONS: [Operation; 12] = [
    Operation {
        name: "create",
        prepare: |_| Ok(()),
        run: |root| Registry::open(root).map(drop),
    },
    Operation {
        name: "publish",
        prepare: with_two_versions,
        run: |root| publish(root, "ner", "1.2.0"),
    },
    Operation {
        name: "publish again",
        prepare: with_two_versions,
        run: |root| publish(root, "ner", "1.1.0"),
    },
    Operation {
        name: "publish with a signature what has none",
        prepare: without_signature,
        run: |root| publish(root, "ner", "1.2.0"),
    },
    Operation {
        name: "alias",
        prepare: with_two_versions,
        run: |root| set_alias(root, "1.1.0"),
    },
    Operation {
        name: "rollback",
        prepare: |root| with_two_versions(root).and_then(|()| set_alias(root, "1.1.0")),
        run: roll_back,
    },
    Operation {
        name: "yank",
        prepare: with_two_versions,
        run: |root| Registry::open(root)?.yank(&ner()?, &Version::new(1, 0, 0), Some("wrong")),
    },
    Operation {
        name: "delete",
        prepare: with_two_versions,
        run: |root| delete(root, &Version::new(1, 1, 0)),
    },
    Operation {
        name: "gc",
        prepare: with_orphans,
        run: |root| clean_up(&Registry::open(root)?),
    },
    Operation {
        name: "import",
        prepare: with_archive,
        run: |root| Registry::open(root)?.import(&archive(root)).map(drop),
    },
    Operation {
        name: "pull",
        prepare: |root| publish(root, "another", "0.1.0"),
        run: remote::pull,
    },
    Operation {
        name: "read",
        prepare: with_two_versions,
        run: read,
    },
];

/// Removes at once whatever nothing needs.
pub(crate) fn clean_up(registry: &Registry) -> Result<()> {
    let options = GcOptions {
        grace: Duration::ZERO,
        dry_run: false,
    };
    registry.gc(&options).map(drop)
}

fn ner() -> Result<ModelName> {
    "ner".parse()
}

fn with_two_versions(root: &Path) -> Result<()> {
    publish(root, "ner", "1.0.0")?;
    publish(root, "ner", "1.1.0")?;
    set_alias(root, "1.0.0")
}

fn without_signature(root: &Path) -> Result<()> {
    with_two_versions(root)?;
    let published = Registry::open(root)?.publish(&package("ner", "1.2.0"));
    published.map(drop)
}

fn with_orphans(root: &Path) -> Result<()> {
    with_two_versions(root)?;
    let registry = Registry::open(root)?;
    registry.publish(&package_with("gone", "1.0.0", &[8; 100]))?;
    registry.delete(&"gone".parse()?, &Version::new(1, 0, 0))
}

/// Of the two models in it one is unheard of and the other has one version more.
fn with_archive(root: &Path) -> Result<()> {
    let elsewhere = root.with_file_name("elsewhere");
    with_two_versions(&elsewhere)?;
    publish(&elsewhere, "sentiment", "1.0.0")?;
    let everything = ExportOptions::default();
    Registry::open(&elsewhere)?.export_file(&everything, &archive(root))?;
    publish(root, "ner", "1.0.0")
}

fn archive(root: &Path) -> PathBuf {
    root.with_file_name("models.tar")
}

/// As a service publishes: with what the model takes and gives.
fn publish(root: &Path, name: &str, version: &str) -> Result<()> {
    let registry = Registry::open(root)?;
    let (package, signature) = (package(name, version), signature_of(version));
    registry
        .publish_with_signature(&package, &signature)
        .map(drop)
}

fn set_alias(root: &Path, version: &str) -> Result<()> {
    let version = version.parse().unwrap();
    let options = MoveOptions::default();
    Registry::open(root)?.set_alias(&ner()?, &"champion".parse()?, &version, &options)
}

fn roll_back(root: &Path) -> Result<()> {
    let registry = Registry::open(root)?;
    let now = registry.resolve(&ner()?, &"champion".parse()?)?;
    if now.version == Version::new(1, 0, 0) {
        // What is seen is not said to last.
        return set_alias(root, "1.0.0");
    }
    registry
        .rollback(&ner()?, &"champion".parse()?, None)
        .map(drop)
}

fn delete(root: &Path, version: &Version) -> Result<()> {
    let registry = Registry::open(root)?;
    let there = registry.model(&ner()?)?.versions;
    match there.iter().any(|one| one.version == *version) {
        true => registry.delete(&ner()?, version),
        // What is seen is not said to last, and the layout for other tools may be a step behind.
        false => clean_up(&registry),
    }
}

fn read(root: &Path) -> Result<()> {
    let registry = Registry::open(root)?;
    let resolved = registry.resolve(&ner()?, &"champion".parse()?)?;
    registry.package(&resolved.digest).map(drop)
}
