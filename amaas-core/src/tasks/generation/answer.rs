//! Whole answers out of texts under way: waited for, or awaited.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Context;

use super::KIND;
use super::handover::Next;
use super::options::{Finish, GenerateOptions, Generated, Generation};
use super::writer::{Prompt, Started, Writer};
use crate::model::Task;
use crate::runtime::{Stop, StopGuard};
use crate::service::{Admitted, Answer, Call, LoadedModel};
use crate::usage::Usage;
use crate::{Error, Result};

/// The texts of one call, all under way. Those that have not ended when this goes are given up.
#[derive(Debug)]
pub(super) struct Batch {
    started: Vec<Started>,
    stop: Stop,
    _guard: Option<StopGuard>,
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.stop.raise();
    }
}

impl Batch {
    /// Lets a text be written after each prompt.
    ///
    /// # Errors
    /// That of the first that cannot be.
    pub(super) fn start(
        (model, admitted): (&LoadedModel, Option<&Arc<Admitted>>),
        prompts: &[Prompt<'_>],
        options: &GenerateOptions,
    ) -> Result<Self> {
        let task = model.task::<Writer>(KIND)?;
        let stop = Stop::new();
        let outer = options.call.stop.as_ref();
        let guard = outer.and_then(|outer| stop.follow(outer));
        let options = GenerateOptions {
            call: Call {
                stop: Some(stop.clone()),
                ..options.call.clone()
            },
            ..options.clone()
        };
        Ok(Self {
            started: task.start((model, admitted), prompts, &options)?,
            stop,
            _guard: guard,
        })
    }

    /// Waits for all of them.
    ///
    /// # Errors
    /// That of the first that ends with one.
    pub(super) fn wait(&self, model: &LoadedModel) -> Result<Generated> {
        let answers = self.started.iter().map(collect).collect::<Result<_>>()?;
        Ok(self.generated(model, answers))
    }

    /// As [`Batch::wait`], without a thread that waits.
    pub(super) async fn wait_later(&self, model: &LoadedModel) -> Result<Generated> {
        let mut answers = Vec::with_capacity(self.started.len());
        for started in &self.started {
            answers.push(collect_later(started).await?);
        }
        Ok(self.generated(model, answers))
    }

    fn generated(&self, model: &LoadedModel, answers: Vec<Generation>) -> Generated {
        Generated {
            answers,
            usage: self.usage(model),
        }
    }

    /// The first of them.
    pub(super) fn first(&self) -> Option<&Started> {
        self.started.first()
    }

    /// What gives all of them up.
    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Gives all of them up.
    pub(super) fn cancel(&self) {
        self.stop.raise();
    }

    /// What all of them used so far.
    pub(super) fn usage(&self, model: &LoadedModel) -> Usage {
        let mut sum = Usage {
            task: Some(kind(model)),
            ..model.receipt()
        };
        for one in self.started.iter().map(|started| started.handover.usage()) {
            sum.rows += one.rows;
            sum.tokens += one.tokens;
            sum.tokens_out += one.tokens_out;
            sum.bytes_in += one.bytes_in;
            sum.bytes_out += one.bytes_out;
            sum.queued = sum.queued.max(one.queued);
            sum.computed += one.computed;
            sum.together = sum.together.max(one.together);
        }
        sum
    }
}

/// The task as receipts name it.
pub(super) fn kind(model: &LoadedModel) -> &'static str {
    model.manifest().task.as_ref().map_or(KIND, Task::kind)
}

/// Waits for a text.
pub(super) fn collect(started: &Started) -> Result<Generation> {
    let mut text = String::new();
    loop {
        match started.handover.wait() {
            Next::Piece(piece) => text.push_str(&piece),
            Next::End(finish) => return Ok(started.generation(text, finish?)),
        }
    }
}

async fn collect_later(started: &Started) -> Result<Generation> {
    let mut text = String::new();
    loop {
        match poll_fn(|context: &mut Context<'_>| started.handover.poll(context)).await {
            Next::Piece(piece) => text.push_str(&piece),
            Next::End(finish) => return Ok(started.generation(text, finish?)),
        }
    }
}

impl Started {
    pub(super) fn generation(&self, text: String, finish: Finish) -> Generation {
        Generation {
            text,
            finish,
            truncated: self.truncated,
            seed: self.seed,
        }
    }
}

/// Charges for what a request used that ended with an error; the error it then ends with.
pub(super) fn charge(admitted: &Admitted, mut usage: Usage, error: Error) -> Error {
    if usage.tokens_out == 0 {
        return error;
    }
    admitted.charge_part(&mut usage).err().unwrap_or(error)
}

impl Answer for Generated {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    /// The share of prompts with another text.
    fn apart(&self, other: &Self) -> f64 {
        let pairs = self.answers.iter().zip(&other.answers);
        let differ = pairs.filter(|(one, other)| one.text != other.text).count();
        differ as f64 / self.answers.len().max(1) as f64
    }
}
