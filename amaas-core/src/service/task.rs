//! What the service asks of a task, so that it can prepare and check one without knowing which.

use std::any::Any;
use std::sync::Arc;

use super::{Call, Interface, LoadedModel, Rehearsal};
use crate::Result;
use crate::model::{Golden, Graphs, Package, Task};

/// A task made ready for one version: its tokenizer frozen, its settings checked against the
/// graph. Made before the version serves, so that a broken one never does.
pub trait PreparedTask: Any + Send + Sync + std::fmt::Debug {
    /// Refuses a model that does not answer `golden` as it should.
    ///
    /// # Errors
    /// `GoldenMismatch`, or whatever running it ends with.
    fn check(&self, model: &LoadedModel, golden: &Golden) -> Result<()>;

    /// A run over rows like those of users: `rows` of them, of `share` of the longest length, as
    /// far as the graph leaves a choice.
    ///
    /// # Errors
    /// `InvalidPackage` when such rows cannot be made.
    fn rehearsal(&self, rows: usize, share: f64) -> Result<Rehearsal>;

    /// Whether it makes such rows for this part of the package too; a part without them is run on
    /// inputs made up from its signature.
    fn rehearses(&self, _part: &str) -> bool {
        false
    }

    /// As [`PreparedTask::rehearsal`], for a part that the task [rehearses](Self::rehearses).
    ///
    /// # Errors
    /// As [`PreparedTask::rehearsal`].
    fn rehearsal_of(&self, _part: &str, rows: usize, share: f64) -> Result<Rehearsal> {
        self.rehearsal(rows, share)
    }

    /// Answers one text as `call` says, for who asks how long that takes and not what comes of it.
    ///
    /// # Errors
    /// As the task's own calls.
    fn answer(&self, model: &LoadedModel, text: &str, call: &Call) -> Result<()>;
}

/// Prepares the task a manifest asks for, over these graphs.
pub(super) type PrepareTask =
    fn(&Task, &Package, &Graphs<Interface>) -> Result<Arc<dyn PreparedTask>>;
