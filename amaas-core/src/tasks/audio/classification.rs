//! Audio classification: a recording in, labels with scores out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::{Audio, Service};
//!
//! let service = Service::builder().registry("models/").build()?;
//! let sounds = service.load("sounds@^1")?;
//! let answers = sounds.classify_audio(&[Audio::open("street.wav")?])?;
//! println!("{}", answers[0].labels[0].label);
//! # Ok(())
//! # }
//! ```
//!
//! The trap: a package with a window reads a recording in pieces of that length and gives the mean of
//! their scores by their samples. One without reads it whole, and its memory grows with it.

use std::sync::Arc;

use super::inputs::{Inputs, invalid};
use super::sound::Audio;
use super::voice_activity::{reads_no_text, receipt};
use crate::model::{AudioClassification, Function, Golden, Package, Signature};
use crate::scheduler::Request;
use crate::service::{
    Axes, Begun, Call, LoadedModel, PreparedTask, Rehearsal, Route, StateLayout, Ticket,
};
use crate::tasks::{Classification, Classified, ClassifyOptions, runner, scores};
use crate::tensor::Tensor;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

const KIND: &str = "audio-classification";

impl Route {
    /// Classifies each recording; every label, best first.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InvalidArgument` for what is empty, damaged or
    /// no sound; `InputTooLong` for a recording over the package's limit; and as [`Route::run`].
    pub fn classify_audio(&self, recordings: &[Audio]) -> Result<Vec<Classification>> {
        let options = ClassifyOptions::default();
        Ok(self.classify_audio_with(recordings, &options)?.answers)
    }

    /// Classifies each recording, with options of this call; `overflow` is about texts.
    ///
    /// # Errors
    /// As [`Route::classify_audio`], and `InvalidArgument` for an `overflow`.
    pub fn classify_audio_with(
        &self,
        recordings: &[Audio],
        options: &ClassifyOptions,
    ) -> Result<Classified> {
        let classify = |model: &Arc<LoadedModel>| classify(model, recordings, options);
        self.answer(&options.call, classify, || {
            again(recordings.into(), options)
        })
    }

    /// As [`Route::classify_audio_with`], without waiting: the recordings are decoded on this thread,
    /// and what comes of them comes through the ticket.
    pub fn submit_classify_audio(
        &self,
        recordings: Vec<Audio>,
        options: &ClassifyOptions,
    ) -> Ticket<Classified> {
        let recordings: Arc<[Audio]> = recordings.into();
        let (own, repeat) = (options.clone(), (Arc::clone(&recordings), options.clone()));
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let options = ClassifyOptions { call, ..own };
            let task = model.task::<AudioClassifier>(KIND)?;
            task.run_later(&model, &recordings, &options).await
        };
        self.ticket(&options.call, work, move || again(repeat.0, &repeat.1))
    }
}

fn classify(
    model: &LoadedModel,
    recordings: &[Audio],
    options: &ClassifyOptions,
) -> Result<Classified> {
    model
        .task::<AudioClassifier>(KIND)?
        .run(model, recordings, options)
}

/// The same request once more, as another call.
fn again(
    recordings: Arc<[Audio]>,
    options: &ClassifyOptions,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<Classified> + Send + 'static + use<> {
    let options = options.clone();
    move |model, call| classify(model, &recordings, &ClassifyOptions { call, ..options })
}

/// The task, ready for one version.
#[derive(Debug)]
pub(in crate::tasks) struct AudioClassifier {
    settings: AudioClassification,
    inputs: Inputs,
    output: String,
    max_rows: usize,
}

/// Rows of one length that run together: of which recording each is, and how many samples of it are
/// the recording's own.
struct Batch {
    rows: Vec<f32>,
    width: usize,
    members: Vec<(usize, usize)>,
}

impl AudioClassifier {
    pub(in crate::tasks) fn prepare(
        settings: &AudioClassification,
        package: &Package,
        signature: &Signature,
    ) -> Result<Arc<dyn PreparedTask>> {
        let manifest = &package.manifest;
        if !manifest.state.is_empty() || manifest.audio.as_ref().is_some_and(|a| a.context > 0) {
            return Err(
                invalid("the task `audio-classification` has state or context")
                    .advise("each window is classified by itself: leave both out"),
            );
        }
        Axes::of(manifest, signature)?;
        let port = runner::output(settings.output.as_deref(), signature)?;
        Ok(Arc::new(Self {
            settings: settings.clone(),
            inputs: Inputs::prepare(package, signature)?,
            output: port.name.clone(),
            max_rows: manifest.batching.max_rows,
        }))
    }

    fn run(
        &self,
        model: &LoadedModel,
        recordings: &[Audio],
        options: &ClassifyOptions,
    ) -> Result<Classified> {
        let begun = &model.begin(&options.call)?;
        let mut reading = self.reading(model, recordings, options)?;
        for batch in self.batches(&reading.samples) {
            let usage = &mut reading.usage;
            let run = |request: &Request<'_>| model.run_request(request, usage);
            let outputs = self.request(model, &batch, begun, run)?;
            reading.add(self, &batch, &outputs)?;
        }
        Ok(reading.end(self))
    }

    async fn run_later(
        &self,
        model: &LoadedModel,
        recordings: &[Audio],
        options: &ClassifyOptions,
    ) -> Result<Classified> {
        let begun = &model.begin(&options.call)?;
        let mut reading = self.reading(model, recordings, options)?;
        for batch in self.batches(&reading.samples) {
            let submit = |request: &Request<'_>| model.submit_request(request);
            let queued = self.request(model, &batch, begun, submit)?;
            let outputs = model.receive(queued.await, &mut reading.usage)?;
            reading.add(self, &batch, &outputs)?;
        }
        Ok(reading.end(self))
    }

    fn reading(
        &self,
        model: &LoadedModel,
        recordings: &[Audio],
        options: &ClassifyOptions,
    ) -> Result<Reading> {
        scores::check_top_k(options.top_k)?;
        if options.overflow.is_some() {
            let message = "`overflow` says what happens to texts, and this is sound";
            return Err(Error::new(ErrorKind::InvalidArgument, message).advise("leave it out"));
        }
        let mono = |(place, recording): (usize, &Audio)| {
            let samples = recording.mono(&self.inputs.settings);
            samples.map_err(|error| error.with("recording", place))
        };
        let samples = super::each(model, recordings, mono)?;
        Ok(Reading {
            function: options
                .function_to_apply
                .unwrap_or(self.settings.function_to_apply),
            top_k: options.top_k,
            scores: vec![vec![0.0; self.settings.labels.len()]; samples.len()],
            windows: vec![0; samples.len()],
            usage: receipt(model, recordings),
            samples: Arc::new(samples),
        })
    }

    /// Every window of every recording, those of one length together.
    fn batches(&self, samples: &Arc<Vec<Vec<f32>>>) -> impl Iterator<Item = Batch> + Send + use<> {
        let (samples, most) = (Arc::clone(samples), self.most_rows());
        let (window, normalize) = (self.inputs.width, self.inputs.settings.normalize);
        let mut places: Vec<(usize, usize, usize)> = Vec::new();
        for (recording, samples) in samples.iter().enumerate() {
            let window = window.unwrap_or(samples.len());
            let starts = (0..samples.len()).step_by(window.max(1));
            places.extend(starts.map(|start| (window, recording, start)));
        }
        places.sort_by_key(|(width, ..)| std::cmp::Reverse(*width));
        let same = |one: &(usize, usize, usize), other: &(usize, usize, usize)| one.0 == other.0;
        let groups = places.chunk_by(same).flat_map(|group| group.chunks(most));
        let groups: Vec<Vec<_>> = groups.map(<[_]>::to_vec).collect();
        groups.into_iter().map(move |group| {
            let width = group.first().map_or(1, |(width, ..)| *width);
            let mut batch = Batch::of(width, group.len());
            for (_, recording, start) in group {
                let rest = &samples[recording][start..];
                batch.push(recording, &rest[..rest.len().min(width)], normalize);
            }
            batch
        })
    }

    fn most_rows(&self) -> usize {
        if self.inputs.takes_many {
            self.max_rows
        } else {
            1
        }
    }

    /// Gives `send` the request of one batch.
    fn request<T>(
        &self,
        model: &LoadedModel,
        batch: &Batch,
        begun: &Begun,
        send: impl FnOnce(&Request<'_>) -> Result<T>,
    ) -> Result<T> {
        let inputs = self.inputs.tensors(batch.rows.clone(), batch.width)?;
        let named = inputs.iter().map(|(name, tensor)| (name.as_str(), tensor));
        let (named, outputs): (Vec<_>, _) = (named.collect(), [self.output.as_str()]);
        send(&Request {
            stop: begun.stop(),
            priority: begun.priority(),
            tenant: begun.tenant(),
            join: model.join(),
            ..Request::new(&named, &outputs)
        })
    }

    /// The scores of each row of one run.
    fn read(&self, rows: usize, output: &Tensor, function: Function) -> Result<Vec<Vec<f64>>> {
        let labels = self.settings.labels.len();
        if **output.shape() != [rows, labels] {
            let wanted = format!("[{rows}, {labels}], a score for each label,");
            return Err(runner::unreadable(&self.output, output, &wanted));
        }
        let values = output.to_f64()?;
        let score = |row: &[f64]| {
            scores::check_numbers(&self.output, row)?;
            let mut row = row.to_vec();
            scores::apply(function, &mut row);
            Ok(row)
        };
        values.chunks_exact(labels).map(score).collect()
    }
}

impl Batch {
    fn of(width: usize, rows: usize) -> Self {
        Self {
            rows: Vec::with_capacity(width * rows),
            width,
            members: Vec::with_capacity(rows),
        }
    }

    /// Adds a row, filled up with zeros.
    fn push(&mut self, recording: usize, samples: &[f32], normalize: bool) {
        self.members.push((recording, samples.len()));
        let start = self.rows.len();
        self.rows.extend_from_slice(samples);
        if normalize {
            standardize(&mut self.rows[start..]);
        }
        self.rows.resize(start + self.width, 0.0);
    }
}

/// Shifts and scales samples to mean 0 and variance 1: `(x - mean) / sqrt(variance + 1e-7)`.
fn standardize(samples: &mut [f32]) {
    let count = samples.len().max(1) as f64;
    let mean = samples.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
    let squares = samples.iter().map(|x| (f64::from(*x) - mean).powi(2));
    let scale = (squares.sum::<f64>() / count + 1e-7).sqrt();
    let scaled = |x: &mut f32| *x = ((f64::from(*x) - mean) / scale) as f32;
    samples.iter_mut().for_each(scaled);
}

/// What was read of the recordings of one call so far.
struct Reading {
    samples: Arc<Vec<Vec<f32>>>,
    scores: Vec<Vec<f64>>,
    windows: Vec<usize>,
    function: Function,
    top_k: Option<usize>,
    usage: Usage,
}

impl Reading {
    fn add(&mut self, task: &AudioClassifier, batch: &Batch, outputs: &[Tensor]) -> Result<()> {
        let lost = || Error::new(ErrorKind::Internal, "a run gave nothing for its output");
        let output = outputs.first().ok_or_else(lost)?;
        let rows = task.read(batch.members.len(), output, self.function)?;
        for ((recording, length), row) in batch.members.iter().zip(rows) {
            let share = *length as f64 / self.samples[*recording].len() as f64;
            let sums = self.scores[*recording].iter_mut().zip(row);
            sums.for_each(|(sum, score)| *sum += share * score);
            self.windows[*recording] += 1;
        }
        Ok(())
    }

    fn end(self, task: &AudioClassifier) -> Classified {
        let answer = |(scores, windows): (&Vec<f64>, &usize)| Classification {
            labels: scores::rank(&task.settings.labels, scores, self.top_k),
            truncated: 0,
            windows: *windows,
        };
        Classified {
            answers: self.scores.iter().zip(&self.windows).map(answer).collect(),
            usage: self.usage,
        }
    }
}

impl PreparedTask for AudioClassifier {
    fn check(&self, _: &LoadedModel, _: &Golden) -> Result<()> {
        Err(reads_no_text())
    }

    fn rehearsal(&self, rows: usize, share: f64) -> Result<Rehearsal> {
        let second = f64::from(self.inputs.settings.sampling_rate);
        let width = self
            .inputs
            .width
            .unwrap_or((second * share).ceil() as usize);
        Ok(Rehearsal {
            inputs: self
                .inputs
                .silence(rows, width.max(1), &StateLayout::default())?,
            outputs: vec![self.output.clone()],
        })
    }

    fn answer(&self, _: &LoadedModel, _: &str, _: &Call) -> Result<()> {
        Err(reads_no_text())
    }
}
