//! What is done to a registry.
//!
//! To add an operation: a variant, a line in `draw` and in `all`, what it does in `run`, and what it
//! should come to in `state.rs`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use amaas_core::Result;
use amaas_core::model::{Package, Signature};
use amaas_core::registry::{GcOptions, MoveOptions, Registry};
use fastrand::Rng;
use semver::Version;

use crate::archive;
use crate::ports::signature_of;
use crate::support::package_with;

#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Publish {
        name: &'static str,
        version: Version,
        weights: u8,
        /// With what the model takes and gives, as a service publishes.
        has_signature: bool,
    },
    SetAlias {
        name: &'static str,
        version: Version,
    },
    RemoveAlias {
        name: &'static str,
    },
    Rollback {
        name: &'static str,
    },
    Yank {
        name: &'static str,
        version: Version,
    },
    Unyank {
        name: &'static str,
        version: Version,
    },
    Delete {
        name: &'static str,
        version: Version,
    },
    Gc {
        grace: Duration,
    },
    /// Of the archive that `archive.rs` makes.
    Import,
}

const NAMES: [&str; 2] = ["ner", "sentiment"];
pub(crate) const ALIAS: &str = "champion";
/// How old everything is that nobody has asked for since.
pub(crate) const AGE: Duration = Duration::from_secs(3600);
pub(crate) const CLEAN_UP: Operation = Operation::Gc {
    grace: Duration::ZERO,
};

impl Operation {
    pub(crate) fn draw(random: &mut Rng) -> Self {
        let name = NAMES[random.usize(0..NAMES.len())];
        let version = Version::new(1, random.u64(0..3), 0);
        match random.u8(0..18) {
            0..7 => Self::Publish {
                name,
                version,
                weights: random.u8(0..2),
                has_signature: random.u8(0..4) > 0,
            },
            7..9 => Self::SetAlias { name, version },
            9 => Self::RemoveAlias { name },
            10 => Self::Rollback { name },
            11 => Self::Yank { name, version },
            12 => Self::Unyank { name, version },
            13..15 => Self::Delete { name, version },
            15 => CLEAN_UP,
            16 => Self::Gc { grace: AGE },
            _ => Self::Import,
        }
    }

    /// What a registry may hold before one of [`Operation::all`]: a yanked version, an alias that
    /// has moved, and blobs that nothing needs.
    pub(crate) fn before() -> Vec<Self> {
        vec![
            publish("ner", 0),
            publish("ner", 1),
            publish("ner", 3),
            publish("ner", 4),
            bare("ner", 6),
            publish("other", 0),
            yank(3),
            delete("ner", 4),
            set_alias(0),
            set_alias(1),
        ]
    }

    /// One of each kind, and of each way it can go.
    pub(crate) fn all() -> Vec<Self> {
        let (name, version) = ("ner", Version::new(1, 3, 0));
        vec![
            publish("ner", 2),
            publish("ner", 0),
            publish("sentiment", 0),
            publish("ner", 6),
            set_alias(0),
            set_alias(1),
            Self::RemoveAlias { name },
            Self::Rollback { name },
            yank(0),
            Self::Unyank { name, version },
            delete("ner", 3),
            delete("other", 0),
            CLEAN_UP,
            Self::Gc { grace: AGE },
            Self::Import,
        ]
    }

    /// What the archive holds.
    pub(crate) fn archived() -> Vec<Self> {
        vec![
            publish("ner", 0),
            publish("ner", 5),
            yank(5),
            set_alias(0),
            publish("sentiment", 2),
        ]
    }

    pub(crate) fn run(&self, registry: &Registry) -> Result<()> {
        let options = MoveOptions::default();
        match self {
            Self::Publish { .. } => self.publish(registry),
            Self::SetAlias { name, version } => {
                registry.set_alias(&name.parse()?, &ALIAS.parse()?, version, &options)
            }
            Self::RemoveAlias { name } => {
                registry.remove_alias(&name.parse()?, &ALIAS.parse()?, &options)
            }
            Self::Rollback { name } => registry
                .rollback(&name.parse()?, &ALIAS.parse()?, None)
                .map(drop),
            Self::Yank { name, version } => registry.yank(&name.parse()?, version, None),
            Self::Unyank { name, version } => registry.unyank(&name.parse()?, version),
            Self::Delete { name, version } => registry.delete(&name.parse()?, version),
            Self::Gc { grace } => {
                let options = GcOptions {
                    grace: *grace,
                    dry_run: false,
                };
                registry.gc(&options).map(drop)
            }
            Self::Import => registry.import(archive::path()).map(drop),
        }
    }

    /// Whether it refuses to be done again.
    pub(crate) fn is_once_only(&self) -> bool {
        matches!(
            self,
            Self::Rollback { .. } | Self::RemoveAlias { .. } | Self::Delete { .. }
        )
    }

    fn publish(&self, registry: &Registry) -> Result<()> {
        let package = self.package();
        let published = match self.signature() {
            Some(signature) => registry.publish_with_signature(&package, &signature),
            None => registry.publish(&package),
        };
        published.map(drop)
    }

    /// What a version is published with.
    pub(crate) fn signature(&self) -> Option<Signature> {
        match self {
            Self::Publish {
                version,
                has_signature: true,
                ..
            } => Some(signature_of(&version.to_string())),
            _ => None,
        }
    }

    pub(crate) fn package(&self) -> Package {
        match self {
            Self::Publish {
                name,
                version,
                weights,
                ..
            } => sealed(name, version, *weights),
            _ => unreachable!("publishes nothing"),
        }
    }
}

/// Packages are made once: they are what takes the time.
fn sealed(name: &'static str, version: &Version, weights: u8) -> Package {
    type Known = BTreeMap<(&'static str, Version, u8), Package>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    let make = || package_with(name, &version.to_string(), &[weights; 700]);
    let key = (name, version.clone(), weights);
    known.entry(key).or_insert_with(make).clone()
}

fn publish(name: &'static str, minor: u64) -> Operation {
    Operation::Publish {
        name,
        version: Version::new(1, minor, 0),
        weights: 1,
        has_signature: true,
    }
}

/// As [`publish`], without a word on what the model takes and gives.
fn bare(name: &'static str, minor: u64) -> Operation {
    Operation::Publish {
        name,
        version: Version::new(1, minor, 0),
        weights: 1,
        has_signature: false,
    }
}

fn set_alias(minor: u64) -> Operation {
    let version = Version::new(1, minor, 0);
    Operation::SetAlias {
        name: "ner",
        version,
    }
}

fn yank(minor: u64) -> Operation {
    let version = Version::new(1, minor, 0);
    Operation::Yank {
        name: "ner",
        version,
    }
}

fn delete(name: &'static str, minor: u64) -> Operation {
    let version = Version::new(1, minor, 0);
    Operation::Delete { name, version }
}
