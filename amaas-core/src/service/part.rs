//! One graph of a loaded version, and running it: the main graph, or a part that a task needs
//! beside it.
//!
//! ```no_run
//! # use amaas_core::{Call, Tensor};
//! # fn main() -> amaas_core::Result<()> {
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let model = service.load("translate@^1")?.lease();
//! let decoder = model.part("decoder")?;
//! println!("{:?} on {}", decoder.signature().inputs, decoder.placement());
//! # let (states, ids) = (Tensor::from_vec([1], vec![0.0_f32])?, Tensor::from_vec([1], vec![0_i64])?);
//! let mut usage = model.receipt(); // one receipt for all the steps of an answer
//! let inputs = [("states", &states), ("ids", &ids)];
//! decoder.run(&inputs, &["logits"], &Call::default(), &mut usage)?;
//! # Ok(())
//! # }
//! ```
//!
//! The trap: a call that goes through several graphs has one deadline and one flag. Begin it once
//! and give every step the same; a [`Call`] that is given to each step begins anew with each.

use std::fmt;

use super::call::{Begun, Call};
use super::interface::Interface;
use super::loaded::{LoadedModel, describe};
use crate::model::Signature;
use crate::runtime::Placement;
use crate::scheduler::{Queued, Ran, Request};
use crate::tensor::Tensor;
use crate::usage::Usage;
use crate::{Error, Result};

/// One graph of a loaded version.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    model: &'a LoadedModel,
    name: Option<&'a str>,
    interface: &'a Interface,
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("name", &self.name)
            .field("interface", &self.interface)
            .finish_non_exhaustive()
    }
}

impl<'a> Part<'a> {
    pub(super) fn new(
        model: &'a LoadedModel,
        name: Option<&'a str>,
        interface: &'a Interface,
    ) -> Self {
        Self {
            model,
            name,
            interface,
        }
    }

    /// What it takes and gives.
    pub fn signature(self) -> &'a Signature {
        self.interface.signature()
    }

    /// Where its nodes run.
    pub fn placement(self) -> &'a Placement {
        self.interface.placement()
    }

    /// Key and value pairs that its author stored in its file.
    pub fn metadata(self) -> &'a [(String, String)] {
        self.interface.metadata()
    }

    /// Runs it once; adds what that took to `usage`. Requests that need not be apart may run
    /// together.
    ///
    /// # Errors
    /// `InvalidArgument` for inputs or outputs that it does not have or take; whatever the run
    /// ends with.
    pub fn run(
        self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        call: &Call,
        usage: &mut Usage,
    ) -> Result<Vec<Tensor>> {
        let begun = self.model.begin(call)?;
        self.run_request(&self.request(inputs, outputs, &begun), usage)
    }

    /// A request of a call under way, which may run together with others.
    pub(crate) fn request<'b>(
        self,
        inputs: &'b [(&'b str, &'b Tensor)],
        outputs: &'b [&'b str],
        begun: &'b Begun,
    ) -> Request<'b>
    where
        'a: 'b,
    {
        Request {
            stop: begun.stop(),
            priority: begun.priority(),
            tenant: begun.tenant(),
            join: self.interface.join(),
            ..Request::new(inputs, outputs)
        }
    }

    /// Runs it once, with a say in how the request is scheduled.
    ///
    /// # Errors
    /// As [`Part::run`].
    pub fn run_request(self, request: &Request<'_>, usage: &mut Usage) -> Result<Vec<Tensor>> {
        self.check(request)?;
        let now = self.model.clock().now();
        let ran = match self.model.residence().at_hand(now) {
            Some(resident) => resident.of(self.name)?.run_at(request, now),
            // Whoever waits for instances comes when they do: that is no time of a run.
            None => self.model.engage(request.stop)?.of(self.name)?.run(request),
        };
        self.receive(ran, usage)
    }

    /// Puts a request into the queue; what it ends with goes through [`Part::receive`].
    pub(crate) fn submit_request(self, request: &Request<'_>) -> Result<Queued> {
        self.check(request)?;
        let resident = self.model.engage(request.stop)?;
        let queued = resident.of(self.name)?.submit(request);
        queued.map_err(|error| self.locate(error))
    }

    /// The outputs of a run; adds what it took to `usage`.
    pub(crate) fn receive(self, ran: Result<Ran>, usage: &mut Usage) -> Result<Vec<Tensor>> {
        let Ran {
            outputs,
            queued,
            computed,
            together,
        } = ran.map_err(|error| self.locate(error))?;
        usage.bytes_out += outputs.iter().map(super::loaded::bytes).sum::<u64>();
        usage.queued += queued;
        usage.computed += computed;
        usage.together = usage.together.max(together as u64);
        Ok(outputs)
    }

    fn check(self, request: &Request<'_>) -> Result<()> {
        let signature = self.signature();
        let checked = signature.check(request.inputs);
        let checked = checked.and_then(|()| signature.check_outputs(request.outputs));
        checked.map_err(|error| self.in_part(error))
    }

    fn locate(self, error: Error) -> Error {
        self.in_part(error.with("model", describe(self.model.manifest())))
    }

    fn in_part(self, error: Error) -> Error {
        match self.name {
            Some(name) => error.with("part", name),
            None => error,
        }
    }
}
