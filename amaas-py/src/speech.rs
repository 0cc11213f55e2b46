//! Speech in recordings, and labels of recordings: what a route does with sound.

use amaas_core::model::Task;
use amaas_core::{
    Call, Classified, ClassifyOptions, DetectSpeechOptions, Error, ErrorKind, Heard,
    Route as CoreRoute, Speech, SpeechDetected,
};
use numpy::IntoPyArray;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::call::{Seconds, call};
use crate::classification::TopK;
use crate::errors::Result;
use crate::interrupt;
use crate::later;
use crate::receipt::{Payer, give};
use crate::route::{Route, parse, refuse_labels};
use crate::sound::Sounds;

const VOICES: &str = "voice-activity-detection";

#[pymethods]
impl Route {
    /// Find the speech in a recording or in each of a list.
    ///
    /// A recording is the bytes or the path of a WAV, FLAC, MP3 or Ogg Vorbis file, an array of
    /// samples (``[frames]`` or ``[frames, channels]``, floats from -1 to 1 or int16) or a dict with
    /// ``"array"`` and ``"sampling_rate"``. Arrays have ``sampling_rate`` samples a second; ``None`` is
    /// the model's own rate.
    ///
    /// The answer is a list of dicts with ``"start"`` and ``"end"`` in seconds and ``"score"``, the mean
    /// probability; one such list a recording for a list. ``threshold``, ``release``,
    /// ``min_speech_ms``, ``min_silence_ms`` and ``padding_ms`` stand in for the package's own.
    /// ``timeout`` and the rest are as in ``run``.
    ///
    /// Raises ``TypeError`` for what is no recording, ``InvalidArgument`` for one that is empty or
    /// damaged, ``InputTooLong`` for one over the limit and ``Unsupported`` for a model without the
    /// task.
    ///
    /// >>> voices.detect_speech("interview.mp3")
    /// [{'start': 0.45, 'end': 2.37, 'score': 0.97}]
    #[pyo3(signature = (audio, *, sampling_rate = None, threshold = None, release = None, min_speech_ms = None, min_silence_ms = None, padding_ms = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    pub(crate) fn detect_speech<'py>(
        &self,
        py: Python<'py>,
        audio: &Bound<'py, PyAny>,
        sampling_rate: Option<u32>,
        threshold: Option<f64>,
        release: Option<f64>,
        min_speech_ms: Option<u32>,
        min_silence_ms: Option<u32>,
        padding_ms: Option<u32>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let options = DetectSpeechOptions {
            threshold,
            release,
            min_speech_ms,
            min_silence_ms,
            padding_ms,
            call: call(timeout, priority, key, tenant, idempotency)?,
        };
        let (detected, is_one) = self.detected(py, audio, sampling_rate, &options)?;
        give(py, receipt.as_ref(), &detected.usage)?;
        speeches(py, &detected, is_one)
    }

    /// The probability of speech in each window of a recording: an array of float32, ``[windows]``;
    /// a list of arrays for a list of recordings.
    ///
    /// Recordings and the keyword arguments are as in ``detect_speech``.
    ///
    /// >>> voices.speech_probabilities("interview.mp3")
    /// array([0.01, 0.03, 0.92], dtype=float32)
    #[pyo3(signature = (audio, *, sampling_rate = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn speech_probabilities<'py>(
        &self,
        py: Python<'py>,
        audio: &Bound<'py, PyAny>,
        sampling_rate: Option<u32>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let options = DetectSpeechOptions {
            call: call(timeout, priority, key, tenant, idempotency)?,
            ..DetectSpeechOptions::default()
        };
        let (detected, is_one) = self.detected(py, audio, sampling_rate, &options)?;
        give(py, receipt.as_ref(), &detected.usage)?;
        probabilities(py, detected, is_one)
    }

    /// As ``speech_probabilities``, for ``await``: nothing blocks meanwhile but the decoding.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await voices.speech_probabilities_async("interview.mp3")
    #[pyo3(signature = (audio, *, sampling_rate = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn speech_probabilities_async<'py>(
        &self,
        py: Python<'py>,
        audio: &Bound<'py, PyAny>,
        sampling_rate: Option<u32>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let options = DetectSpeechOptions {
            call: call(timeout, priority, key, tenant, idempotency)?,
            ..DetectSpeechOptions::default()
        };
        let Sounds { all, is_one } = Sounds::take(audio, rate(&route, sampling_rate)?)?;
        later::future(
            py,
            move || route.submit_detect_speech(all, &options),
            move |py, detected| {
                give(py, receipt.as_ref(), &detected.usage)?;
                Ok(probabilities(py, detected, is_one)?.unbind())
            },
        )
    }

    /// As ``detect_speech``, for ``await``: nothing blocks meanwhile but the decoding.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await voices.detect_speech_async("interview.mp3")
    #[pyo3(signature = (audio, *, sampling_rate = None, threshold = None, release = None, min_speech_ms = None, min_silence_ms = None, padding_ms = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn detect_speech_async<'py>(
        &self,
        py: Python<'py>,
        audio: &Bound<'py, PyAny>,
        sampling_rate: Option<u32>,
        threshold: Option<f64>,
        release: Option<f64>,
        min_speech_ms: Option<u32>,
        min_silence_ms: Option<u32>,
        padding_ms: Option<u32>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let options = DetectSpeechOptions {
            threshold,
            release,
            min_speech_ms,
            min_silence_ms,
            padding_ms,
            call: call(timeout, priority, key, tenant, idempotency)?,
        };
        let Sounds { all, is_one } = Sounds::take(audio, rate(&route, sampling_rate)?)?;
        later::future(
            py,
            move || route.submit_detect_speech(all, &options),
            move |py, detected| {
                give(py, receipt.as_ref(), &detected.usage)?;
                Ok(speeches(py, &detected, is_one)?.unbind())
            },
        )
    }

    /// Classify a recording or each of a list.
    ///
    /// Recordings are as in ``detect_speech``; ``top_k`` and ``function_to_apply``, and the nesting of
    /// the answer, are as in a call of the route with texts.
    ///
    /// >>> sounds.classify_audio("street.wav")
    /// [{'label': 'siren', 'score': 0.91}]
    #[pyo3(signature = (audio, *, sampling_rate = None, top_k = TopK::Unsaid, function_to_apply = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    pub(crate) fn classify_audio<'py>(
        &self,
        py: Python<'py>,
        audio: &Bound<'py, PyAny>,
        sampling_rate: Option<u32>,
        top_k: TopK,
        function_to_apply: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let mut options = top_k.options();
        options.function_to_apply = parse(function_to_apply)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        let (classified, is_one) = self.classified(py, audio, sampling_rate, &options)?;
        give(py, receipt.as_ref(), &classified.usage)?;
        top_k.nest(py, &classified.answers, is_one)
    }

    /// As ``classify_audio``, for ``await``: nothing blocks meanwhile but the decoding.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await sounds.classify_audio_async("street.wav")
    #[pyo3(signature = (audio, *, sampling_rate = None, top_k = TopK::Unsaid, function_to_apply = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn classify_audio_async<'py>(
        &self,
        py: Python<'py>,
        audio: &Bound<'py, PyAny>,
        sampling_rate: Option<u32>,
        top_k: TopK,
        function_to_apply: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let mut options = top_k.options();
        options.function_to_apply = parse(function_to_apply)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        let Sounds { all, is_one } = Sounds::take(audio, rate(&route, sampling_rate)?)?;
        later::future(
            py,
            move || route.submit_classify_audio(all, &options),
            move |py, classified| {
                give(py, receipt.as_ref(), &classified.usage)?;
                Ok(top_k.nest(py, &classified.answers, is_one)?.unbind())
            },
        )
    }
}

impl Route {
    /// A call of the route where its model is one over sound; else nothing.
    pub(crate) fn over_sound<'py>(
        &self,
        py: Python<'py>,
        given: &Bound<'py, PyAny>,
        (top_k, function, overflow): (TopK, Option<&str>, Option<&str>),
        call: Call,
        receipt: Option<&Payer>,
    ) -> Result<Option<Bound<'py, PyAny>>> {
        let model = self.held.get()?.lease();
        let answer = match model.manifest().task {
            Some(Task::VoiceActivity(_)) => {
                refuse_labels(VOICES, top_k, function)?;
                let options = DetectSpeechOptions {
                    call,
                    ..DetectSpeechOptions::default()
                };
                let (detected, is_one) = self.detected(py, given, None, &options)?;
                give(py, receipt, &detected.usage)?;
                speeches(py, &detected, is_one)?
            }
            Some(Task::AudioClassification(_)) => {
                let mut options = top_k.options();
                options.function_to_apply = parse(function)?;
                options.overflow = parse(overflow)?;
                options.call = call;
                let (classified, is_one) = self.classified(py, given, None, &options)?;
                give(py, receipt, &classified.usage)?;
                top_k.nest(py, &classified.answers, is_one)?
            }
            _ => return Ok(None),
        };
        Ok(Some(answer))
    }

    fn classified(
        &self,
        py: Python<'_>,
        audio: &Bound<'_, PyAny>,
        sampling_rate: Option<u32>,
        options: &ClassifyOptions,
    ) -> Result<(Classified, bool)> {
        let route = self.held.get()?;
        let sounds = Sounds::take(audio, rate(&route, sampling_rate)?)?;
        let classified = interrupt::detached(py, options.call.clone(), |call| {
            let call = call.clone();
            let options = ClassifyOptions {
                call,
                ..options.clone()
            };
            route.classify_audio_with(&sounds.all, &options)
        })?;
        Ok((classified, sounds.is_one))
    }

    fn detected(
        &self,
        py: Python<'_>,
        audio: &Bound<'_, PyAny>,
        sampling_rate: Option<u32>,
        options: &DetectSpeechOptions,
    ) -> Result<(SpeechDetected, bool)> {
        let route = self.held.get()?;
        let sounds = Sounds::take(audio, rate(&route, sampling_rate)?)?;
        let detected = interrupt::detached(py, options.call.clone(), |call| {
            let call = call.clone();
            let options = DetectSpeechOptions {
                call,
                ..options.clone()
            };
            route.detect_speech_with(&sounds.all, &options)
        })?;
        Ok((detected, sounds.is_one))
    }
}

/// The rate of arrays that do not say theirs.
pub(crate) fn rate(route: &CoreRoute, said: Option<u32>) -> Result<u32> {
    let model = route.lease();
    let own = model
        .manifest()
        .audio
        .as_ref()
        .map(|audio| audio.sampling_rate);
    said.or(own).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "the model takes no sound")
            .advise("load one with a task over sound")
            .into()
    })
}

/// What came of a piece of sound, as a dict.
pub(crate) fn heard<'py>(py: Python<'py>, heard: Heard) -> Result<Bound<'py, PyDict>> {
    let answer = PyDict::new(py);
    answer.set_item(intern!(py, "speech"), stretches(py, &heard.speech)?)?;
    let probabilities = heard.probabilities.into_pyarray(py);
    answer.set_item(intern!(py, "probabilities"), probabilities)?;
    answer.set_item(intern!(py, "speaking"), heard.speaking)?;
    Ok(answer)
}

fn speeches<'py>(
    py: Python<'py>,
    detected: &SpeechDetected,
    is_one: bool,
) -> Result<Bound<'py, PyAny>> {
    let answers = detected.answers.iter();
    let lists = answers.map(|answer| Ok(stretches(py, &answer.speech)?.into_any()));
    one_or_all(py, lists.collect::<Result<_>>()?, is_one)
}

fn probabilities(
    py: Python<'_>,
    detected: SpeechDetected,
    is_one: bool,
) -> Result<Bound<'_, PyAny>> {
    let answers = detected.answers.into_iter();
    let arrays = answers.map(|answer| answer.probabilities.into_pyarray(py).into_any());
    one_or_all(py, arrays.collect(), is_one)
}

fn stretches<'py>(py: Python<'py>, speech: &[Speech]) -> Result<Bound<'py, PyList>> {
    let stretch = |speech: &Speech| {
        let stretch = PyDict::new(py);
        stretch.set_item(intern!(py, "start"), speech.start)?;
        stretch.set_item(intern!(py, "end"), speech.end)?;
        stretch.set_item(intern!(py, "score"), speech.score)?;
        Ok(stretch)
    };
    Ok(PyList::new(
        py,
        speech.iter().map(stretch).collect::<Result<Vec<_>>>()?,
    )?)
}

/// The answer to a single recording, or the list of all.
fn one_or_all<'py>(
    py: Python<'py>,
    mut all: Vec<Bound<'py, PyAny>>,
    is_one: bool,
) -> Result<Bound<'py, PyAny>> {
    match (is_one, all.pop()) {
        (true, Some(only)) => Ok(only),
        (_, last) => Ok(PyList::new(py, all.into_iter().chain(last))?.into_any()),
    }
}
