//! Versions that come and go: what a service tells of them and what an update did.

use amaas_core::service;
use pyo3::prelude::*;

use crate::checks::Problem;
use crate::record::record;

record! {
    /// A version in a service.
    VersionStatus {
        /// The model's name.
        name: String,
        /// The version, as ``"1.0.0"``.
        version: String,
        /// The address of its content, as ``"sha256:…"``.
        digest: String,
        /// ``"loading"``, ``"checking"``, ``"ready"``, ``"draining"``, ``"unloaded"`` or ``"failed"``.
        state: &'static str,
        /// The references of the routes that it answers.
        routes: Vec<String>,
        /// Whether it stays in memory whatever idle time and memory budget say.
        pinned: bool,
        /// The size of its graph and weights on disk.
        bytes: u64,
        /// How many seconds ago its last request came; or its load, where none has.
        idle_seconds: f64,
    }
}

record! {
    /// What ``Service.update`` did.
    Updated {
        /// The routes that answer from another version now.
        moved: Vec<Moved>,
        /// The models of which other versions are kept now.
        kept: Vec<String>,
        /// What could not be moved, and goes on as it was.
        failed: Vec<Unmoved>,
    }
}

record! {
    /// A route that moved to another version.
    Moved {
        /// What it follows.
        reference: String,
        /// The version it left.
        old: String,
        /// The version it came to.
        new: String,
    }
}

record! {
    /// A route that did not move, or versions that are kept as they were.
    Unmoved {
        /// What the route follows, or the name of the model.
        reference: String,
        /// Why: an exception that is not raised.
        error: Problem,
    }
}

record! {
    /// What warming up came to.
    Warmed {
        /// Runs that ended well, over all instances.
        runs: usize,
        /// Runs that every shape on every instance would have taken.
        wanted: usize,
        /// How many seconds it took.
        seconds: f64,
        /// Why it is not all of them; a sentence for each reason.
        cold: Vec<String>,
    }
}

impl From<service::VersionStatus> for VersionStatus {
    fn from(status: service::VersionStatus) -> Self {
        Self {
            name: status.name.into(),
            version: status.version.to_string(),
            digest: status.digest.into(),
            state: status.state.name(),
            routes: status.routes,
            pinned: status.pinned,
            bytes: status.bytes,
            idle_seconds: status.idle.as_secs_f64(),
        }
    }
}

impl From<service::Updated> for Updated {
    fn from(updated: service::Updated) -> Self {
        let moved = |one: service::Moved| Moved {
            reference: one.reference,
            old: one.from.to_string(),
            new: one.to.to_string(),
        };
        let unmoved = |one: service::Unmoved| Unmoved {
            reference: one.reference,
            error: one.error.into(),
        };
        Self {
            moved: updated.moved.into_iter().map(moved).collect(),
            kept: updated.kept.into_iter().map(Into::into).collect(),
            failed: updated.failed.into_iter().map(unmoved).collect(),
        }
    }
}

impl From<&service::Warmed> for Warmed {
    fn from(warmed: &service::Warmed) -> Self {
        Self {
            runs: warmed.runs,
            wanted: warmed.wanted,
            seconds: warmed.took.as_secs_f64(),
            cold: warmed.cold.iter().map(ToString::to_string).collect(),
        }
    }
}
