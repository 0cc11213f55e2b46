//! What a call of `amaas_route_rank` may say otherwise than the package.

use amaas_core::RankOptions;

use crate::arguments::{Place, object, object_mut, positive};
use crate::boundary::{call, free, give};
use crate::call::amaas_call;
use crate::classify_options::{
    amaas_function, amaas_overflow, amaas_pair_truncation, parse_function, parse_overflow,
    parse_pair_truncation,
};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Options of `amaas_route_rank`. What is not set is as the package says.
///
/// Made by `amaas_rank_options_new`, owned by its caller, ended with
/// `amaas_rank_options_free`. While one thread sets it no other may use it; from then on any
/// number of threads may use it for calls.
#[derive(Debug)]
pub struct amaas_rank_options(pub(crate) RankOptions);

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_rank_options_new(
    out: *mut *mut amaas_rank_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_rank_options(RankOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets how many documents are given, best first; at least 1. All when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_rank_options_set_top_k(
    options: *mut amaas_rank_options,
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
pub unsafe extern "C" fn amaas_rank_options_set_function(
    options: *mut amaas_rank_options,
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
pub unsafe extern "C" fn amaas_rank_options_set_overflow(
    options: *mut amaas_rank_options,
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
pub unsafe extern "C" fn amaas_rank_options_set_pair_truncation(
    options: *mut amaas_rank_options,
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
pub unsafe extern "C" fn amaas_rank_options_set_call(
    options: *mut amaas_rank_options,
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
pub unsafe extern "C" fn amaas_rank_options_free(options: *mut amaas_rank_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}
