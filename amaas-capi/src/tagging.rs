//! What a tagging answered with: the spans of texts.

use std::ffi::c_char;

use amaas_core::{Entity, Tagged, Tagging};

use crate::arguments::object;
use crate::boundary::{call, free, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::text::Text;
use crate::usage::{Receipt, amaas_usage};

/// The spans of the texts of one call, in their order, and the receipt.
///
/// Made by `amaas_route_tag`, owned by its caller, ended with `amaas_tagging_free`. It never changes:
/// any number of threads may read it. Everything it answers with is valid until it is freed.
#[derive(Debug)]
pub struct amaas_tagging {
    answers: Vec<Answer>,
    receipt: Receipt,
}

#[derive(Debug)]
struct Answer {
    spans: Vec<Span>,
    truncated: usize,
    windows: usize,
}

#[derive(Debug)]
struct Span {
    label: Text,
    word: Text,
    entity: Entity,
}

impl amaas_tagging {
    /// Spans as C reads them.
    pub(crate) fn new(tagged: Tagged) -> Self {
        Self {
            answers: tagged.answers.into_iter().map(Answer::new).collect(),
            receipt: Receipt::new(tagged.usage),
        }
    }

    fn span(&self, text: usize, place: usize) -> Option<&Span> {
        self.answers.get(text)?.spans.get(place)
    }
}

impl Answer {
    fn new(answer: Tagging) -> Self {
        let span = |entity: Entity| Span {
            label: Text::new(entity.label.clone()),
            word: Text::new(entity.word.clone()),
            entity,
        };
        Self {
            spans: answer.entities.into_iter().map(span).collect(),
            truncated: answer.truncated,
            windows: answer.windows,
        }
    }
}

/// How many texts were read; 0 for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_count(tagging: *const amaas_tagging) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(tagging, 0, |tagging| Some(tagging.answers.len())) }
}

/// How many spans the text at `text` has; 0 where there is no such text and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_span_count(
    tagging: *const amaas_tagging,
    text: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, 0, |tagging| {
            Some(tagging.answers.get(text)?.spans.len())
        })
    }
}

/// The label of the span at `span` of the text at `text`; spans are in the order of the text. NULL where
/// there is none and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_label(
    tagging: *const amaas_tagging,
    text: usize,
    span: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, std::ptr::null(), |tagging| {
            Some(tagging.span(text, span)?.label.as_ptr())
        })
    }
}

/// What stands in the text there. NULL where there is none and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_word(
    tagging: *const amaas_tagging,
    text: usize,
    span: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, std::ptr::null(), |tagging| {
            Some(tagging.span(text, span)?.word.as_ptr())
        })
    }
}

/// How sure that span is, 0 to 1. Not a number where there is none and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_score(
    tagging: *const amaas_tagging,
    text: usize,
    span: usize,
) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, f64::NAN, |tagging| {
            Some(tagging.span(text, span)?.entity.score)
        })
    }
}

/// The first character of that span, from 0; 0 where there is none and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_start(
    tagging: *const amaas_tagging,
    text: usize,
    span: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, 0, |tagging| {
            Some(tagging.span(text, span)?.entity.start)
        })
    }
}

/// The character behind its last; 0 where there is none and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_end(
    tagging: *const amaas_tagging,
    text: usize,
    span: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, 0, |tagging| {
            Some(tagging.span(text, span)?.entity.end)
        })
    }
}

/// The first byte of that span in the text as it was passed, from 0; 0 where there is none and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_start_byte(
    tagging: *const amaas_tagging,
    text: usize,
    span: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, 0, |tagging| {
            Some(tagging.span(text, span)?.entity.start_byte)
        })
    }
}

/// The byte behind its last; 0 where there is none and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_end_byte(
    tagging: *const amaas_tagging,
    text: usize,
    span: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, 0, |tagging| {
            Some(tagging.span(text, span)?.entity.end_byte)
        })
    }
}

/// The place of that token among those of its row, special ones included: with
/// `AMAAS_AGGREGATION_NONE` only; `SIZE_MAX` otherwise, where there is none and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_index(
    tagging: *const amaas_tagging,
    text: usize,
    span: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, usize::MAX, |tagging| {
            tagging.span(text, span)?.entity.index
        })
    }
}

/// How many tokens of the text at `text` were cut off because it was too long; 0 where all was read,
/// where there is no such text and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_truncated(
    tagging: *const amaas_tagging,
    text: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, 0, |tagging| {
            Some(tagging.answers.get(text)?.truncated)
        })
    }
}

/// How many windows the text at `text` was read in: 1 unless it was long and the overflow is
/// `AMAAS_OVERFLOW_WINDOW`; 0 where there is no such text and for NULL.
///
/// # Safety
/// `tagging` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_windows(
    tagging: *const amaas_tagging,
    text: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(tagging, 0, |tagging| {
            Some(tagging.answers.get(text)?.windows)
        })
    }
}

/// Writes what the call used to `usage`, whose `size` must be set.
///
/// # Safety
/// `tagging` is live, `usage` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_usage(
    tagging: *const amaas_tagging,
    usage: *mut amaas_usage,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe { call(error, || object(tagging, "tagging")?.receipt.write(usage)) }
}

/// Ends a tagging, with all it answered with; NULL is allowed.
///
/// # Safety
/// `tagging` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tagging_free(tagging: *mut amaas_tagging) {
    // SAFETY: the caller's promise.
    unsafe { free(tagging) };
}
