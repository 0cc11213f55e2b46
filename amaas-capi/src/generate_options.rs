//! What a call of `amaas_route_generate` may say otherwise than the package.

use std::ffi::c_char;

use amaas_core::GenerateOptions;

use crate::arguments::{Place, flag, name, object, object_mut, positive};
use crate::boundary::{call, free, give};
use crate::call::amaas_call;
use crate::classify_options::{amaas_overflow, parse_overflow};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// Options of `amaas_route_generate`, `amaas_route_chat` and `amaas_route_stream_generate`. What is not set
/// is as the package says.
///
/// Made by `amaas_generate_options_new`, owned by its caller, ended with
/// `amaas_generate_options_free`. While one thread sets it no other may use it; from then on any
/// number of threads may generate with it.
#[derive(Debug)]
pub struct amaas_generate_options(pub(crate) GenerateOptions);

/// Makes options with nothing set. The caller owns `out`.
///
/// # Safety
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_new(
    out: *mut *mut amaas_generate_options,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let make = || unsafe {
        Place::new(out, "out")?.write(give(amaas_generate_options(GenerateOptions::default())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}

/// Sets the most tokens of the answer; at least 1. As many as the package says, or as there is room
/// for, when it is not set.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_max_new_tokens(
    options: *mut amaas_generate_options,
    max_new_tokens: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.max_new_tokens =
            Some(positive(max_new_tokens, "max_new_tokens")?);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets whether tokens are drawn, 1, or the most probable one is taken, 0.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_do_sample(
    options: *mut amaas_generate_options,
    do_sample: i32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.do_sample = Some(flag(do_sample, "do_sample")?);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets what scores are divided by before drawing; 0 takes the most probable token.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_temperature(
    options: *mut amaas_generate_options,
    temperature: f32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.temperature = Some(temperature);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Draws only from the fewest tokens whose probabilities reach this sum, over 0 and up to 1.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_top_p(
    options: *mut amaas_generate_options,
    top_p: f32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.top_p = Some(top_p);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Draws only from tokens at least this share as probable as the most probable one, 0 to 1.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_min_p(
    options: *mut amaas_generate_options,
    min_p: f32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.min_p = Some(min_p);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets how much tokens that stand in the text already are held back; 1 for not at all.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_repetition_penalty(
    options: *mut amaas_generate_options,
    repetition_penalty: f32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.repetition_penalty = Some(repetition_penalty);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets the power of the length by which scores of beams are divided; when it is not set, as the package
/// says, or else 1.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_length_penalty(
    options: *mut amaas_generate_options,
    length_penalty: f32,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.length_penalty = Some(length_penalty);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Draws only from so many of the most probable tokens; 0 for all.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_top_k(
    options: *mut amaas_generate_options,
    top_k: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.top_k = Some(top_k);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Lets no run of so many tokens stand in the text twice; 0 for no such rule.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_no_repeat_ngram_size(
    options: *mut amaas_generate_options,
    size: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.no_repeat_ngram_size = Some(size);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Lets at most so many tokens be guessed at once, for a text that is written alone: of what its schema
/// forces, or what stands in the text already. Up to 64; 0 for no guesses. What is written does not depend
/// on it.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_prompt_lookup_num_tokens(
    options: *mut amaas_generate_options,
    tokens: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.prompt_lookup_num_tokens = Some(tokens);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets the seed of the draws: the same one draws the same tokens.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_seed(
    options: *mut amaas_generate_options,
    seed: u64,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.seed = Some(seed);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Searches for the most probable text with so many beams; at least 1, which is none. When it is not set,
/// as many as the package says.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_num_beams(
    options: *mut amaas_generate_options,
    num_beams: usize,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    let set = || unsafe {
        object_mut(options, "options")?.0.num_beams = Some(positive(num_beams, "num_beams")?);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Ends the answer at this text, which is not part of it; may be called several times.
///
/// # Safety
/// `options` is live and used by no other thread, `stop` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_add_stop(
    options: *mut amaas_generate_options,
    stop: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let set = || unsafe {
        let text = name(stop, "stop")?.to_owned();
        object_mut(options, "options")?.0.stop.push(text);
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets the JSON schema that the answer follows, as JSON text.
///
/// # Safety
/// `options` is live and used by no other thread, `schema` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_schema(
    options: *mut amaas_generate_options,
    schema: *const c_char,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let set = || unsafe {
        object_mut(options, "options")?
            .0
            .set_schema(name(schema, "schema")?)?;
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, set) }
}

/// Sets what happens to a prompt that is too long: it is refused or cut; windows there are none.
///
/// # Safety
/// `options` is live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generate_options_set_overflow(
    options: *mut amaas_generate_options,
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
pub unsafe extern "C" fn amaas_generate_options_set_call(
    options: *mut amaas_generate_options,
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
pub unsafe extern "C" fn amaas_generate_options_free(options: *mut amaas_generate_options) {
    // SAFETY: the caller's promise.
    unsafe { free(options) };
}
