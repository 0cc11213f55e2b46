//! What a child process does to a registry.
//!
//! To add an operation, add a row. Each must be one that may be repeated after an error.

use std::path::Path;

use amaas_core::Result;
use amaas_core::registry::{MoveOptions, Registry};

use crate::support::package;

pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// What is there before; nothing, where the operation makes the registry.
    pub(crate) prepare: fn(&Path) -> Result<()>,
    pub(crate) run: fn(&Path) -> Result<()>,
}

pub(crate) const OPERATIONS: [Operation; 5] = [
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
        name: "alias",
        prepare: with_two_versions,
        run: |root| set_alias(root, "1.1.0"),
    },
    Operation {
        name: "read",
        prepare: with_two_versions,
        run: read,
    },
];

fn with_two_versions(root: &Path) -> Result<()> {
    publish(root, "ner", "1.0.0")?;
    publish(root, "ner", "1.1.0")?;
    set_alias(root, "1.0.0")
}

fn publish(root: &Path, name: &str, version: &str) -> Result<()> {
    Registry::open(root)?
        .publish(&package(name, version))
        .map(drop)
}

fn set_alias(root: &Path, version: &str) -> Result<()> {
    let version = version.parse().unwrap();
    Registry::open(root)?.set_alias(
        &"ner".parse()?,
        &"champion".parse()?,
        &version,
        &MoveOptions::default(),
    )
}

fn read(root: &Path) -> Result<()> {
    let registry = Registry::open(root)?;
    let resolved = registry.resolve(&"ner".parse()?, &"champion".parse()?)?;
    registry.package(&resolved.digest).map(drop)
}
