//! What a call with images may say otherwise than the package.

use amaas_core::model::Function;
use amaas_core::tasks::{ClassifyImagesOptions, DetectOptions, ReadImagesOptions};
use amaas_core::{Call, Result};

use crate::arguments::{Place, object, object_mut, positive};
use crate::boundary::{call, free, give};
use crate::call::amaas_call;
use crate::classify_options::{amaas_function, parse_function};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Options of `amaas_route_classify_images`, `amaas_route_detect` and `amaas_route_read_images`. What
/// is not set is as the package says, and what a call has no use for does not count there.
///
/// Made by `amaas_image_options_new`, owned by its caller, ended with `amaas_image_options_free`.
/// While one thread sets it no other may use it; from then on any number of threads may.
#[derive(Debug, Default)]
pub struct amaas_image_options {
    top_k: Option<usize>,
    function: Option<Function>,
    threshold: Option<f64>,
    overlap: Option<f64>,
    call: Call,
}

impl amaas_image_options {
    /// What is said of a classification.
    pub(crate) fn classify(&self) -> ClassifyImagesOptions {
        ClassifyImagesOptions {
            top_k: self.top_k,
            function_to_apply: self.function,
            call: self.call.clone(),
        }
    }

    /// What is said of a detection.
    pub(crate) fn detect(&self) -> DetectOptions {
        DetectOptions {
            threshold: self.threshold,
            overlap: self.overlap,
            call: self.call.clone(),
        }
    }

    /// What is said of a reading.
    pub(crate) fn read(&self) -> ReadImagesOptions {
        ReadImagesOptions {
            threshold: self.threshold,
            call: self.call.clone(),
        }
    }
}

/// Sets one of the options.
///
/// # Safety
/// `options` is NULL or live and used by no other thread; `error` is NULL or can be written to.
unsafe fn set(
    options: *mut amaas_image_options,
    error: *mut *mut amaas_error,
    set: impl FnOnce(&mut amaas_image_options) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe { call(error, || set(object_mut(options, "options")?)) }
}

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_options_new(
    out: *mut *mut amaas_image_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_image_options::default()));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets how many labels of each image are given, best first; at least 1. All when it is not set. For
/// `amaas_route_classify_images`.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_options_set_top_k(
    options: *mut amaas_image_options,
    top_k: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.top_k = Some(positive(top_k, "top_k")?);
            Ok(())
        })
    }
}

/// Sets what turns raw outputs into scores. The package's function when it is not set. For
/// `amaas_route_classify_images`.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_options_set_function(
    options: *mut amaas_image_options,
    function: amaas_function,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.function = Some(parse_function(function)?);
            Ok(())
        })
    }
}

/// Sets below which score, 0 to 1, boxes or lines are left out. The package's threshold when it is
/// not set. For `amaas_route_detect` and `amaas_route_read_images`.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_options_set_threshold(
    options: *mut amaas_image_options,
    threshold: f64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.threshold = Some(threshold);
            Ok(())
        })
    }
}

/// Sets by more than which share of their union, 0 to 1, two boxes of one label are taken for one
/// thing. The package's when it is not set. For `amaas_route_detect`.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_options_set_overlap(
    options: *mut amaas_image_options,
    overlap: f64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.overlap = Some(overlap);
            Ok(())
        })
    }
}

/// Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
/// is set in `call` later does not count. Nothing of that when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread, `call` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_options_set_call(
    options: *mut amaas_image_options,
    call: *const amaas_call,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.call = object(call, "call")?.0.clone();
            Ok(())
        })
    }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_image_options_free(options: *mut amaas_image_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}
