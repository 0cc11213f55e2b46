//! Speech in recordings, and labels of recordings.

use amaas_core::{ClassifyOptions, DetectSpeechOptions, Heard, Speech, SpeechDetected};

use crate::arguments::{Place, object};
use crate::audio::{amaas_audio, recordings};
use crate::boundary::{call, free, give, read};
use crate::classification::amaas_classification;
use crate::classify_options::amaas_classify_options;
use crate::detect_speech_options::amaas_detect_speech_options;
use crate::error::amaas_error;
use crate::route::amaas_route;
use crate::status::amaas_status;
use crate::usage::{Receipt, amaas_usage};

/// The speech in the recordings of one call, in their order, or in what a stream was fed with, which is
/// one recording; and the receipt.
///
/// Made by `amaas_route_detect_speech` and `amaas_stream_…`, owned by its caller, ended with
/// `amaas_speech_free`. It never changes: any number of threads may read it. Recordings and stretches
/// are counted from 0.
#[derive(Debug)]
pub struct amaas_speech {
    answers: Vec<Answer>,
    receipt: Receipt,
}

#[derive(Debug)]
struct Answer {
    speech: Vec<Speech>,
    probabilities: Vec<f32>,
    speaking: bool,
}

impl amaas_speech {
    pub(crate) fn new(detected: SpeechDetected) -> Self {
        let answers = detected.answers.into_iter().map(|answer| Answer {
            speech: answer.speech,
            probabilities: answer.probabilities,
            speaking: false,
        });
        Self {
            answers: answers.collect(),
            receipt: Receipt::new(detected.usage),
        }
    }

    pub(crate) fn heard(heard: Heard) -> Self {
        Self {
            answers: vec![Answer {
                speech: heard.speech,
                probabilities: heard.probabilities,
                speaking: heard.speaking,
            }],
            receipt: Receipt::new(heard.usage),
        }
    }

    fn stretch(&self, recording: usize, index: usize) -> Option<&Speech> {
        self.answers.get(recording)?.speech.get(index)
    }
}

/// Finds the speech in `count` recordings. Blocks until all have their answer. `options` may be NULL
/// for what the package says. The caller owns `out`.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task; `AMAAS_STATUS_INVALID_ARGUMENT` for a
/// recording that is empty, damaged or no sound; `AMAAS_STATUS_INPUT_TOO_LONG` for one over the
/// package's limit.
///
/// # Safety
/// `route` is live, `options` is NULL or live, `audio` points to `count` live recordings, `out` can be
/// written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_detect_speech(
    route: *const amaas_route,
    audio: *const *const amaas_audio,
    count: usize,
    options: *const amaas_detect_speech_options,
    out: *mut *mut amaas_speech,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let detect = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let recordings = recordings(audio, count)?;
        let none = DetectSpeechOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let detected = route.detect_speech_with(&recordings, options)?;
        out.write(give(amaas_speech::new(detected)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, detect) }
}

/// Classifies `count` recordings. Blocks until all have their answer. `options` may be NULL for what
/// the package says; an overflow is about texts and refused. The caller owns `out`.
///
/// Statuses are those of `amaas_route_detect_speech`.
///
/// # Safety
/// `route` is live, `options` is NULL or live, `audio` points to `count` live recordings, `out` can be
/// written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_classify_audio(
    route: *const amaas_route,
    audio: *const *const amaas_audio,
    count: usize,
    options: *const amaas_classify_options,
    out: *mut *mut amaas_classification,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let classify = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let recordings = recordings(audio, count)?;
        let none = ClassifyOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let classified = route.classify_audio_with(&recordings, options)?;
        out.write(give(amaas_classification::new(classified)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, classify) }
}

/// How many recordings were listened to; 0 for NULL.
///
/// # Safety
/// `speech` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_speech_count(speech: *const amaas_speech) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(speech, 0, |speech| Some(speech.answers.len())) }
}

/// How many stretches of speech the recording has; 0 where there is no such recording and for NULL.
///
/// # Safety
/// `speech` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_speech_stretch_count(
    speech: *const amaas_speech,
    recording: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(speech, 0, |speech| {
            Some(speech.answers.get(recording)?.speech.len())
        })
    }
}

/// Where a stretch begins, in seconds; NaN where there is none and for NULL.
///
/// # Safety
/// `speech` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_speech_start(
    speech: *const amaas_speech,
    recording: usize,
    index: usize,
) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(speech, f64::NAN, |speech| {
            Some(speech.stretch(recording, index)?.start)
        })
    }
}

/// Where a stretch ends, in seconds; NaN where there is none and for NULL.
///
/// # Safety
/// `speech` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_speech_end(
    speech: *const amaas_speech,
    recording: usize,
    index: usize,
) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(speech, f64::NAN, |speech| {
            Some(speech.stretch(recording, index)?.end)
        })
    }
}

/// The mean probability of a stretch, from 0 to 1; NaN where there is none and for NULL.
///
/// # Safety
/// `speech` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_speech_score(
    speech: *const amaas_speech,
    recording: usize,
    index: usize,
) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(speech, f64::NAN, |speech| {
            Some(speech.stretch(recording, index)?.score)
        })
    }
}

/// How many windows of the recording were listened to; 0 where there is no such recording and for
/// NULL.
///
/// # Safety
/// `speech` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_speech_window_count(
    speech: *const amaas_speech,
    recording: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(speech, 0, |speech| {
            Some(speech.answers.get(recording)?.probabilities.len())
        })
    }
}

/// The probability of speech in each window of the recording, `amaas_speech_window_count` numbers.
/// NULL where there are none and for NULL. Valid until the object is freed.
///
/// # Safety
/// `speech` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_speech_probabilities(
    speech: *const amaas_speech,
    recording: usize,
) -> *const f32 {
    // SAFETY: the caller's promise.
    unsafe {
        read(speech, std::ptr::null(), |speech| {
            let all = &speech.answers.get(recording)?.probabilities;
            (!all.is_empty()).then_some(all.as_ptr())
        })
    }
}

/// Whether speech is going on in a stream; false for whole recordings and for NULL.
///
/// # Safety
/// `speech` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_speech_is_going_on(speech: *const amaas_speech) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        read(speech, false, |speech| {
            Some(speech.answers.first()?.speaking)
        })
    }
}

/// Writes what the call used to `usage`, whose `size` must be set.
///
/// # Safety
/// `speech` is live, `usage` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_speech_usage(
    speech: *const amaas_speech,
    usage: *mut amaas_usage,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe { call(error, || object(speech, "speech")?.receipt.write(usage)) }
}

/// Ends it; NULL is allowed.
///
/// # Safety
/// `speech` is NULL or live, and neither it nor what it answered with is used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_speech_free(speech: *mut amaas_speech) {
    // SAFETY: the caller's promise.
    unsafe { free(speech) };
}
