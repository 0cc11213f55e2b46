//! What was written, and the functions of a route that write.

use std::ffi::{c_char, c_void};

use amaas_core::{Chat, Finish, GenerateOptions, Generated, Generation, Result, TextStream};

use crate::arguments::{Place, name, object, optional_name, refuse, texts};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::generate_options::amaas_generate_options;
use crate::route::amaas_route;
use crate::status::amaas_status;
use crate::text::{Text, view};
use crate::usage::{Receipt, amaas_usage};

/// Why a text ended: one of `AMAAS_FINISH_…`.
pub type amaas_finish = i32;
/// The model ended it, or a stop text did.
pub const AMAAS_FINISH_STOP: amaas_finish = 0;
/// It has as many tokens as it may.
pub const AMAAS_FINISH_LENGTH: amaas_finish = 1;

/// The texts that were written after the prompts of one call, in their order, and the receipt.
///
/// Made by `amaas_route_generate`, `amaas_route_chat`, `amaas_route_stream_…` and `amaas_ticket_generation`,
/// owned by its caller, ended with `amaas_generation_free`. It never changes: any number of threads may read it.
/// Everything it answers with is valid until it is freed.
#[derive(Debug)]
pub struct amaas_generation {
    answers: Vec<Answer>,
    receipt: Receipt,
}

#[derive(Debug)]
struct Answer {
    text: Text,
    finish: amaas_finish,
    truncated: usize,
}

/// Called with each piece of a text as it is written: `length` bytes of UTF-8, no character split, and
/// the `data` that was given along with it. It runs on the calling thread, and must not throw or
/// jump out. A number other than 0 gives the rest of the text up.
pub type amaas_piece_callback =
    Option<unsafe extern "C" fn(piece: *const c_char, length: usize, data: *mut c_void) -> i32>;

impl amaas_generation {
    pub(crate) fn new(generated: Generated) -> Self {
        let answer = |answer: Generation| Answer {
            text: Text::new(answer.text),
            finish: match answer.finish {
                Finish::Length => AMAAS_FINISH_LENGTH,
                _ => AMAAS_FINISH_STOP,
            },
            truncated: answer.truncated,
        };
        Self {
            answers: generated.answers.into_iter().map(answer).collect(),
            receipt: Receipt::new(generated.usage),
        }
    }
}

/// Writes a text after each of `count` prompts, all of them at once. Blocks until all have ended.
///
/// Prompts and `options` are passed as texts and options to `amaas_route_classify`. The caller owns
/// `out`.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task; `AMAAS_STATUS_INPUT_TOO_LONG` for a
/// prompt that leaves no room; `AMAAS_STATUS_INVALID_ARGUMENT` for options out of range and a schema
/// that nothing meets; `AMAAS_STATUS_QUOTA_EXCEEDED` also in the middle of a text.
///
/// # Safety
/// `route` is live, `options` is NULL or live, `prompts` and `lengths` point to as much as stated,
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_generate(
    route: *const amaas_route,
    prompts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    options: *const amaas_generate_options,
    out: *mut *mut amaas_generation,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let generate = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let prompts = texts(prompts, lengths, count, "prompts")?;
        let generated = route.generate_with(&prompts, &said(options))?;
        out.write(give(amaas_generation::new(generated)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, generate) }
}

/// Writes the answer to a chat. Blocks until it has ended.
///
/// `messages` is JSON: a list of `{"role": …, "content": …}`; `tools`, which may be NULL, a list of
/// JSON schemas of functions. `options` may be NULL. The caller owns `out`.
///
/// As `amaas_route_generate`; `AMAAS_STATUS_UNSUPPORTED` also when the package has no chat template.
///
/// # Safety
/// `route` is live, `options` is NULL or live, `messages` and `tools` end in NUL, `tools` may be NULL,
/// `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_chat(
    route: *const amaas_route,
    messages: *const c_char,
    tools: *const c_char,
    options: *const amaas_generate_options,
    out: *mut *mut amaas_generation,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let answer = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let (messages, tools) = said_of(messages, tools)?;
        let chat = Chat::from_json(messages, tools)?;
        let generated = route.chat_with(&chat, &said(options))?;
        out.write(give(amaas_generation::new(generated)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, answer) }
}

/// Writes a text after `prompt` and calls `callback` with each piece. Blocks until it has ended; `out`
/// is then the whole of it.
///
/// `length` is the prompt's in bytes. `options` may be NULL. The caller owns `out`.
///
/// As `amaas_route_generate`; `AMAAS_STATUS_CANCELLED` when the callback gave the text up.
///
/// # Safety
/// `route` is live, `options` is NULL or live, `prompt` points to `length` bytes, `callback` may be
/// called with `data`, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_stream_generate(
    route: *const amaas_route,
    prompt: *const c_char,
    length: usize,
    options: *const amaas_generate_options,
    callback: amaas_piece_callback,
    data: *mut c_void,
    out: *mut *mut amaas_generation,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let stream = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let prompts = texts(&raw const prompt, &raw const length, 1, "prompt")?;
        let callback = called(callback)?;
        let stream = route.stream_generate(&prompts.concat(), &said(options))?;
        out.write(give(follow(stream, callback, data)?));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, stream) }
}

/// As `amaas_route_stream_generate`, for the answer to a chat as `amaas_route_chat` takes it.
///
/// # Safety
/// As for `amaas_route_chat`; `callback` may be called with `data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_stream_chat(
    route: *const amaas_route,
    messages: *const c_char,
    tools: *const c_char,
    options: *const amaas_generate_options,
    callback: amaas_piece_callback,
    data: *mut c_void,
    out: *mut *mut amaas_generation,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let stream = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let (messages, tools) = said_of(messages, tools)?;
        let callback = called(callback)?;
        let chat = Chat::from_json(messages, tools)?;
        let stream = route.stream_chat(&chat, &said(options))?;
        out.write(give(follow(stream, callback, data)?));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, stream) }
}

type Callback = unsafe extern "C" fn(*const c_char, usize, *mut c_void) -> i32;

fn called(callback: amaas_piece_callback) -> Result<Callback> {
    callback.ok_or_else(|| refuse("callback", "is NULL", "pass a function"))
}

/// Hands each piece to the callback; the whole text.
///
/// # Safety
/// `callback` may be called with `data`.
unsafe fn follow(
    mut stream: TextStream,
    callback: Callback,
    data: *mut c_void,
) -> Result<amaas_generation> {
    for piece in &mut stream {
        let piece = piece?;
        // SAFETY: the caller's promise.
        if unsafe { callback(piece.as_ptr().cast(), piece.len(), data) } != 0 {
            stream.cancel();
            break;
        }
    }
    Ok(amaas_generation::new(stream.wait()?))
}

/// The texts of a chat.
///
/// # Safety
/// `messages` ends in NUL, `tools` is NULL or ends in NUL.
pub(crate) unsafe fn said_of<'a>(
    messages: *const c_char,
    tools: *const c_char,
) -> Result<(&'a str, Option<&'a str>)> {
    // SAFETY: the caller's promises.
    unsafe { Ok((name(messages, "messages")?, optional_name(tools, "tools")?)) }
}

/// # Safety
/// `options` is NULL or live.
pub(crate) unsafe fn said(options: *const amaas_generate_options) -> GenerateOptions {
    // SAFETY: the caller's promise.
    unsafe { options.as_ref() }.map_or_else(GenerateOptions::default, |options| options.0.clone())
}

/// How many prompts were answered; 0 for NULL.
///
/// # Safety
/// `generation` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generation_count(generation: *const amaas_generation) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(generation, 0, |generation| Some(generation.answers.len())) }
}

/// The text that was written after the prompt at `prompt`, without it, in UTF-8 and ending in NUL.
/// NULL where there is none and for NULL.
///
/// # Safety
/// `generation` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generation_text(
    generation: *const amaas_generation,
    prompt: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        view(generation, |generation| {
            Some(&generation.answers.get(prompt)?.text)
        })
    }
}

/// Why it ended: one of `AMAAS_FINISH_…`; -1 where there is none and for NULL.
///
/// # Safety
/// `generation` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generation_finish(
    generation: *const amaas_generation,
    prompt: usize,
) -> amaas_finish {
    // SAFETY: the caller's promise.
    unsafe {
        read(generation, -1, |generation| {
            Some(generation.answers.get(prompt)?.finish)
        })
    }
}

/// How many tokens of the prompt at `prompt` were cut off because it was too long; 0 where all was
/// read, where there is none and for NULL.
///
/// # Safety
/// `generation` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generation_truncated(
    generation: *const amaas_generation,
    prompt: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(generation, 0, |generation| {
            Some(generation.answers.get(prompt)?.truncated)
        })
    }
}

/// Writes what the call used to `usage`, whose `size` must be set.
///
/// # Safety
/// `generation` is live, `usage` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generation_usage(
    generation: *const amaas_generation,
    usage: *mut amaas_usage,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        call(error, || {
            object(generation, "generation")?.receipt.write(usage)
        })
    }
}

/// Ends a generation, with all it answered with; NULL is allowed.
///
/// # Safety
/// `generation` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_generation_free(generation: *mut amaas_generation) {
    // SAFETY: the caller's promise.
    unsafe { free(generation) };
}
