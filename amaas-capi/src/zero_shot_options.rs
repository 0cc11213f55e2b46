//! What a call of `amaas_route_classify_zero_shot` may say otherwise than the package.

use std::ffi::c_char;

use amaas_core::ZeroShotOptions;

use crate::arguments::{Place, flag, name, object, object_mut};
use crate::boundary::{call, free, give};
use crate::call::amaas_call;
use crate::classify_options::{
    amaas_overflow, amaas_pair_truncation, parse_overflow, parse_pair_truncation,
};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Options of `amaas_route_classify_zero_shot`. What is not set is as the package says.
///
/// Made by `amaas_zero_shot_options_new`, owned by its caller, ended with
/// `amaas_zero_shot_options_free`. While one thread sets it no other may use it; from then on any
/// number of threads may use it for calls.
#[derive(Debug)]
pub struct amaas_zero_shot_options(pub(crate) ZeroShotOptions);

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_zero_shot_options_new(
    out: *mut *mut amaas_zero_shot_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_zero_shot_options(ZeroShotOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets the sentence about a label, with `{}` where the label stands. The package's when it is not
/// set.
///
/// # Safety
/// `options` is live and used by no other thread, `hypothesis` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_zero_shot_options_set_hypothesis_template(
    options: *mut amaas_zero_shot_options,
    hypothesis: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.hypothesis_template =
            Some(name(hypothesis, "hypothesis")?.to_owned());
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets whether labels hold independently: 0 for no, 1 for yes. The package's word when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_zero_shot_options_set_multi_label(
    options: *mut amaas_zero_shot_options,
    multi_label: i32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.multi_label = Some(flag(multi_label, "multi_label")?);
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
pub unsafe extern "C" fn amaas_zero_shot_options_set_overflow(
    options: *mut amaas_zero_shot_options,
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

/// Sets which text of a pair is cut. The package's word when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_zero_shot_options_set_pair_truncation(
    options: *mut amaas_zero_shot_options,
    truncation: amaas_pair_truncation,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.pair_truncation =
            Some(parse_pair_truncation(truncation)?);
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
pub unsafe extern "C" fn amaas_zero_shot_options_set_call(
    options: *mut amaas_zero_shot_options,
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
pub unsafe extern "C" fn amaas_zero_shot_options_free(options: *mut amaas_zero_shot_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}
