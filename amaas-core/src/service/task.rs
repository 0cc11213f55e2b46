//! What the service asks of a task, so that it can prepare and check one without knowing which.

use std::any::Any;
use std::sync::Arc;

use super::{Call, LoadedModel, Rehearsal};
use crate::Result;
use crate::model::{Golden, Package, Signature, Task};

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

    /// Answers one text as `call` says, for who asks how long that takes and not what comes of it.
    ///
    /// # Errors
    /// As the task's own calls.
    fn answer(&self, model: &LoadedModel, text: &str, call: &Call) -> Result<()>;
}

/// Prepares the task a manifest asks for.
pub(super) type PrepareTask = fn(&Task, &Package, &Signature) -> Result<Arc<dyn PreparedTask>>;
