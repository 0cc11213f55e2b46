//! A backend without a runtime, for tests of everything above this room.
//!
//! It answers with whatever a closure computes, counts what is done to it, fails when told to and
//! holds runs open until told otherwise, so that a test of the scheduler needs neither models nor
//! sleeping.
//!
//! ```
//! use amaas_core::model::{Dimension, Graph, Port, Signature};
//! use amaas_core::runtime::fake::FakeBackend;
//! use amaas_core::runtime::{Backend, DevicePolicy, LoadOptions};
//! use amaas_core::{Dtype, Tensor};
//!
//! let port = |name| Port::tensor(name, Dtype::Float32, [Dimension::named("batch")]);
//! let backend = FakeBackend::new(Signature { inputs: vec![port("x")], outputs: vec![port("y")] })
//!     .computing(|inputs| Ok(vec![inputs[0].1.clone()]));
//! let options = LoadOptions { devices: DevicePolicy::default(), threads: 1 };
//! let mut model = backend.load(&Graph::new(vec![]), &options)?;
//!
//! let gate = backend.hold();
//! let running = std::thread::spawn(move || {
//!     let x = Tensor::from_vec([1], vec![7.0_f32])?;
//!     model.run(&[("x", &x)], &[], None)
//! });
//! backend.wait_for_held(1);
//! drop(gate);
//! let outputs = running.join().unwrap()?;
//! assert_eq!(outputs[0].as_slice::<f32>()?, [7.0]);
//! assert_eq!(backend.counts().runs, 1);
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: [`FakeBackend::wait_for_held`] waits for ever if the run never comes.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{Backend, DeviceInfo, Instance, LoadOptions, PlacedNodes, Placement, Stop};
use crate::model::{Graph, Signature};
use crate::{Error, ErrorKind, Phase, Result, Tensor};

type Compute = dyn Fn(&[(&str, &Tensor)]) -> Result<Vec<Tensor>> + Send + Sync;

/// What was done to a [`FakeBackend`] so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Instances made.
    pub loads: usize,
    /// Instances made and not dropped.
    pub live: usize,
    /// Runs begun.
    pub runs: usize,
    /// Runs held at the gate now.
    pub held: usize,
}

/// A backend whose models are a closure. Cloning shares everything.
#[derive(Clone)]
pub struct FakeBackend {
    model: Model,
    /// Those that stand in for graphs of their own, by the bytes of the graph.
    others: Vec<(Vec<u8>, Model)>,
    shared: Arc<Shared>,
}

/// What instances of a graph are made of.
#[derive(Clone)]
struct Model {
    signature: Arc<Signature>,
    compute: Arc<Compute>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.signature.fmt(f)
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    gates: usize,
    load_failures: Vec<Error>,
    run_failures: Vec<Error>,
    metadata: Vec<(String, String)>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let answer = change(&mut self.lock());
        self.changed.notify_all();
        answer
    }

    fn wait_until(&self, reached: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waiting = self
            .changed
            .wait_while(self.lock(), |state| !reached(state));
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FakeBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeBackend")
            .field("model", &self.model)
            .field("others", &self.others.len())
            .field("state", &*self.shared.lock())
            .finish_non_exhaustive()
    }
}

impl FakeBackend {
    /// A backend whose every model has this signature and answers with its inputs, in order.
    pub fn new(signature: Signature) -> Self {
        Self {
            model: Model {
                signature: Arc::new(signature),
                compute: Arc::new(|inputs| {
                    Ok(inputs.iter().map(|(_, tensor)| (*tensor).clone()).collect())
                }),
            },
            others: Vec::new(),
            shared: Arc::default(),
        }
    }

    /// What a run answers: all outputs in the order of the signature.
    #[must_use]
    pub fn computing(
        mut self,
        compute: impl Fn(&[(&str, &Tensor)]) -> Result<Vec<Tensor>> + Send + Sync + 'static,
    ) -> Self {
        self.model.compute = Arc::new(compute);
        self
    }

    /// A graph of these bytes has another signature and computes something else.
    #[must_use]
    pub fn with_graph(
        mut self,
        bytes: impl Into<Vec<u8>>,
        signature: Signature,
        compute: impl Fn(&[(&str, &Tensor)]) -> Result<Vec<Tensor>> + Send + Sync + 'static,
    ) -> Self {
        let model = Model {
            signature: Arc::new(signature),
            compute: Arc::new(compute),
        };
        self.others.push((bytes.into(), model));
        self
    }

    fn model_of(&self, graph: &Graph) -> Model {
        let bytes = graph.model.bytes();
        let other = self.others.iter().find(|(known, _)| known == bytes);
        other.map_or_else(|| self.model.clone(), |(_, model)| model.clone())
    }

    /// What the models say about themselves.
    #[must_use]
    pub fn with_metadata(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.shared.lock().metadata.push((key.into(), value.into()));
        self
    }

    /// The next load fails with `error`; called again, so does the one after.
    pub fn fail_next_load(&self, error: Error) {
        self.shared.lock().load_failures.push(error);
    }

    /// The next run fails with `error`; called again, so does the one after.
    pub fn fail_next_run(&self, error: Error) {
        self.shared.lock().run_failures.push(error);
    }

    /// Holds every run open until the gate is dropped or the run is stopped.
    #[must_use = "dropping the gate lets the runs go"]
    pub fn hold(&self) -> Gate {
        self.shared.lock().gates += 1;
        Gate(Arc::clone(&self.shared))
    }

    /// Waits until `count` runs are held at the gate.
    pub fn wait_for_held(&self, count: usize) {
        drop(self.shared.wait_until(|state| state.counts.held >= count));
    }

    /// What was done so far.
    pub fn counts(&self) -> Counts {
        self.shared.lock().counts
    }
}

/// Keeps runs from ending, until it is dropped.
#[derive(Debug)]
pub struct Gate(Arc<Shared>);

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.change(|state| state.gates -= 1);
    }
}

impl Backend for FakeBackend {
    fn describe(&self) -> String {
        "fake 1.0.0".to_owned()
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        Ok(vec![DeviceInfo {
            provider: "FakeExecutionProvider".to_owned(),
            kind: "cpu".to_owned(),
            vendor: "amaas".to_owned(),
        }])
    }

    fn load(&self, graph: &Graph, _options: &LoadOptions) -> Result<Box<dyn Instance>> {
        self.shared.change(|state| {
            if !state.load_failures.is_empty() {
                return Err(state.load_failures.remove(0));
            }
            state.counts.loads += 1;
            state.counts.live += 1;
            Ok(())
        })?;
        Ok(Box::new(FakeInstance {
            model: self.model_of(graph),
            shared: Arc::clone(&self.shared),
            placement: Arc::new(placement()),
        }))
    }
}

fn placement() -> Placement {
    let placed = PlacedNodes {
        provider: "FakeExecutionProvider".to_owned(),
        nodes: vec!["Fake".to_owned()],
    };
    Placement {
        providers: vec![placed],
        skipped: Vec::new(),
    }
}

/// A model of a [`FakeBackend`].
#[derive(Debug)]
struct FakeInstance {
    model: Model,
    shared: Arc<Shared>,
    placement: Arc<Placement>,
}

impl Drop for FakeInstance {
    fn drop(&mut self) {
        self.shared.change(|state| state.counts.live -= 1);
    }
}

impl FakeInstance {
    /// Waits at the gate; `Cancelled` when the run is stopped there.
    fn pass(&self, stop: Option<&Stop>) -> Result<()> {
        let shared = &self.shared;
        let stopped = Arc::new(AtomicBool::new(false));
        let (bell, raised) = (Arc::clone(shared), Arc::clone(&stopped));
        // Under the lock, so that the bell cannot ring between a look and the wait after it.
        let ring = move || bell.change(|_| raised.store(true, Ordering::Relaxed));
        let guard = stop.map(|stop| stop.on_raise(ring).ok_or(stop));
        if let Some(Err(stop)) = guard {
            return Err(stop.error(Phase::Run));
        }
        let is_stopped = || stopped.load(Ordering::Relaxed);
        shared.change(|state| state.counts.held += 1);
        drop(shared.wait_until(|state| state.gates == 0 || is_stopped()));
        shared.change(|state| state.counts.held -= 1);
        drop(guard);
        match stop {
            Some(stop) if is_stopped() => Err(stop.error(Phase::Run)),
            _ => Ok(()),
        }
    }

    /// Picks the wanted ones out of all outputs.
    fn select(&self, all: Vec<Tensor>, wanted: &[&str]) -> Result<Vec<Tensor>> {
        if wanted.is_empty() {
            return Ok(all);
        }
        let ports = &self.model.signature.outputs;
        let find = |name: &&str| {
            let index = ports.iter().position(|port| port.name == *name);
            index
                .and_then(|index| all.get(index).cloned())
                .ok_or_else(|| {
                    let message = format!("the model has no output `{name}`");
                    Error::new(ErrorKind::InvalidArgument, message)
                })
        };
        wanted.iter().map(find).collect()
    }
}

impl Instance for FakeInstance {
    fn signature(&self) -> &Arc<Signature> {
        &self.model.signature
    }

    fn placement(&self) -> &Arc<Placement> {
        &self.placement
    }

    fn metadata(&self) -> Result<Vec<(String, String)>> {
        Ok(self.shared.lock().metadata.clone())
    }

    fn run(
        &mut self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        stop: Option<&Stop>,
    ) -> Result<Vec<Tensor>> {
        let failure = self.shared.change(|state| {
            state.counts.runs += 1;
            (!state.run_failures.is_empty()).then(|| state.run_failures.remove(0))
        });
        self.pass(stop)?;
        match failure {
            Some(error) => Err(error),
            None => self.select((self.model.compute)(inputs)?, outputs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::DevicePolicy;

    fn load(backend: &FakeBackend) -> Result<Box<dyn Instance>> {
        let options = LoadOptions {
            devices: DevicePolicy::default(),
            threads: 1,
        };
        backend.load(&Graph::new(Vec::new()), &options)
    }

    fn backend() -> FakeBackend {
        FakeBackend::new(Signature {
            inputs: Vec::new(),
            outputs: Vec::new(),
        })
    }

    #[test]
    fn a_held_run_obeys_its_stop() {
        let backend = backend();
        let mut model = load(&backend).unwrap();
        let gate = backend.hold();
        let stop = Stop::new();
        let flag = stop.clone();
        let running = std::thread::spawn(move || model.run(&[], &[], Some(&flag)));
        backend.wait_for_held(1);
        stop.raise();
        let error = running.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert_eq!(
            backend.counts(),
            Counts {
                loads: 1,
                live: 0,
                runs: 1,
                held: 0
            }
        );
        drop(gate);
    }

    #[test]
    fn failures_come_once_and_in_order() {
        let backend = backend();
        backend.fail_next_load(Error::new(ErrorKind::LoadFailed, "first"));
        assert_eq!(load(&backend).unwrap_err().message(), "first");
        let mut model = load(&backend).unwrap();
        backend.fail_next_run(Error::new(ErrorKind::InferenceFailed, "second"));
        assert_eq!(model.run(&[], &[], None).unwrap_err().message(), "second");
        assert!(model.run(&[], &[], None).is_ok());
    }
}
