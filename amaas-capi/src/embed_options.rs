//! What a call of `amaas_route_embed` may say otherwise than the package.

use std::ffi::c_char;

use amaas_core::{EmbedOptions, Result};

use crate::arguments::{Place, flag, name, object, object_mut, positive};
use crate::boundary::{call, free, give};
use crate::call::amaas_call;
use crate::classify_options::{amaas_overflow, parse_overflow};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Options of `amaas_route_embed`. What is not set is as the package says.
///
/// Made by `amaas_embed_options_new`, owned by its caller, ended with
/// `amaas_embed_options_free`. While one thread sets it no other may use it; from then on any
/// number of threads may embed with it.
#[derive(Debug)]
pub struct amaas_embed_options(pub(crate) EmbedOptions);

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embed_options_new(
    out: *mut *mut amaas_embed_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_embed_options(EmbedOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets the name of the prompt that is put before each text, one of the package's; an empty name
/// for none. The package's default when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread, `prompt` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embed_options_set_prompt(
    options: *mut amaas_embed_options,
    prompt: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        set(options, error, |options| {
            options.prompt = Some(name(prompt, "prompt")?.to_owned());
            Ok(())
        })
    }
}

/// Sets how many numbers are kept from the front of each vector; at least 1. As many as the
/// package says when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embed_options_set_dimensions(
    options: *mut amaas_embed_options,
    dimensions: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.dimensions = Some(positive(dimensions, "dimensions")?);
            Ok(())
        })
    }
}

/// Sets whether vectors are scaled to length 1: 0 for no, 1 for yes. The
/// package's word when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embed_options_set_normalize(
    options: *mut amaas_embed_options,
    normalize: i32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.normalize = Some(flag(normalize, "normalize")?);
            Ok(())
        })
    }
}

/// Sets what happens to texts that are too long; the vectors of windows are averaged by their
/// tokens. The package's word when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_embed_options_set_overflow(
    options: *mut amaas_embed_options,
    overflow: amaas_overflow,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe {
        set(options, error, |options| {
            options.overflow = Some(parse_overflow(overflow)?);
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
pub unsafe extern "C" fn amaas_embed_options_set_call(
    options: *mut amaas_embed_options,
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
pub unsafe extern "C" fn amaas_embed_options_free(options: *mut amaas_embed_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}

/// Changes options behind the boundary.
///
/// # Safety
/// `options` is NULL, or live and used by no other thread; `error` is as `call` wants it.
unsafe fn set(
    options: *mut amaas_embed_options,
    error: *mut *mut amaas_error,
    change: impl FnOnce(&mut EmbedOptions) -> Result<()>,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe { call(error, || change(&mut object_mut(options, "options")?.0)) }
}
