//! What a call of `amaas_route_tag` may say otherwise than the package.

use std::ffi::c_char;

use amaas_core::model::Aggregation;
use amaas_core::{Result, TagOptions};

use crate::arguments::{Place, names, object, object_mut, refuse};
use crate::boundary::{call, free, give};
use crate::call::amaas_call;
use crate::classify_options::{amaas_overflow, parse_overflow};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// What a label is of: one of `AMAAS_AGGREGATION_…`.
pub type amaas_aggregation = i32;
/// Each token by itself.
pub const AMAAS_AGGREGATION_NONE: amaas_aggregation = 0;
/// Each run of tokens whose labels go on from each other.
pub const AMAAS_AGGREGATION_SIMPLE: amaas_aggregation = 1;
/// As simple, of whole words, each with the label of its first token.
pub const AMAAS_AGGREGATION_FIRST: amaas_aggregation = 2;
/// As simple, of whole words, each with the label that its tokens have on average.
pub const AMAAS_AGGREGATION_AVERAGE: amaas_aggregation = 3;
/// As simple, of whole words, each with the label of its surest token.
pub const AMAAS_AGGREGATION_MAX: amaas_aggregation = 4;

/// Options of `amaas_route_tag`. What is not set is as the package says.
///
/// Made by `amaas_tag_options_new`, owned by its caller, ended with
/// `amaas_tag_options_free`. While one thread sets it no other may use it; from then on any
/// number of threads may use it for calls.
#[derive(Debug)]
pub struct amaas_tag_options(pub(crate) TagOptions);

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tag_options_new(
    out: *mut *mut amaas_tag_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_tag_options(TagOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets what a label is of. The package's word when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tag_options_set_aggregation(
    options: *mut amaas_tag_options,
    aggregation: amaas_aggregation,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.aggregation = Some(parse_aggregation(aggregation)?);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets the `count` labels that no answer has, whole or without the letter in front. Each ends in NUL;
/// they are copied. The package's when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread, `labels` holds `count` texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tag_options_set_ignore_labels(
    options: *mut amaas_tag_options,
    labels: *const *const c_char,
    count: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.ignore_labels = Some(owned(labels, count)?);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets what happens to texts that are too long. The package's word when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tag_options_set_overflow(
    options: *mut amaas_tag_options,
    overflow: amaas_overflow,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.overflow = Some(parse_overflow(overflow)?);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
/// is set in `call` later does not count. Nothing of that when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread, `call` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tag_options_set_call(
    options: *mut amaas_tag_options,
    call: *const amaas_call,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.call = object(call, "call")?.0.clone();
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, set) }
}

/// Ends options; NULL is allowed.
///
/// # Safety
/// `options` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tag_options_free(options: *mut amaas_tag_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}

/// Copies of names.
///
/// # Safety
/// As [`names`].
unsafe fn owned(labels: *const *const c_char, count: usize) -> Result<Vec<String>> {
    // SAFETY: the caller's promise.
    let labels = unsafe { names(labels, count, "labels") }?;
    Ok(labels.into_iter().map(str::to_owned).collect())
}

fn parse_aggregation(aggregation: amaas_aggregation) -> Result<Aggregation> {
    match aggregation {
        AMAAS_AGGREGATION_NONE => Ok(Aggregation::None),
        AMAAS_AGGREGATION_SIMPLE => Ok(Aggregation::Simple),
        AMAAS_AGGREGATION_FIRST => Ok(Aggregation::First),
        AMAAS_AGGREGATION_AVERAGE => Ok(Aggregation::Average),
        AMAAS_AGGREGATION_MAX => Ok(Aggregation::Max),
        other => Err(refuse(
            "aggregation",
            &format!("is `{other}`"),
            "use one of `AMAAS_AGGREGATION_…`",
        )),
    }
}
