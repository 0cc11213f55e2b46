//! What is known of one graph of a version once it is loaded: what it takes and gives, where it
//! runs, what its author stored in it.
//!
//! The trap: this is what the runtime says of the graph. Whether a task can use it, the task checks
//! when it is prepared.

use std::sync::Arc;

use super::axes::Axes;
use crate::model::{Graphs, Manifest, Signature};
use crate::runtime::{Instance, Placement, Weights};
use crate::scheduler::{Instances, Join};
use crate::{Error, ErrorKind, Result};

/// What all instances of one graph have in common.
#[derive(Debug)]
pub struct Interface {
    signature: Arc<Signature>,
    placement: Arc<Placement>,
    metadata: Vec<(String, String)>,
    weights: Weights,
    axes: Axes,
    join: Option<Arc<Join>>,
}

impl Interface {
    /// Of these instances of the package's main graph, or of a part, of whose rows its author says
    /// nothing.
    ///
    /// # Errors
    /// `InvalidPackage` where the author names what the graph does not have.
    pub(super) fn of(instances: &Instances, manifest: &Manifest, is_main: bool) -> Result<Self> {
        let first = instances.wide.as_ref().or(instances.narrow.first());
        let first: &dyn Instance = &**first.ok_or_else(no_instance)?;
        let signature = Arc::clone(first.signature());
        let axes = match is_main {
            true => Axes::of(manifest, &signature)?,
            false => Axes::of_part(&signature),
        };
        Ok(Self {
            placement: Arc::clone(first.placement()),
            metadata: first.metadata()?,
            weights: first.weights(),
            join: axes.join(manifest),
            axes,
            signature,
        })
    }

    /// What the graph takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Where its nodes run.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// Key and value pairs that its author stored in its file.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }

    /// The value stored under `key`.
    pub fn value(&self, key: &str) -> Option<&str> {
        let found = self.metadata.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str())
    }

    /// What counts the rows of its inputs and outputs.
    pub(super) fn axes(&self) -> &Axes {
        &self.axes
    }

    /// How requests in tensors are joined; `None` when they are not.
    pub(super) fn join(&self) -> Option<&Arc<Join>> {
        self.join.as_ref()
    }
}

impl Graphs<Interface> {
    /// Where the nodes of all of them run.
    pub(super) fn placement(&self) -> Placement {
        let mut all = (*self.main.placement).clone();
        let parts = self.parts.values();
        parts.for_each(|part| all.append(&part.placement));
        all
    }

    /// What the weights of all of them take.
    pub(super) fn weights(&self) -> Weights {
        let mut all = Weights::default();
        for (_, one) in self.iter() {
            all.shared = all.shared.saturating_add(one.weights.shared);
            all.unique = all.unique.saturating_add(one.weights.unique);
        }
        all
    }
}

fn no_instance() -> Error {
    Error::new(ErrorKind::Internal, "no instance was made")
}
