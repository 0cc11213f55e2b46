//! What a search for speech may say otherwise than the package.

use amaas_core::DetectSpeechOptions;

use crate::arguments::{Place, object, object_mut};
use crate::boundary::{call, free, give};
use crate::call::amaas_call;
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Options of `amaas_route_detect_speech` and `amaas_route_listen`. What is not set is as the package
/// says.
///
/// Made by `amaas_detect_speech_options_new`, owned by its caller, ended with
/// `amaas_detect_speech_options_free`. While one thread sets it no other may use it; from then on any
/// number of threads may.
#[derive(Debug)]
pub struct amaas_detect_speech_options(pub(crate) DetectSpeechOptions);

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detect_speech_options_new(
    out: *mut *mut amaas_detect_speech_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        let options = DetectSpeechOptions::default();
        Place::new(out, "out")?.write(give(amaas_detect_speech_options(options)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets the probability at or above which speech begins; above 0 and up to 1.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detect_speech_options_set_threshold(
    options: *mut amaas_detect_speech_options,
    probability: f64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.threshold = Some(probability);
        })
    }
}

/// Sets the probability below which speech ends; above 0 and no higher than the threshold. 0.15 below
/// the threshold when only that is set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detect_speech_options_set_release(
    options: *mut amaas_detect_speech_options,
    probability: f64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.release = Some(probability);
        })
    }
}

/// Sets how short speech is left out.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detect_speech_options_set_min_speech(
    options: *mut amaas_detect_speech_options,
    milliseconds: u32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.min_speech_ms = Some(milliseconds);
        })
    }
}

/// Sets over how short silence speech goes on.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detect_speech_options_set_min_silence(
    options: *mut amaas_detect_speech_options,
    milliseconds: u32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.min_silence_ms = Some(milliseconds);
        })
    }
}

/// Sets how much is added before and after speech.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detect_speech_options_set_padding(
    options: *mut amaas_detect_speech_options,
    milliseconds: u32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.padding_ms = Some(milliseconds);
        })
    }
}

/// Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
/// is set in `call` later does not count. Nothing of that when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread, `call` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_detect_speech_options_set_call(
    options: *mut amaas_detect_speech_options,
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
pub unsafe extern "C" fn amaas_detect_speech_options_free(
    options: *mut amaas_detect_speech_options,
) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}

/// Changes options behind the boundary.
///
/// # Safety
/// `options` is NULL, or live and used by no other thread; `error` is as `call` wants it.
unsafe fn set(
    options: *mut amaas_detect_speech_options,
    error: *mut *mut amaas_error,
    change: impl FnOnce(&mut DetectSpeechOptions),
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        call(error, || {
            change(&mut object_mut(options, "options")?.0);
            Ok(())
        })
    }
}
