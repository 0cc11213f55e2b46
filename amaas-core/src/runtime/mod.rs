//! Running graphs: what amaas asks of an inference engine, and the one it has.
//!
//! A [`Backend`] turns the bytes of a model into an [`Instance`]; an instance runs one request
//! at a time, which `&mut self` says. Everything above this room speaks only of these traits, so
//! that scheduler and service are tested against a fake.

mod bound;
mod device;
#[cfg(feature = "test-util")]
pub mod fake;
pub mod ort;
mod placement;
mod stop;
mod weights;

use std::sync::Arc;

pub use self::bound::Bound;
pub use self::device::{Device, DeviceInfo, DevicePolicy, Provider};
pub use self::placement::{PlacedNodes, Placement};
pub use self::stop::{Stop, StopGuard};
pub use self::weights::Weights;
use crate::Result;
use crate::model::{Graph, Signature};
use crate::tensor::Tensor;

/// An inference engine.
pub trait Backend: Send + Sync + std::fmt::Debug {
    /// Name and version, as `onnxruntime 1.32.0`.
    fn describe(&self) -> String;

    /// The devices that models can be placed on in this process, the CPU last.
    fn devices(&self) -> Result<Vec<DeviceInfo>>;

    /// Makes one instance of `graph`.
    ///
    /// # Errors
    /// `LoadFailed` when the engine refuses the graph, `DeviceUnavailable` when the policy
    /// cannot be kept.
    fn load(&self, graph: &Graph, options: &LoadOptions) -> Result<Box<dyn Instance>>;

    /// Gives memory back to the system that instances took and that are gone now, where the
    /// system does not take it back by itself.
    fn give_back(&self) {}
}

/// How an instance is made.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Where the graph may run.
    pub devices: DevicePolicy,
    /// Threads one run may use, the calling thread included; at least 1.
    pub threads: usize,
}

/// A loaded model that runs one request at a time.
pub trait Instance: Send + std::fmt::Debug {
    /// What it takes and gives.
    fn signature(&self) -> &Arc<Signature>;

    /// Where its nodes run.
    fn placement(&self) -> &Arc<Placement>;

    /// Key and value pairs that the model's author stored in the file.
    fn metadata(&self) -> Result<Vec<(String, String)>>;

    /// What its weights take in memory, as far as the engine tells.
    fn weights(&self) -> Weights {
        Weights::default()
    }

    /// Runs once. Inputs have passed [`Signature::check`]. `outputs` names what is wanted, in
    /// order; empty means all, in the model's order.
    ///
    /// # Errors
    /// `InferenceFailed` when the engine says so; `Cancelled` when `stop` was raised meanwhile.
    fn run(
        &mut self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        stop: Option<&Stop>,
    ) -> Result<Vec<Tensor>>;

    /// As [`Instance::run`], with memory that is read and written in place. What is in it after a run
    /// that failed is not said.
    ///
    /// # Errors
    /// As [`Instance::run`]; `InferenceFailed` when an output is not shaped as what it is bound to.
    fn run_bound(
        &mut self,
        inputs: &[(&str, &Tensor)],
        bound: &mut [Bound<'_>],
        outputs: &[&str],
        stop: Option<&Stop>,
    ) -> Result<Vec<Tensor>> {
        // An engine that cannot do it copies.
        let copies = bound
            .iter()
            .map(Bound::tensor)
            .collect::<Result<Vec<_>>>()?;
        let named = bound.iter().map(|bound| bound.input).zip(&copies);
        let inputs: Vec<_> = inputs.iter().copied().chain(named).collect();
        let wanted = outputs.iter().copied();
        let wanted: Vec<_> = wanted
            .chain(bound.iter().map(|bound| bound.output))
            .collect();
        let mut all = self.run(&inputs, &wanted, stop)?;
        let written = all.split_off(outputs.len().min(all.len()));
        let mut pairs = bound.iter_mut().zip(&written);
        pairs.try_for_each(|(bound, tensor)| bound.set(tensor))?;
        Ok(all)
    }
}
