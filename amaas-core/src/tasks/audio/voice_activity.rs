//! Voice activity detection: sound in, the stretches of speech in it out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::{Audio, Service};
//!
//! let service = Service::builder().registry("models/").build()?;
//! let voices = service.load("silero-vad@^6")?;
//! let answers = voices.detect_speech(&[Audio::open("interview.mp3")?])?;
//! for speech in &answers[0].speech {
//!     println!("{:.2} s to {:.2} s", speech.start, speech.end);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Recordings of one call run side by side; pieces of one that is not over yet go into a
//! [`Stream`](crate::Stream).
//!
//! The trap: a recording is as long as its samples. The window that its end is in is filled up with
//! silence, so that there are as many probabilities as windows that have begun.

use std::sync::Arc;

use super::ear::Ear;
use super::inputs::{Inputs, invalid};
use super::lanes::{Lane, Runner};
use super::segments::{Rule, Segment, Segmenter};
use super::sound::Audio;
use crate::model::{Golden, Package, Port, Signature, Task, VoiceActivity};
use crate::service::{
    Answer, Axes, Begun, Call, LoadedModel, PreparedTask, Rehearsal, Route, StateLayout, Ticket,
    numbers,
};
use crate::tasks::runner;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

pub(super) const KIND: &str = "voice-activity-detection";

/// A stretch of speech.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speech {
    /// Where it begins, in seconds from the start of the recording.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
    /// The mean probability of its windows, from 0 to 1.
    pub score: f64,
}

/// The answer to one recording.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SpeechDetection {
    /// The stretches of speech, in order.
    pub speech: Vec<Speech>,
    /// The probability of speech in each window, from 0 to 1.
    pub probabilities: Vec<f32>,
    /// How long a window is, in seconds.
    pub window: f64,
    /// How long the recording is, in seconds.
    pub duration: f64,
}

/// The answers to a call, in the order of its recordings, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SpeechDetected {
    /// One answer for each recording.
    pub answers: Vec<SpeechDetection>,
    /// What the call used.
    pub usage: Usage,
}

/// What a call may say otherwise than the package.
#[derive(Debug, Clone, Default)]
pub struct DetectSpeechOptions {
    /// Speech begins with a window of at least this probability.
    pub threshold: Option<f64>,
    /// Speech ends with windows below this probability; 0.15 below `threshold` when only that is
    /// given.
    pub release: Option<f64>,
    /// Shorter speech is left out, in milliseconds.
    pub min_speech_ms: Option<u32>,
    /// Speech goes on over shorter silence, in milliseconds.
    pub min_silence_ms: Option<u32>,
    /// How much is added before and after speech, in milliseconds.
    pub padding_ms: Option<u32>,
    /// By when, how urgent, and a flag to cancel it.
    pub call: Call,
}

impl Route {
    /// Finds the speech in each recording.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InvalidArgument` for what is empty, damaged or
    /// no sound; `InputTooLong` for a recording over the package's limit; and as [`Route::run`].
    pub fn detect_speech(&self, recordings: &[Audio]) -> Result<Vec<SpeechDetection>> {
        let options = DetectSpeechOptions::default();
        Ok(self.detect_speech_with(recordings, &options)?.answers)
    }

    /// Finds the speech in each recording, with options of this call.
    ///
    /// # Errors
    /// As [`Route::detect_speech`], and `InvalidArgument` for a probability that is none.
    pub fn detect_speech_with(
        &self,
        recordings: &[Audio],
        options: &DetectSpeechOptions,
    ) -> Result<SpeechDetected> {
        let detect = |model: &Arc<LoadedModel>| detect(model, recordings, options);
        self.answer(&options.call, detect, || again(recordings.into(), options))
    }

    /// As [`Route::detect_speech_with`], without waiting: the recordings are decoded on this thread,
    /// and what comes of them comes through the ticket.
    pub fn submit_detect_speech(
        &self,
        recordings: Vec<Audio>,
        options: &DetectSpeechOptions,
    ) -> Ticket<SpeechDetected> {
        let recordings: Arc<[Audio]> = recordings.into();
        let (own, repeat) = (options.clone(), (Arc::clone(&recordings), options.clone()));
        let work = |model: Arc<LoadedModel>, call: Call| async move {
            let options = DetectSpeechOptions { call, ..own };
            let task = model.task::<VoiceDetector>(KIND)?;
            task.run_later(&model, &recordings, &options).await
        };
        self.ticket(&options.call, work, move || again(repeat.0, &repeat.1))
    }
}

fn detect(
    model: &LoadedModel,
    recordings: &[Audio],
    options: &DetectSpeechOptions,
) -> Result<SpeechDetected> {
    model
        .task::<VoiceDetector>(KIND)?
        .run(model, recordings, options)
}

/// The same request once more, as another call.
fn again(
    recordings: Arc<[Audio]>,
    options: &DetectSpeechOptions,
) -> impl FnOnce(&Arc<LoadedModel>, Call) -> Result<SpeechDetected> + Send + 'static + use<> {
    let options = options.clone();
    move |model, call| detect(model, &recordings, &DetectSpeechOptions { call, ..options })
}

impl Answer for SpeechDetected {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    /// The greatest difference of any two probabilities.
    fn apart(&self, other: &Self) -> f64 {
        let all = |one: &Self| -> Vec<f64> {
            let answers = one.answers.iter().flat_map(|answer| &answer.probabilities);
            answers.map(|probability| f64::from(*probability)).collect()
        };
        let (ours, theirs) = (all(self), all(other));
        match ours.len() == theirs.len() {
            true => numbers(ours.into_iter().zip(theirs)),
            false => f64::INFINITY,
        }
    }
}

/// What is remembered of a recording, and how many samples it has.
type Listened = (Ear, usize);

/// The task, ready for one version.
#[derive(Debug)]
pub(in crate::tasks) struct VoiceDetector {
    settings: VoiceActivity,
    inputs: Inputs,
    state: StateLayout,
    output: String,
    window: usize,
    width: usize,
}

impl VoiceDetector {
    pub(in crate::tasks) fn prepare(
        settings: &VoiceActivity,
        package: &Package,
        signature: &Signature,
    ) -> Result<Arc<dyn PreparedTask>> {
        let inputs = Inputs::prepare(package, signature)?;
        let manifest = &package.manifest;
        let axes = Axes::of(manifest, signature)?;
        let is_state = |port: &&Port| manifest.state.iter().any(|one| one.output == port.name);
        let first = signature.outputs.iter().find(|port| !is_state(port));
        let named = settings
            .output
            .as_deref()
            .or(first.map(|port| port.name.as_str()));
        let (Some(window), Some(width)) = (inputs.window(), inputs.width) else {
            return Err(invalid("the task has no window").advise("set `audio.window`"));
        };
        Ok(Arc::new(Self {
            settings: settings.clone(),
            output: runner::output(named, signature)?.name.clone(),
            state: StateLayout::prepare(manifest, signature, &axes)?,
            inputs,
            window,
            width,
        }))
    }

    fn run(
        &self,
        model: &LoadedModel,
        recordings: &[Audio],
        options: &DetectSpeechOptions,
    ) -> Result<SpeechDetected> {
        let begun = &model.begin(&options.call)?;
        let (ears, mut lanes) = self.listen(model, recordings, options)?;
        let mut usage = receipt(model, recordings);
        self.runner(model, begun).run(&mut lanes, &mut usage)?;
        Ok(self.detected(ears, lanes, usage))
    }

    async fn run_later(
        &self,
        model: &LoadedModel,
        recordings: &[Audio],
        options: &DetectSpeechOptions,
    ) -> Result<SpeechDetected> {
        let begun = &model.begin(&options.call)?;
        let (ears, mut lanes) = self.listen(model, recordings, options)?;
        let mut usage = receipt(model, recordings);
        let runner = self.runner(model, begun);
        runner.run_later(&mut lanes, &mut usage).await?;
        Ok(self.detected(ears, lanes, usage))
    }

    pub(super) fn runner<'a>(&'a self, model: &'a LoadedModel, begun: &'a Begun) -> Runner<'a> {
        Runner {
            inputs: &self.inputs,
            output: &self.output,
            width: self.width,
            model,
            begun,
        }
    }

    /// Every recording as windows.
    fn listen(
        &self,
        model: &LoadedModel,
        recordings: &[Audio],
        options: &DetectSpeechOptions,
    ) -> Result<(Vec<Listened>, Vec<Lane>)> {
        let ear = self.ear(options)?;
        let one = |(place, recording): (usize, &Audio)| {
            let samples = recording.mono(&self.inputs.settings);
            let samples = samples.map_err(|error| error.with("recording", place))?;
            let mut ear = ear.clone();
            let mut rows = ear.listen(&samples);
            rows.extend(ear.listen_to_end());
            let lane = Lane::new(rows, model.state().initial());
            Ok(((ear, samples.len()), lane))
        };
        super::each(model, recordings, one).map(|all| all.into_iter().unzip())
    }

    fn detected(&self, ears: Vec<Listened>, lanes: Vec<Lane>, usage: Usage) -> SpeechDetected {
        let answer = |((mut ear, length), lane): (Listened, Lane)| {
            let mut segments = ear.understand(&lane.probabilities);
            segments.extend(ear.end());
            SpeechDetection {
                speech: self.speech(&segments),
                probabilities: lane.probabilities,
                window: self.seconds(self.window),
                duration: self.seconds(length),
            }
        };
        SpeechDetected {
            answers: ears.into_iter().zip(lanes).map(answer).collect(),
            usage,
        }
    }

    /// How sound is heard.
    pub(super) fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// An ear before the first sample.
    pub(super) fn ear(&self, options: &DetectSpeechOptions) -> Result<Ear> {
        let settings = self.merged(options)?;
        let audio = &self.inputs.settings;
        let rule = Rule::of(&settings, audio.sampling_rate, self.window);
        Ok(Ear::new(audio, self.window, Segmenter::new(rule)))
    }

    /// Stretches in seconds.
    pub(super) fn speech(&self, segments: &[Segment]) -> Vec<Speech> {
        let speech = |segment: &Segment| Speech {
            start: self.seconds(segment.start),
            end: self.seconds(segment.end),
            score: segment.score,
        };
        segments.iter().map(speech).collect()
    }

    fn seconds(&self, samples: usize) -> f64 {
        samples as f64 / f64::from(self.inputs.settings.sampling_rate)
    }

    /// The package's settings with those of a call in their place.
    fn merged(&self, options: &DetectSpeechOptions) -> Result<VoiceActivity> {
        let own = &self.settings;
        let release = match options.threshold {
            Some(_) => options.release,
            None => options.release.or(own.release),
        };
        let settings = VoiceActivity {
            threshold: options.threshold.unwrap_or(own.threshold),
            release,
            min_speech_ms: options.min_speech_ms.unwrap_or(own.min_speech_ms),
            min_silence_ms: options.min_silence_ms.unwrap_or(own.min_silence_ms),
            padding_ms: options.padding_ms.unwrap_or(own.padding_ms),
            output: None,
        };
        let is_share = |number: f64| number > 0.0 && number <= 1.0;
        let (threshold, release) = (settings.threshold, settings.release());
        if is_share(threshold) && is_share(release) && release <= threshold {
            return Ok(settings);
        }
        let message = format!("`threshold` is `{threshold}` and `release` is `{release}`");
        Err(Error::new(ErrorKind::InvalidArgument, message)
            .advise("use numbers above 0 and up to 1, and no higher `release`"))
    }
}

impl PreparedTask for VoiceDetector {
    fn check(&self, _: &LoadedModel, _: &Golden) -> Result<()> {
        Err(reads_no_text())
    }

    fn rehearsal(&self, rows: usize, _: f64) -> Result<Rehearsal> {
        let states = self.state.places().iter().map(|place| place.output.clone());
        Ok(Rehearsal {
            inputs: self.inputs.silence(rows, self.width, &self.state)?,
            outputs: std::iter::once(self.output.clone()).chain(states).collect(),
        })
    }

    fn answer(&self, _: &LoadedModel, _: &str, _: &Call) -> Result<()> {
        Err(reads_no_text())
    }
}

/// A task over sound was given a text.
pub(super) fn reads_no_text() -> Error {
    Error::new(ErrorKind::Unsupported, "the model takes sound and no text").advise("give tensors")
}

/// A receipt for these recordings.
pub(super) fn receipt(model: &LoadedModel, recordings: &[Audio]) -> Usage {
    let mut usage = model.receipt();
    usage.rows = recordings.len() as u64;
    usage.task = model.manifest().task.as_ref().map(Task::kind);
    let bytes = recordings
        .iter()
        .map(|recording| recording.byte_count() as u64);
    usage.bytes_in = bytes.sum();
    usage
}
