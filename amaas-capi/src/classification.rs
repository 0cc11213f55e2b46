//! What a classification answered with.

use std::ffi::c_char;

use amaas_core::tasks::ImagesClassified;
use amaas_core::{Classification, Classified, LabelScore};

use crate::arguments::object;
use crate::boundary::{call, free, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::text::Text;
use crate::usage::{Receipt, amaas_usage};

/// The answers to the texts of one call, in their order, and the receipt.
///
/// Made by `amaas_route_classify` or `amaas_route_classify_images`, owned by its caller, ended with `amaas_classification_free`.
/// It never changes: any number of threads may read it. Everything it answers with is valid
/// until it is freed.
#[derive(Debug)]
pub struct amaas_classification {
    answers: Vec<Answer>,
    receipt: Receipt,
}

#[derive(Debug)]
struct Answer {
    labels: Vec<(Text, f64)>,
    truncated: usize,
    windows: usize,
}

impl amaas_classification {
    /// Answers as C reads them.
    pub(crate) fn new(classified: Classified) -> Self {
        let answers = classified.answers.into_iter().map(Answer::new).collect();
        Self {
            answers,
            receipt: Receipt::new(classified.usage),
        }
    }

    /// The same of images.
    pub(crate) fn of_images(classified: ImagesClassified) -> Self {
        let answer = |found: Vec<LabelScore>| Answer {
            labels: labels(found),
            truncated: 0,
            windows: 1,
        };
        Self {
            answers: classified.answers.into_iter().map(answer).collect(),
            receipt: Receipt::new(classified.usage),
        }
    }

    fn answer(&self, text: usize) -> Option<&Answer> {
        self.answers.get(text)
    }
}

impl Answer {
    fn new(answer: Classification) -> Self {
        let (truncated, windows) = (answer.truncated, answer.windows);
        Self {
            labels: labels(answer.labels),
            truncated,
            windows,
        }
    }
}

fn labels(found: Vec<LabelScore>) -> Vec<(Text, f64)> {
    let pair = |found: LabelScore| (Text::new(found.label), found.score);
    found.into_iter().map(pair).collect()
}

/// How many texts were classified; 0 for NULL.
///
/// # Safety
/// `classification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classification_count(
    classification: *const amaas_classification,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(classification, 0, |classification| {
            Some(classification.answers.len())
        })
    }
}

/// How many labels the text at `text` has; 0 where there is no such text and for NULL.
///
/// # Safety
/// `classification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classification_label_count(
    classification: *const amaas_classification,
    text: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(classification, 0, |classification| {
            Some(classification.answer(text)?.labels.len())
        })
    }
}

/// The label at `rank` of the text at `text`: rank 0 is the best. NULL where there is none and
/// for NULL.
///
/// # Safety
/// `classification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classification_label(
    classification: *const amaas_classification,
    text: usize,
    rank: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(classification, std::ptr::null(), |classification| {
            Some(classification.answer(text)?.labels.get(rank)?.0.as_ptr())
        })
    }
}

/// The score of that label: 0 to 1 after softmax or sigmoid, with no function whatever the graph
/// gives. Not a number where there is none and for NULL.
///
/// # Safety
/// `classification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classification_score(
    classification: *const amaas_classification,
    text: usize,
    rank: usize,
) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(classification, f64::NAN, |classification| {
            Some(classification.answer(text)?.labels.get(rank)?.1)
        })
    }
}

/// How many tokens of the text at `text` were cut off because it was too long; 0 where all was
/// read, where there is no such text and for NULL.
///
/// # Safety
/// `classification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classification_truncated(
    classification: *const amaas_classification,
    text: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(classification, 0, |classification| {
            Some(classification.answer(text)?.truncated)
        })
    }
}

/// How many windows the text at `text` was read in: 1 unless it was long and the overflow is
/// `AMAAS_OVERFLOW_WINDOW`; 0 where there is no such text and for NULL.
///
/// # Safety
/// `classification` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classification_windows(
    classification: *const amaas_classification,
    text: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(classification, 0, |classification| {
            Some(classification.answer(text)?.windows)
        })
    }
}

/// Writes what the call used to `usage`, whose `size` must be set.
///
/// # Safety
/// `classification` is live, `usage` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classification_usage(
    classification: *const amaas_classification,
    usage: *mut amaas_usage,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        call(error, || {
            object(classification, "classification")?
                .receipt
                .write(usage)
        })
    }
}

/// Ends a classification, with all it answered with; NULL is allowed.
///
/// # Safety
/// `classification` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classification_free(classification: *mut amaas_classification) {
    // SAFETY: the caller's promise.
    unsafe { free(classification) };
}
