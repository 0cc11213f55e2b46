//! What was read on images.

use std::ffi::c_char;

use amaas_core::tasks::{Line, ReadLines};

use crate::arguments::object;
use crate::boundary::{call, free, read};
use crate::error::amaas_error;
use crate::status::amaas_status;
use crate::text::Text;
use crate::usage::{Receipt, amaas_usage};

/// The lines of text on the images of one call, in their order, and the receipt.
///
/// Made by `amaas_route_read_images`, owned by its caller, ended with `amaas_reading_free`. It never
/// changes: any number of threads may read it. Everything it answers with is valid until it is freed.
#[derive(Debug)]
pub struct amaas_reading {
    images: Vec<Vec<Found>>,
    receipt: Receipt,
}

#[derive(Debug)]
struct Found {
    text: Text,
    score: f64,
    corners: [[f64; 2]; 4],
}

impl amaas_reading {
    /// Answers as C reads them.
    pub(crate) fn new(lines: ReadLines) -> Self {
        let found = |one: Line| Found {
            text: Text::new(one.text),
            score: one.score,
            corners: one.corners,
        };
        let image = |all: Vec<Line>| all.into_iter().map(found).collect();
        Self {
            images: lines.answers.into_iter().map(image).collect(),
            receipt: Receipt::new(lines.usage),
        }
    }

    fn found(&self, image: usize, line: usize) -> Option<&Found> {
        self.images.get(image)?.get(line)
    }
}

/// How many images were read; 0 for NULL.
///
/// # Safety
/// `reading` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_reading_count(reading: *const amaas_reading) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(reading, 0, |reading| Some(reading.images.len())) }
}

/// How many lines the image at `image` has; 0 where there is no such image and for NULL.
///
/// # Safety
/// `reading` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_reading_line_count(
    reading: *const amaas_reading,
    image: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(reading, 0, |reading| Some(reading.images.get(image)?.len())) }
}

/// What the line at `line` of the image at `image` says, from top to bottom; UTF-8. NULL where there
/// is none and for NULL.
///
/// # Safety
/// `reading` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_reading_text(
    reading: *const amaas_reading,
    image: usize,
    line: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        read(reading, std::ptr::null(), |reading| {
            Some(reading.found(image, line)?.text.as_ptr())
        })
    }
}

/// The mean probability of its characters, 0 to 1. Not a number where there is none and for NULL.
///
/// # Safety
/// `reading` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_reading_score(
    reading: *const amaas_reading,
    image: usize,
    line: usize,
) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(reading, f64::NAN, |reading| {
            Some(reading.found(image, line)?.score)
        })
    }
}

/// One of its corners in pixels of the image: `corner` counts clockwise from 0, the upper left one;
/// `axis` is 0 for how far it is from the left, 1 for how far from the top. Not a number where there
/// is none and for NULL.
///
/// # Safety
/// `reading` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_reading_corner(
    reading: *const amaas_reading,
    image: usize,
    line: usize,
    corner: usize,
    axis: usize,
) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(reading, f64::NAN, |reading| {
            let corners = &reading.found(image, line)?.corners;
            corners.get(corner)?.get(axis).copied()
        })
    }
}

/// Writes what the call used to `usage`, whose `size` must be set.
///
/// # Safety
/// `reading` is live, `usage` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_reading_usage(
    reading: *const amaas_reading,
    usage: *mut amaas_usage,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe { call(error, || object(reading, "reading")?.receipt.write(usage)) }
}

/// Ends a reading, with all it answered with; NULL is allowed.
///
/// # Safety
/// `reading` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_reading_free(reading: *mut amaas_reading) {
    // SAFETY: the caller's promise.
    unsafe { free(reading) };
}
