//! A stream: calls that follow each other, each with the state that the one before left.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::{Service, Tensor};
//!
//! let service = Service::builder().registry("models/").build()?;
//! let stream = service.load("silero-vad@^6")?.stream()?;
//! let rate = Tensor::scalar(16_000_i64);
//! for window in [[0.0_f32; 576]; 10] {
//!     let window = Tensor::from_vec([1, 576], window.to_vec())?;
//!     let found = stream.run(&[("input", &window), ("sr", &rate)])?;
//!     println!("{:.2}", found[0].as_slice::<f32>()?[0]);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The package says in `[[state]]` which output is which input of the next call. A stream keeps those
//! tensors and nothing else: any number of streams share the instances of a version, and calls of
//! different streams that wait run together, as other requests do.
//!
//! The trap: a stream leases one version. A route that moves on leaves its streams behind, until each
//! is [updated](Stream::update), which carries its state over, or resets; [`StreamOptions::follow`]
//! asks for that before each call.

use std::sync::Arc;

use semver::Version;
use tracing::Instrument as _;

use super::ask::{count, veiled, veiled_later};
use super::loaded::{bytes, describe};
use super::passage::Passage;
use super::session::{Held, Place, Session, Then};
use super::{Answer, Call, LoadedModel, Outputs, Route, Ticket};
use crate::tensor::Tensor;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result, observe};

/// How a stream goes on.
#[derive(Debug, Clone, Default)]
pub struct StreamOptions {
    /// Whether it moves with its route: before each call it goes on with the version that the route
    /// serves now, if that keeps the same state; else it stays, and the log says why.
    pub follow: bool,
}

/// Calls that follow each other. Cheap to clone; clones are one stream, and [`Stream::fork`] makes
/// another.
#[derive(Debug, Clone)]
pub struct Stream {
    route: Route,
    options: StreamOptions,
    place: Arc<Place>,
}

impl Route {
    /// A stream that begins now, on the version that answers now.
    ///
    /// # Errors
    /// `Unsupported` when the model keeps no state between calls.
    pub fn stream(&self) -> Result<Stream> {
        self.stream_with(&StreamOptions::default())
    }

    /// A stream that goes on as `options` say.
    ///
    /// # Errors
    /// As [`Route::stream`].
    pub fn stream_with(&self, options: &StreamOptions) -> Result<Stream> {
        let model = self.lease();
        let manifest = model.manifest();
        let listens = manifest
            .audio
            .as_ref()
            .is_some_and(|audio| audio.window.is_some());
        if model.state().is_empty() && !listens {
            let message = format!("`{}` keeps no state between calls", describe(manifest));
            return Err(Error::new(ErrorKind::Unsupported, message).advise(
                "call `run`, or say in `[[state]]` which output is the next call's input",
            ));
        }
        Ok(Stream {
            route: self.clone(),
            options: options.clone(),
            place: Place::new(Session::begin(model)),
        })
    }

    /// Answers a request on this version, whatever trial is under way, and enters it into the sums.
    /// What the request leaves to be done is done once it is settled.
    pub(crate) fn answer_on<T: Answer>(
        &self,
        model: &LoadedModel,
        call: &Call,
        request: impl FnOnce() -> Result<(T, Then)>,
    ) -> Result<T> {
        let passage = Passage::begin(self, model, call)?;
        let ended = passage.span.in_scope(request);
        passage.close_with(self, call, ended)
    }

    /// As [`Route::answer_on`], without waiting.
    pub(crate) fn ticket_on<T: Answer, F>(
        &self,
        model: &Arc<LoadedModel>,
        call: &Call,
        work: impl FnOnce(Arc<LoadedModel>, Call) -> F,
    ) -> Ticket<T>
    where
        F: Future<Output = Result<(T, Then)>> + Send + 'static,
    {
        let (route, passage) = (self.clone(), Passage::begin(self, model, call));
        Ticket::start(model, call, |model, call| {
            let work = work(model, call.clone());
            async move {
                let passage = passage?;
                let ended = work.instrument(passage.span.clone()).await;
                passage.close_with(&route, &call, ended)
            }
        })
    }
}

impl Passage {
    /// As [`Passage::close`]; what the request left to be done is done once it is settled.
    fn close_with<T: Answer>(
        &self,
        route: &Route,
        call: &Call,
        ended: Result<(T, Then)>,
    ) -> Result<T> {
        let (mut answer, then) = match ended {
            Ok((answer, then)) => (Ok(answer), Some(then)),
            Err(error) => (Err(error), None),
        };
        self.close(route, call, &mut answer);
        if let (Ok(_), Some(then)) = (&answer, then) {
            then();
        }
        answer
    }
}

impl Stream {
    /// Runs the next call: named tensors in, every output out. The state is neither given nor
    /// returned. A call that fails leaves the stream as it was.
    ///
    /// # Errors
    /// As [`Route::run`]; `InvalidArgument` for more than one row, and for an input or output that is
    /// state; `Conflict` while another call of the stream is under way.
    pub fn run(&self, inputs: &[(&str, &Tensor)]) -> Result<Outputs> {
        self.run_with(inputs, &[], &Call::default())
    }

    /// Runs the next call for the outputs named (none: all but the state), as `call` says.
    ///
    /// # Errors
    /// As [`Stream::run`] and [`Route::run_with`].
    pub fn run_with(
        &self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        call: &Call,
    ) -> Result<Outputs> {
        let held = self.take()?;
        let step = Step::of(held.session()?, inputs, outputs)?;
        let model = Arc::clone(held.model()?);
        self.route.answer_on(&model, call, || {
            let mut usage = step.receipt(&model);
            let (inputs, wanted) = (step.inputs(), step.outputs());
            let tensors = veiled(&model, &inputs, &wanted, call, &mut usage)?;
            step.end(held, tensors, usage)
        })
    }

    /// As [`Stream::run_with`], without waiting. The stream is busy until the ticket is done.
    pub fn submit(
        &self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        call: &Call,
    ) -> Ticket<Outputs> {
        let begun = self.take().and_then(|held| {
            let step = Step::of(held.session()?, inputs, outputs)?;
            Ok((step, held))
        });
        let model = match &begun {
            Ok((_, held)) => held.model().map_or_else(|_| self.route.lease(), Arc::clone),
            Err(_) => self.route.lease(), // only to be refused on
        };
        self.route
            .ticket_on(&model, call, |model, call| async move {
                let (step, held) = begun?;
                let mut usage = step.receipt(&model);
                let inputs = step.inputs();
                let later = veiled_later(&model, &inputs, &step.outputs, &call, &mut usage);
                let tensors = later.await?;
                drop(inputs);
                step.end(held, tensors, usage)
            })
    }

    /// Goes on with the version that the route serves now, and carries the state over. True when
    /// that is another one.
    ///
    /// # Errors
    /// `Unsupported`, saying why, when that version does not keep the same state: the stream then goes
    /// on with its own. `Conflict` while a call is under way.
    pub fn update(&self) -> Result<bool> {
        let mut held = self.place.take()?;
        let next = self.route.lease();
        if held.model()?.digest() == next.digest() {
            return Ok(false);
        }
        let carried = held.session()?.carried_to(&next)?;
        held.replace(carried);
        Ok(true)
    }

    /// Begins anew, on the version that the route serves now.
    ///
    /// # Errors
    /// `Conflict` while a call is under way.
    pub fn reset(&self) -> Result<()> {
        let mut held = self.place.take()?;
        let anew = held.session()?.anew(self.route.lease());
        held.replace(anew);
        Ok(())
    }

    /// Another stream that goes on from where this one is.
    ///
    /// # Errors
    /// `Conflict` while a call is under way.
    pub fn fork(&self) -> Result<Self> {
        Ok(Self {
            route: self.route.clone(),
            options: self.options.clone(),
            place: Place::new(self.place.look()?),
        })
    }

    /// The route that it is of.
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// The version that it leases.
    ///
    /// # Errors
    /// `Conflict` while a call is under way.
    pub fn version(&self) -> Result<Version> {
        let session = self.place.look()?;
        Ok(session.model.manifest().package.version.clone())
    }

    /// The session, for the next call.
    pub(crate) fn take(&self) -> Result<Held> {
        let mut held = self.place.take()?;
        if self.options.follow {
            self.follow(&mut held)?;
        }
        Ok(held)
    }

    /// Moves with the route, or tells the log why it cannot.
    fn follow(&self, held: &mut Held) -> Result<()> {
        let next = self.route.lease();
        if held.model()?.digest() == next.digest() {
            return Ok(());
        }
        match held.session()?.carried_to(&next) {
            Ok(carried) => held.replace(carried),
            Err(error) => {
                let package = &held.model()?.manifest().package;
                observe::stream_stayed(package.name.as_str(), &package.version.to_string(), &error);
            }
        }
        Ok(())
    }
}

/// One call: what the caller gave and asked for, and the state beside it.
struct Step {
    inputs: Vec<(String, Tensor)>,
    outputs: Vec<String>,
    /// How many of the inputs, and of the outputs, are the caller's own: the first ones.
    given: usize,
    wanted: usize,
}

impl Step {
    fn of(session: &Session, inputs: &[(&str, &Tensor)], outputs: &[&str]) -> Result<Self> {
        let model = &session.model;
        check_hidden(model, inputs, outputs)?;
        check_rows(model, inputs)?;
        let places = model.state().places();
        let mut outputs = wanted(model, outputs);
        let wanted = outputs.len();
        outputs.extend(places.iter().map(|place| place.output.clone()));
        let own = |(name, tensor): &(&str, &Tensor)| ((*name).to_owned(), (*tensor).clone());
        let pairs = places.iter().zip(&session.state);
        let state = pairs.map(|(place, tensor)| (place.input.clone(), tensor.clone()));
        Ok(Self {
            inputs: inputs.iter().map(own).chain(state).collect(),
            given: inputs.len(),
            outputs,
            wanted,
        })
    }

    fn inputs(&self) -> Vec<(&str, &Tensor)> {
        let pairs = self.inputs.iter();
        pairs
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect()
    }

    fn outputs(&self) -> Vec<&str> {
        self.outputs.iter().map(String::as_str).collect()
    }

    /// A receipt for what the caller gave.
    fn receipt(&self, model: &LoadedModel) -> Usage {
        let given = self.inputs.iter().take(self.given);
        let mut usage = model.receipt();
        count(&mut usage, given.map(|(_, tensor)| tensor));
        usage.rows = 1;
        usage
    }

    /// The answer, and what the stream keeps once it is settled.
    fn end(
        self,
        held: Held,
        mut tensors: Vec<Tensor>,
        mut usage: Usage,
    ) -> Result<(Outputs, Then)> {
        let state = tensors.split_off(self.wanted.min(tensors.len()));
        let model = Arc::clone(held.model()?);
        model.state().check(&state)?;
        usage.bytes_out -= state.iter().map(bytes).sum::<u64>();
        let wanted = &self.outputs[..self.wanted];
        let outputs = Outputs::named(wanted, tensors, usage);
        Ok((outputs, held.then_keep(state, None)))
    }
}

/// The outputs that the caller gets: those named, or all but the state.
fn wanted(model: &LoadedModel, named: &[&str]) -> Vec<String> {
    if !named.is_empty() {
        return named.iter().map(ToString::to_string).collect();
    }
    let is_state = |name: &str| model.state().gives(name);
    let all = model.signature().outputs.iter().map(|port| &port.name);
    all.filter(|name| !is_state(name)).cloned().collect()
}

/// State is neither given nor asked for.
fn check_hidden(model: &LoadedModel, inputs: &[(&str, &Tensor)], outputs: &[&str]) -> Result<()> {
    let state = model.state();
    let mut given = inputs.iter().map(|(name, _)| *name);
    let mut asked = outputs.iter().copied();
    let hidden = given.find(|name| state.takes(name));
    let Some(name) = hidden.or_else(|| asked.find(|name| state.gives(name))) else {
        return Ok(());
    };
    let message = format!("`{name}` is state, which the stream keeps itself");
    Err(Error::new(ErrorKind::InvalidArgument, message)
        .advise("leave it out, or call `run` of the route and keep the state yourself"))
}

/// A stream is one row of each input.
fn check_rows(model: &LoadedModel, inputs: &[(&str, &Tensor)]) -> Result<()> {
    let rows = |(name, tensor): &(&str, &Tensor)| {
        let axis = model.axes().input(name)?;
        let rows = tensor.shape().get(axis).copied()?;
        (rows != 1).then(|| ((*name).to_owned(), rows))
    };
    match inputs.iter().find_map(rows) {
        Some((name, rows)) => {
            let message = format!("input `{name}` has `{rows}` rows where a stream has one");
            Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("give each row a stream of its own; calls of many streams run together"))
        }
        None => Ok(()),
    }
}
