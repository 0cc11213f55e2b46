//! What a call of `amaas_route_classify` may say otherwise than the package.

use amaas_core::model::{Function, Overflow};
use amaas_core::{ClassifyOptions, Result};

use crate::arguments::{Place, object, object_mut, positive, refuse};
use crate::boundary::{call, free, give};
use crate::call::amaas_call;
use crate::error::amaas_error;
use crate::status::amaas_status;

/// What turns raw outputs into scores: one of `AMAAS_FUNCTION_…`.
pub type amaas_function = i32;
/// The graph ends in scores already.
pub const AMAAS_FUNCTION_NONE: amaas_function = 0;
/// `exp(x) / sum(exp(x))` over the labels: exactly one label holds.
pub const AMAAS_FUNCTION_SOFTMAX: amaas_function = 1;
/// `1 / (1 + exp(-x))` of each output: labels hold independently, or there are two labels and
/// one output.
pub const AMAAS_FUNCTION_SIGMOID: amaas_function = 2;

/// What happens to a text with more tokens than the model takes: one of `AMAAS_OVERFLOW_…`.
pub type amaas_overflow = i32;
/// It is refused with `AMAAS_STATUS_INPUT_TOO_LONG`.
pub const AMAAS_OVERFLOW_ERROR: amaas_overflow = 0;
/// It is cut, and the answer says how many tokens were lost.
pub const AMAAS_OVERFLOW_TRUNCATE: amaas_overflow = 1;
/// It is read in overlapping windows, whose scores are averaged by their tokens.
pub const AMAAS_OVERFLOW_WINDOW: amaas_overflow = 2;

/// Options of `amaas_route_classify`. What is not set is as the package says.
///
/// Made by `amaas_classify_options_new`, owned by its caller, ended with
/// `amaas_classify_options_free`. While one thread sets it no other may use it; from then on any
/// number of threads may classify with it.
#[derive(Debug)]
pub struct amaas_classify_options(pub(crate) ClassifyOptions);

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classify_options_new(
    out: *mut *mut amaas_classify_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_classify_options(ClassifyOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets how many labels of each text are given, best first; at least 1. All when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classify_options_set_top_k(
    options: *mut amaas_classify_options,
    top_k: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.top_k = Some(positive(top_k, "top_k")?);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets what turns raw outputs into scores. The package's function when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_classify_options_set_function(
    options: *mut amaas_classify_options,
    function: amaas_function,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.function_to_apply = Some(parse_function(function)?);
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
pub unsafe extern "C" fn amaas_classify_options_set_overflow(
    options: *mut amaas_classify_options,
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
pub unsafe extern "C" fn amaas_classify_options_set_call(
    options: *mut amaas_classify_options,
    call: *const amaas_call,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
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
pub unsafe extern "C" fn amaas_classify_options_free(options: *mut amaas_classify_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}

/// The core's word for a function.
pub(crate) fn parse_function(function: amaas_function) -> Result<Function> {
    match function {
        AMAAS_FUNCTION_NONE => Ok(Function::None),
        AMAAS_FUNCTION_SOFTMAX => Ok(Function::Softmax),
        AMAAS_FUNCTION_SIGMOID => Ok(Function::Sigmoid),
        other => Err(refuse(
            "function",
            &format!("is `{other}`"),
            "use one of `AMAAS_FUNCTION_…`",
        )),
    }
}

/// The core's word for an overflow.
pub(crate) fn parse_overflow(overflow: amaas_overflow) -> Result<Overflow> {
    match overflow {
        AMAAS_OVERFLOW_ERROR => Ok(Overflow::Error),
        AMAAS_OVERFLOW_TRUNCATE => Ok(Overflow::Truncate),
        AMAAS_OVERFLOW_WINDOW => Ok(Overflow::Window),
        other => Err(refuse(
            "overflow",
            &format!("is `{other}`"),
            "use one of `AMAAS_OVERFLOW_…`",
        )),
    }
}
