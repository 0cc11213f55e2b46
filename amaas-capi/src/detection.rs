//! What a detection answered with.

use std::ffi::c_char;

use amaas_core::tasks::{Detected, Detection};

use crate::arguments::object;
use crate::boundary::{call, free, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::text::Text;
use crate::usage::{Receipt, amaas_usage};

/// What was found on the images of one call, in their order, and the receipt.
///
/// Made by `amaas_route_detect`, owned by its caller, ended with `amaas_detection_free`. It never
/// changes: any number of threads may read it. Everything it answers with is valid until it is freed.
#[derive(Debug)]
pub struct amaas_detection {
    images: Vec<Vec<Found>>,
    receipt: Receipt,
}

#[derive(Debug)]
struct Found {
    label: Text,
    score: f64,
    bounds: [f64; 4],
}

impl amaas_detection {
    /// Answers as C reads them.
    pub(crate) fn new(detected: Detected) -> Self {
        let found = |one: Detection| Found {
            label: Text::new(one.label),
            score: one.score,
            bounds: one.bounds,
        };
        let image = |all: Vec<Detection>| all.into_iter().map(found).collect();
        Self {
            images: detected.answers.into_iter().map(image).collect(),
            receipt: Receipt::new(detected.usage),
        }
    }

    fn found(&self, image: usize, index: usize) -> Option<&Found> {
        self.images.get(image)?.get(index)
    }
}

/// How many images were looked at; 0 for NULL.
///
/// # Safety
/// `detection` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detection_count(detection: *const amaas_detection) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(detection, 0, |detection| Some(detection.images.len())) }
}

/// How many things were found on the image at `image`; 0 where there is no such image and for NULL.
///
/// # Safety
/// `detection` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detection_box_count(
    detection: *const amaas_detection,
    image: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(detection, 0, |detection| {
            Some(detection.images.get(image)?.len())
        })
    }
}

/// The label of the thing at `index` on the image at `image`, best first. NULL where there is none
/// and for NULL.
///
/// # Safety
/// `detection` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detection_label(
    detection: *const amaas_detection,
    image: usize,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(detection, std::ptr::null(), |detection| {
            Some(detection.found(image, index)?.label.as_ptr())
        })
    }
}

/// Its score, 0 to 1. Not a number where there is none and for NULL.
///
/// # Safety
/// `detection` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detection_score(
    detection: *const amaas_detection,
    image: usize,
    index: usize,
) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(detection, f64::NAN, |detection| {
            Some(detection.found(image, index)?.score)
        })
    }
}

/// One of its edges in pixels of the image: 0 the left, 1 the top, 2 the right, 3 the bottom one. Not
/// a number where there is none and for NULL.
///
/// # Safety
/// `detection` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detection_edge(
    detection: *const amaas_detection,
    image: usize,
    index: usize,
    edge: usize,
) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(detection, f64::NAN, |detection| {
            detection.found(image, index)?.bounds.get(edge).copied()
        })
    }
}

/// Writes what the call used to `usage`, whose `size` must be set.
///
/// # Safety
/// `detection` is live, `usage` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detection_usage(
    detection: *const amaas_detection,
    usage: *mut amaas_usage,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        call(error, || {
            object(detection, "detection")?.receipt.write(usage)
        })
    }
}

/// Ends a detection, with all it answered with; NULL is allowed.
///
/// # Safety
/// `detection` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detection_free(detection: *mut amaas_detection) {
    // SAFETY: the caller's promise.
    unsafe { free(detection) };
}
