//! One version, loaded: its instances, its prepared task, everything a request needs.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Pools;
use super::axes::Axes;
use super::call::{Begun, Call};
use super::interface::Interface;
use super::load::{Common, Maker};
use super::part::Part;
use super::preprocess::{Asked, Preprocessing};
use super::residence::{Residence, Resident};
use super::state::StateLayout;
use super::task::{PrepareTask, PreparedTask};
use super::threads::Threads;
use super::together::Together;
use super::warm::Warmed;
use crate::clock::Clock;
use crate::model::{Golden, Manifest, Package, Port, Signature, TensorLiteral, onnx};
use crate::privacy::Redactor;
use crate::runtime::{Placement, Stop, Weights};
#[cfg(feature = "audio")]
use crate::scheduler::Join;
use crate::scheduler::{Pool, Queued, Ran, Request};
use crate::tensor::Tensor;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result, model};

/// A loaded, checked version that serves requests from any number of threads.
#[derive(Debug)]
pub struct LoadedModel {
    common: Arc<Common>,
    placement: Placement,
    /// The names of its providers, for receipts.
    providers: Arc<str>,
    weights: Weights,
    together: Together,
    /// Where the instances are, when they are in memory.
    residence: Arc<Residence>,
    capacity: usize,
    clock: Arc<dyn Clock>,
    warmed: Warmed,
    deadline: Option<Duration>,
    /// Those of the service.
    pub(super) threads: Arc<Threads>,
    redactor: Option<Arc<Redactor>>,
}

impl LoadedModel {
    /// Loads the instances that it serves from at first, prepares the task, warms up and checks the
    /// golden examples.
    pub(super) fn load(
        package: &Package,
        maker: Maker,
        prepare: PrepareTask,
        residence: Arc<Residence>,
    ) -> Result<Self> {
        let in_model = |error: Error| error.with("model", describe(&package.manifest));
        let clock = Arc::clone(&maker.clock);
        let (deadline, warm_up) = (maker.settings.deadline, maker.settings.warm_up.deadline);
        let redactor = maker.settings.redactor.clone();
        let threads = Arc::clone(&maker.threads);
        let started = clock.now();
        let mut instances = maker.first(package).map_err(in_model)?;
        let took = clock.since(started);
        let common = Arc::new(Common::of(package, &instances, prepare)?);
        let operators = onnx::operators(package.graph()?.model.bytes())?;
        let together = Together::of(&package.manifest, &common.graphs.main, &operators);
        let started = clock.now();
        let warmed = maker
            .warm(&mut instances, &common, took)
            .map_err(in_model)?;
        let pools = maker.pools(instances, &common)?;
        let placement = common.graphs.placement();
        let mut loaded = Self {
            providers: placement.names().into(),
            placement,
            weights: common.graphs.weights(),
            together,
            common,
            capacity: pools.main.capacity(),
            residence,
            clock,
            warmed,
            deadline: None, // a golden example may take its time
            threads,
            redactor: None, // nor is it changed
        };
        drop(loaded.residence.arrive(pools));
        loaded.check_all(warm_up, started)?;
        loaded.residence.pass();
        loaded.deadline = deadline;
        loaded.redactor = redactor;
        Ok(loaded)
    }

    /// The instances once more, after they had left.
    pub(super) fn load_again(&self, package: &Package, maker: Maker) -> Result<Pools> {
        let started = maker.clock.now();
        let mut instances = maker.first(package)?;
        let took = maker.clock.since(started);
        maker.warm(&mut instances, &self.common, took)?;
        maker.pools(instances, &self.common)
    }

    /// What the author wrote.
    pub fn manifest(&self) -> &Manifest {
        &self.common.manifest
    }

    /// The package's address.
    pub fn digest(&self) -> model::Digest {
        self.common.digest
    }

    /// What the model takes and gives: its main graph, which [`LoadedModel::run`] runs, and what
    /// prepares its inputs.
    pub fn signature(&self) -> &Signature {
        let main = || self.common.graphs.main.signature();
        self.preprocessing()
            .map_or_else(main, Preprocessing::signature)
    }

    /// The names of what it gives.
    pub(super) fn output_names(&self) -> &Arc<[String]> {
        &self.common.output_names
    }

    /// What prepares the inputs of the main graph.
    pub(crate) fn preprocessing(&self) -> Option<&Preprocessing> {
        self.common.preprocessing.as_ref()
    }

    /// What counts the rows of its inputs and outputs.
    pub(crate) fn axes(&self) -> &Axes {
        self.common.graphs.main.axes()
    }

    /// What a stream keeps between its calls.
    pub(crate) fn state(&self) -> &StateLayout {
        &self.common.state
    }

    /// How requests in tensors are joined; `None` when they are not.
    #[cfg(feature = "audio")]
    pub(crate) fn join(&self) -> Option<&Arc<Join>> {
        self.common.graphs.main.join()
    }

    /// The main graph.
    pub fn main(&self) -> Part<'_> {
        Part::new(self, None, &self.common.graphs.main)
    }

    /// Another graph of the version: what it takes and gives, and what runs it.
    ///
    /// # Errors
    /// `InvalidPackage`, listing the parts there are.
    pub fn part<'a>(&'a self, name: &'a str) -> Result<Part<'a>> {
        Ok(Part::new(self, Some(name), self.common.graphs.part(name)?))
    }

    /// Every graph of the version, the main one first, with the names of the parts.
    pub fn graphs(&self) -> impl Iterator<Item = (Option<&str>, &Interface)> {
        self.common.graphs.iter()
    }

    /// Where the nodes of all its graphs run.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// What warming up came to before it served.
    pub fn warmed(&self) -> &Warmed {
        &self.warmed
    }

    /// Key and value pairs that the model's author stored in the main graph's file.
    pub fn metadata(&self) -> &[(String, String)] {
        self.common.graphs.main.metadata()
    }

    /// What its weights take in memory, and how much of that its instances share.
    pub fn weights(&self) -> Weights {
        self.weights
    }

    /// Whether requests run together, and what there is to know about it.
    pub fn together(&self) -> Together {
        let pool = self.residence.present();
        let failed = pool.is_some_and(|pools| !pools.main.joins());
        if failed && self.together.runs() {
            return Together::Failed;
        }
        self.together.clone()
    }

    /// Runs the graph once, after the one that prepares its inputs; adds what that took to `usage`.
    /// Requests that need not be apart may run together.
    ///
    /// # Errors
    /// `InvalidArgument` for inputs or outputs the model does not have or take; whatever the run
    /// ends with.
    pub fn run(
        &self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        call: &Call,
        usage: &mut Usage,
    ) -> Result<Vec<Tensor>> {
        self.run_all(inputs, outputs, call, usage)
    }

    /// As [`LoadedModel::run`], without a thread that waits.
    pub(super) async fn run_later(
        &self,
        inputs: &[(&str, &Tensor)],
        outputs: &[String],
        call: &Call,
        usage: &mut Usage,
    ) -> Result<Vec<Tensor>> {
        let begun = &self.begin(call)?;
        let outputs: Vec<_> = outputs.iter().map(String::as_str).collect();
        let (outputs, part) = (&*outputs, false);
        if let Some(preprocessing) = self.preprocessing() {
            let asked = Asked {
                inputs,
                outputs,
                begun,
                part,
            };
            return Ok(preprocessing.run_later(self, &asked, usage).await?.outputs);
        }
        let queued = {
            let main = self.main();
            main.submit_request(&main.request(inputs, outputs, begun))?
        };
        self.receive(queued.await, usage)
    }

    /// Lets the time of `call` run.
    pub(crate) fn begin(&self, call: &Call) -> Result<Begun> {
        call.begin(self.deadline, &*self.clock)
    }

    /// Runs the graph once, with a say in how the request is scheduled.
    ///
    /// # Errors
    /// As [`LoadedModel::run`].
    pub fn run_request(&self, request: &Request<'_>, usage: &mut Usage) -> Result<Vec<Tensor>> {
        self.main().run_request(request, usage)
    }

    /// Puts a request into the queue; what it ends with goes through [`LoadedModel::receive`].
    pub(crate) fn submit_request(&self, request: &Request<'_>) -> Result<Queued> {
        self.main().submit_request(request)
    }

    /// The outputs of a run; adds what it took to `usage`.
    pub(crate) fn receive(&self, ran: Result<Ran>, usage: &mut Usage) -> Result<Vec<Tensor>> {
        self.main().receive(ran, usage)
    }

    /// Drives `work` on threads of the model's own, beginning on this one if the instances are in
    /// memory and else when they are. Calls `done` with what comes of it, or with why it cannot be
    /// done, once nothing of `work` is left.
    pub(super) fn drive<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
        done: impl FnOnce(Result<T>) + Send + 'static,
    ) {
        let model = describe(&self.common.manifest);
        self.residence.when_present(move |answer| {
            let pool = answer.and_then(|resident| {
                let pool = Pool::clone(&resident.main);
                pool.ready().map(|()| (resident, pool))
            });
            match pool {
                Ok((resident, pool)) => pool.drive(async move {
                    let answer = work.await;
                    drop(resident); // the instances stay for as long as it is under way
                    done(answer);
                }),
                Err(error) => {
                    drop(work); // whoever is told finds nothing of it left
                    done(Err(error.with("model", model)));
                }
            }
        });
    }

    /// The instances, loaded again if they have left.
    pub(super) fn engage(&self, stop: Option<&Stop>) -> Result<Arc<Resident>> {
        let resident = self.residence.engage(stop);
        resident.map_err(|error| error.with("model", describe(&self.common.manifest)))
    }

    /// Refuses a version that could not answer the same requests.
    pub(super) fn check_like(&self, other: &Self) -> Result<()> {
        let names = |ports: &[Port]| {
            ports
                .iter()
                .map(|port| port.name.clone())
                .collect::<Vec<_>>()
        };
        let face = |model: &Self| {
            let task = model.common.manifest.task.as_ref().map(model::Task::kind);
            let signature = model.signature();
            (task, names(&signature.inputs), names(&signature.outputs))
        };
        if face(self) == face(other) {
            return Ok(());
        }
        let (here, there) = (
            describe(&self.common.manifest),
            describe(&other.common.manifest),
        );
        let message = format!("`{there}` does not take and give what `{here}` does");
        Err(Error::new(ErrorKind::InvalidArgument, message)
            .advise("try a version with the same task and the same names of inputs and outputs"))
    }

    /// The time of day.
    #[cfg(feature = "generation")]
    pub(crate) fn calendar(&self) -> std::time::SystemTime {
        self.clock.calendar()
    }

    /// What tells it the time.
    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Where the instances are.
    pub(super) fn residence(&self) -> &Arc<Residence> {
        &self.residence
    }

    /// Whether it has the instances for a crowd in memory, or is making them now.
    pub fn has_grown(&self) -> bool {
        self.residence.has_grown()
    }

    /// How many requests run at once when many come.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many requests wait for an instance now.
    pub fn waiting(&self) -> usize {
        let present = self.residence.present();
        let waiting = |pools: Arc<Resident>| pools.iter().map(|(_, pool)| pool.waiting()).sum();
        present.map_or(0, waiting)
    }

    /// A receipt for a request that this version answers.
    pub fn receipt(&self) -> Usage {
        let package = &self.common.manifest.package;
        let (name, version) = (package.name.clone(), package.version.clone());
        Usage::new(
            name,
            version,
            self.common.digest,
            Arc::clone(&self.providers),
        )
    }

    /// The prepared task, when it is a `T`.
    ///
    /// # Errors
    /// `Unsupported`, naming the task the model has.
    pub fn task<T: PreparedTask>(&self, wanted: &str) -> Result<&T> {
        let task = self.common.task.as_deref().map(|task| task as &dyn Any);
        task.and_then(|task| task.downcast_ref()).ok_or_else(|| {
            let has = self.manifest().task.as_ref();
            let has = has.map_or("none", model::Task::kind);
            let message = format!(
                "`{}` has no task `{wanted}`",
                describe(&self.common.manifest)
            );
            Error::new(ErrorKind::Unsupported, message)
                .with("task", has)
                .advise("call `run` with tensors, or add the task to the package's manifest")
        })
    }

    /// Answers one text by whichever task it has, and keeps nothing of it.
    pub(super) fn answer(&self, text: &str, call: &Call) -> Result<()> {
        let task = self.common.task.as_ref().ok_or_else(|| {
            let message = format!(
                "`{}` has no task that takes texts",
                describe(&self.common.manifest)
            );
            Error::new(ErrorKind::Unsupported, message).advise("give tensors")
        })?;
        task.answer(self, text, call)
    }

    /// What is taken out of texts before they are tokenized.
    pub fn redactor(&self) -> Option<&Redactor> {
        self.redactor.as_deref()
    }

    /// Threads of amaas's own for preparing large inputs; `None` where one thread is all there is.
    pub fn workers(&self) -> Option<&rayon::ThreadPool> {
        self.threads.workers()
    }

    /// Checks the golden examples, which may take what the warm-up left of its deadline.
    fn check_all(&mut self, deadline: Duration, started: Instant) -> Result<()> {
        for place in 0..self.common.manifest.golden.len() {
            self.deadline = Some(deadline.saturating_sub(self.clock.since(started)));
            self.check(&self.common.manifest.golden[place])
                .map_err(|error| match error.kind() {
                    ErrorKind::DeadlineExceeded => out_of_time(error, place),
                    _ => error,
                })?;
        }
        Ok(())
    }

    fn check(&self, golden: &Golden) -> Result<()> {
        match &self.common.task {
            Some(task) if golden.text.is_some() || golden.image.is_some() => {
                task.check(self, golden)
            }
            _ => self.check_tensors(golden),
        }
    }

    fn check_tensors(&self, golden: &Golden) -> Result<()> {
        let tensors = golden
            .inputs
            .iter()
            .map(|(name, literal)| Ok((name.as_str(), literal.to_tensor()?)))
            .collect::<Result<Vec<_>>>()?;
        let inputs: Vec<_> = tensors
            .iter()
            .map(|(name, tensor)| (*name, tensor))
            .collect();
        let names: Vec<_> = golden.outputs.keys().map(String::as_str).collect();
        let found = self.run(&inputs, &names, &Call::default(), &mut self.receipt())?;
        let expected = golden.outputs.iter().zip(&found);
        for ((name, literal), tensor) in expected {
            compare(name, literal, tensor, golden.tolerance)?;
        }
        Ok(())
    }
}

/// How many bytes a receipt counts for a tensor.
pub(super) fn bytes(tensor: &Tensor) -> u64 {
    tensor.byte_count() as u64
}

fn out_of_time(error: Error, place: usize) -> Error {
    let message = "the golden examples were not checked in time";
    Error::new(ErrorKind::DeadlineExceeded, message)
        .with("golden example", place)
        .because(error)
        .advise("check whether the model ends on it, or load with a longer `warm_up.deadline`")
}

fn compare(name: &str, expected: &TensorLiteral, found: &Tensor, tolerance: f64) -> Result<()> {
    let distance = expected.distance(found)?;
    if distance <= tolerance {
        return Ok(());
    }
    let message = format!("output `{name}` of a golden example is off by `{distance}`");
    Err(Error::new(ErrorKind::GoldenMismatch, message)
        .with("tolerance", tolerance)
        .advise("the model answers differently here than at its author's; do not serve it"))
}

/// A version as people write it.
pub(super) fn describe(manifest: &Manifest) -> String {
    format!("{}@{}", manifest.package.name, manifest.package.version)
}
