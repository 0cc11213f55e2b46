//! Runs of one step of a call, over whichever graph it is for: all of them done now, beside each
//! other, or put into the queue and awaited.
//!
//! Every step is written once, as `async`. A call whose thread waits takes [`How::Now`], whose
//! futures are ready when they are first polled; a ticket takes [`How::Later`].
//!
//! The trap: a thread of a pool's own must not wait for another run, so nothing under `How::Later`
//! blocks.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::scheduler::{Queued, Request};
use crate::service::{Begun, LoadedModel, Part};
use crate::tensor::Tensor;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// Whether the caller's thread waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Now,
    Later,
}

/// One graph, as a step of a call uses it.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) model: &'a LoadedModel,
    pub(super) part: Part<'a>,
    pub(super) input: &'a str,
    pub(super) begun: &'a Begun,
    pub(super) how: How,
}

impl Step<'_> {
    /// The first output for each input, in order; adds what they took to `usage`.
    ///
    /// # Errors
    /// Whatever a run ends with.
    pub(super) async fn run(self, inputs: &[Tensor], usage: &mut Usage) -> Result<Vec<Tensor>> {
        match self.how {
            How::Now => self.run_now(inputs, usage),
            How::Later => self.run_later(inputs, usage).await,
        }
    }

    fn run_now(self, inputs: &[Tensor], usage: &mut Usage) -> Result<Vec<Tensor>> {
        let is_part = inputs.len() > 1;
        let run = |input: &Tensor| {
            let mut used = self.model.receipt();
            let send = |request: &Request<'_>| self.part.run_request(request, &mut used);
            let outputs = self.request(input, is_part, send)?;
            Ok((first(outputs)?, used))
        };
        let answers = self.model.spread(inputs.iter().collect(), run);
        let add = |answer: Result<(Tensor, Usage)>| {
            let (output, used) = answer?;
            usage.add_run(&used);
            Ok(output)
        };
        answers.into_iter().map(add).collect()
    }

    async fn run_later(self, inputs: &[Tensor], usage: &mut Usage) -> Result<Vec<Tensor>> {
        let is_part = inputs.len() > 1;
        let mut answers = Vec::with_capacity(inputs.len());
        // Few at once, so that a large call leaves the queue to others.
        for wave in inputs.chunks(2 * self.model.capacity()) {
            let send = |request: &Request<'_>| self.part.submit_request(request);
            let submit = |input: &Tensor| self.request(input, is_part, send);
            let queued: Vec<Queued> = wave.iter().map(submit).collect::<Result<_>>()?;
            for one in queued {
                answers.push(first(self.part.receive(one.await, usage)?)?);
            }
        }
        Ok(answers)
    }

    fn request<T>(
        self,
        input: &Tensor,
        part: bool,
        send: impl FnOnce(&Request<'_>) -> Result<T>,
    ) -> Result<T> {
        let inputs = [(self.input, input)];
        let request = self.part.request(&inputs, &[], self.begun);
        send(&Request { part, ..request })
    }
}

fn first(outputs: Vec<Tensor>) -> Result<Tensor> {
    outputs.into_iter().next().ok_or_else(|| {
        Error::new(ErrorKind::InvalidPackage, "a graph gave no output").advise("export it with one")
    })
}

/// The answer of a future that waits for nothing.
pub(super) fn now<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err(Error::new(ErrorKind::Internal, "a call was left half done")
            .advise("please report this")),
    }
}
