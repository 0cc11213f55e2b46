//! As much of the core's runtime as its scheduler names.

#[path = "../../../amaas-core/src/runtime/stop.rs"]
#[expect(dead_code, reason = "deadlines are the service's")]
mod stop;

pub use self::stop::{Stop, StopGuard};
use crate::{Result, Tensor};

/// A loaded model that runs one request at a time.
pub trait Instance: Send + std::fmt::Debug {
    /// Runs once.
    ///
    /// # Errors
    /// Whatever the test wants.
    fn run(
        &mut self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        stop: Option<&Stop>,
    ) -> Result<Vec<Tensor>>;
}
