//! What every task over whole images does alike: decode, group, run; its reader sees one group at a
//! time.
//!
//! A call of many images is spread over the instances for a crowd, and each thread decodes its own
//! next images while others run.
//!
//! The trap: frames are large. Only those of the groups under way are in memory, never all of a call.

use rayon::prelude::*;

use super::input::Image;
use super::plan::Plan;
use super::prepare::{Frame, Preparer};
use crate::model::Task;
use crate::observe::spans;
use crate::runtime::Stop;
use crate::scheduler::{Queued, Request};
use crate::service::{Begun, LoadedModel, Rehearsal};
use crate::tensor::Tensor;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Phase, Result};

/// Images that one thread decodes and runs together where several share a call.
const PART: usize = 4;
/// The same where one instance does all.
const WHOLE: usize = 16;

/// Chunks of one call whose answers are held at once.
const WAVE: usize = 64;

/// Images on their way through one graph.
#[derive(Debug)]
pub(super) struct ImageRunner {
    preparer: Preparer,
    outputs: Vec<String>,
}

/// Images that ran together, and what the graph answered.
#[derive(Debug)]
pub(super) struct Group {
    /// The places of its images among all of the call.
    pub(super) members: Vec<usize>,
    /// How each lay in what the graph saw.
    pub(super) plans: Vec<Plan>,
    /// The outputs, in the order asked for; each has a row for each member.
    pub(super) outputs: Vec<Tensor>,
}

/// Images of one size, ready to run.
struct Ready {
    members: Vec<usize>,
    plans: Vec<Plan>,
    input: Tensor,
}

impl ImageRunner {
    pub(super) fn new(preparer: Preparer, outputs: Vec<String>) -> Self {
        Self { preparer, outputs }
    }

    /// A run over blank images.
    pub(super) fn rehearsal(&self, rows: usize) -> Result<Rehearsal> {
        let rows = self.preparer.rows.unwrap_or(rows).max(1);
        let blank = self.preparer.blank()?;
        let input = self.preparer.tensor(&vec![blank.pixels(); rows])?;
        Ok(Rehearsal {
            inputs: vec![(self.preparer.input.clone(), input)],
            outputs: self.outputs.clone(),
        })
    }

    /// Runs every image and hands each group to `read`, in order.
    ///
    /// # Errors
    /// Whatever decoding, a run or `read` ends with, naming the image by its place.
    pub(super) fn run(
        &self,
        model: &LoadedModel,
        images: &[Image],
        begun: &Begun,
        mut read: impl FnMut(&Group) -> Result<()>,
    ) -> Result<Usage> {
        let mut usage = receipt(model, images);
        let chunks = self.chunks(model, images);
        let part = chunks.len() > 1;
        let run = |chunk: &Vec<usize>| self.run_chunk(model, images, chunk, (begun, part));
        for wave in chunks.chunks(WAVE) {
            for answer in model.spread(wave.iter().collect(), run) {
                let (groups, used) = answer?;
                usage.add_run(&used);
                groups.iter().try_for_each(|group| hand(group, &mut read))?;
            }
        }
        Ok(usage)
    }

    /// As [`ImageRunner::run`], without a thread that waits for runs.
    pub(super) async fn run_later(
        &self,
        model: &LoadedModel,
        images: &[Image],
        begun: &Begun,
        mut read: impl FnMut(&Group) -> Result<()>,
    ) -> Result<Usage> {
        let mut usage = receipt(model, images);
        let chunks = self.chunks(model, images);
        let part = chunks.len() > 1;
        // Few at once, so that a large call leaves the queue to others.
        for wave in chunks.chunks(2 * model.capacity()) {
            let submit =
                |chunk: &Vec<usize>| self.submit_chunk(model, images, chunk, (begun, part));
            let submitted: Vec<_> = match model.workers() {
                Some(workers) if part => {
                    workers.install(|| wave.par_iter().with_max_len(1).map(submit).collect())
                }
                _ => wave.iter().map(submit).collect(),
            };
            let submitted = submitted.into_iter().collect::<Result<Vec<_>>>()?;
            for (ready, queued) in submitted.into_iter().flatten() {
                let mut used = model.receipt();
                let outputs = model.receive(queued.await, &mut used)?;
                usage.add_run(&used);
                hand(&ready.answered(outputs)?, &mut read)?;
            }
        }
        Ok(usage)
    }

    /// The places of images that one thread takes at a time.
    fn chunks(&self, model: &LoadedModel, images: &[Image]) -> Vec<Vec<usize>> {
        let most = if model.capacity() > 1 { PART } else { WHOLE };
        let most = most.min(self.preparer.rows.unwrap_or(most)).max(1);
        let places: Vec<_> = (0..images.len()).collect();
        places.chunks(most).map(<[usize]>::to_vec).collect()
    }

    fn run_chunk(
        &self,
        model: &LoadedModel,
        images: &[Image],
        chunk: &[usize],
        (begun, part): (&Begun, bool),
    ) -> Result<(Vec<Group>, Usage)> {
        let mut usage = model.receipt();
        let run = |ready: Ready| {
            let send = |request: &Request<'_>| model.run_request(request, &mut usage);
            let outputs = self.request(model, &ready.input, (begun, part), send)?;
            ready.answered(outputs)
        };
        let ready = self.ready(images, chunk, begun.stop())?;
        let groups = ready.into_iter().map(run).collect::<Result<_>>()?;
        Ok((groups, usage))
    }

    fn submit_chunk(
        &self,
        model: &LoadedModel,
        images: &[Image],
        chunk: &[usize],
        how: (&Begun, bool),
    ) -> Result<Vec<(Ready, Queued)>> {
        let submit = |ready: Ready| {
            let send = |request: &Request<'_>| model.submit_request(request);
            let queued = self.request(model, &ready.input, how, send)?;
            Ok((ready, queued))
        };
        let ready = self.ready(images, chunk, how.0.stop())?;
        ready.into_iter().map(submit).collect()
    }

    /// Decodes the images at these places, those of one size together.
    fn ready(&self, images: &[Image], places: &[usize], stop: Option<&Stop>) -> Result<Vec<Ready>> {
        let mut sizes: Vec<(_, Vec<_>)> = Vec::new();
        for place in places {
            if let Some(stop) = stop.filter(|stop| stop.is_raised()) {
                return Err(stop.error(Phase::Queue));
            }
            let frame = self.preparer.frame(&images[*place]);
            let frame = frame.map_err(|error| error.with("image", place))?;
            let same = sizes.iter_mut().find(|(size, _)| *size == frame.size());
            match same {
                Some((_, frames)) => frames.push((*place, frame)),
                None => sizes.push((frame.size(), vec![(*place, frame)])),
            }
        }
        sizes
            .into_iter()
            .map(|(_, frames)| self.stack(&frames))
            .collect()
    }

    fn stack(&self, frames: &[(usize, Frame)]) -> Result<Ready> {
        let pixels: Vec<_> = frames.iter().map(|(_, frame)| frame.pixels()).collect();
        Ok(Ready {
            members: frames.iter().map(|(place, _)| *place).collect(),
            plans: frames.iter().map(|(_, frame)| frame.plan).collect(),
            input: self.preparer.tensor(&pixels)?,
        })
    }

    /// Gives `send` the request of one group.
    fn request<T>(
        &self,
        model: &LoadedModel,
        input: &Tensor,
        (begun, part): (&Begun, bool),
        send: impl FnOnce(&Request<'_>) -> Result<T>,
    ) -> Result<T> {
        let inputs = [(self.preparer.input.as_str(), input)];
        let outputs: Vec<_> = self.outputs.iter().map(String::as_str).collect();
        let request = model.main().request(&inputs, &outputs, begun);
        send(&Request { part, ..request })
    }
}

impl Ready {
    /// Its group, if every output has a row for each image.
    fn answered(self, outputs: Vec<Tensor>) -> Result<Group> {
        let rows = self.members.len();
        if let Some(wrong) = outputs.iter().find(|one| one.shape().rows() != Some(rows)) {
            let message = format!("an output is of {} for {rows} images", wrong.shape());
            return Err(Error::new(ErrorKind::InvalidPackage, message)
                .advise("export the graph so that each image answers for itself"));
        }
        Ok(Group {
            members: self.members,
            plans: self.plans,
            outputs,
        })
    }
}

/// Shows the reader one group.
fn hand(group: &Group, read: &mut impl FnMut(&Group) -> Result<()>) -> Result<()> {
    spans::post(group.members.len()).in_scope(|| read(group))
}

/// A receipt for these images.
pub(super) fn receipt(model: &LoadedModel, images: &[Image]) -> Usage {
    let mut usage = model.receipt();
    usage.rows = images.len() as u64;
    usage.task = model.manifest().task.as_ref().map(Task::kind);
    usage.bytes_in = images.iter().map(|image| image.byte_count() as u64).sum();
    usage
}
