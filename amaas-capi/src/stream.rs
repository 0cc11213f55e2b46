//! Streams: calls that follow each other, each with the state that the one before left.

use std::ffi::c_char;

use amaas_core::{DetectSpeechOptions, Error, Stream, StreamOptions};

use crate::arguments::{At, Place, flag, names, object, slice};
use crate::audio::{amaas_audio, recordings};
use crate::boundary::{free, give};
use crate::call::{amaas_call, said};
use crate::detect_speech_options::amaas_detect_speech_options;
use crate::error::amaas_error;
use crate::outputs::amaas_outputs;
use crate::route::{amaas_route, named};
use crate::speech::amaas_speech;
use crate::status::amaas_status;
use crate::tensor::amaas_tensor;
use crate::text::{Text, amaas_text};
use crate::ticket::{Kind, amaas_ticket};

/// Calls that follow each other, each with the state that the one before left. A call that fails
/// leaves it as it was.
///
/// Made by `amaas_route_stream` or `amaas_route_listen`, owned by its caller, ended with
/// `amaas_stream_free`. Any number of streams share a model. Any number of threads may use one stream,
/// which has one call at a time: others are refused with `AMAAS_STATUS_CONFLICT`. It keeps its route
/// and its version alive.
#[derive(Debug)]
pub struct amaas_stream(pub(crate) Stream);

/// A stream that begins now, on the version that answers now. With `follow` 1 rather than 0 it goes on,
/// before each call, with the version that the route serves then, if that keeps the same state. The
/// caller owns `out`.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model keeps no state between calls.
///
/// # Safety
/// `route` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_stream(
    route: *const amaas_route,
    follow: i32,
    out: *mut *mut amaas_stream,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let begin = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let follow = flag(follow, "follow")?;
        out.write(give(amaas_stream(
            route.stream_with(&StreamOptions { follow })?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, begin) }
}

/// As `amaas_route_stream`, of sound in which speech is found as `options` say; `options` may be NULL
/// for what the package says.
///
/// # Safety
/// As `amaas_route_stream`; `options` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_listen(
    route: *const amaas_route,
    options: *const amaas_detect_speech_options,
    follow: i32,
    out: *mut *mut amaas_stream,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let begin = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let none = DetectSpeechOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let follow = flag(follow, "follow")?;
        out.write(give(amaas_stream(
            route.listen(options, &StreamOptions { follow })?,
        )));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, begin) }
}

/// Runs the next call, as `amaas_route_run_with`. The state is neither given nor returned.
///
/// # Safety
/// `stream` and the inputs are live, the arrays hold as much as stated, `call` is NULL or live, `out`
/// can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_run(
    stream: *const amaas_stream,
    input_names: *const *const c_char,
    inputs: *const *const amaas_tensor,
    input_count: usize,
    output_names: *const *const c_char,
    output_count: usize,
    call: *const amaas_call,
    out: *mut *mut amaas_outputs,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let run = || unsafe {
        let (stream, out) = (&object(stream, "stream")?.0, Place::new(out, "out")?);
        let inputs = named(input_names, inputs, input_count)?;
        let wanted = names(output_names, output_count, "output_names")?;
        let outputs = stream.run_with(&inputs, &wanted, &said(call))?;
        out.write(give(amaas_outputs::new(outputs)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, run) }
}

/// As `amaas_stream_run`, without waiting; the tensors and `call` may be freed at once. The stream is busy
/// until the ticket is done: what is asked of it before is refused with `AMAAS_STATUS_CONFLICT`. A ticket
/// that is cancelled or freed before leaves the stream as it was. What comes of it comes through
/// `amaas_ticket_outputs`. The caller owns `out`.
///
/// # Safety
/// As for `amaas_stream_run`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_submit(
    stream: *const amaas_stream,
    input_names: *const *const c_char,
    inputs: *const *const amaas_tensor,
    input_count: usize,
    output_names: *const *const c_char,
    output_count: usize,
    call: *const amaas_call,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (stream, out) = (&object(stream, "stream")?.0, Place::new(out, "out")?);
        let inputs = named(input_names, inputs, input_count)?;
        let wanted = names(output_names, output_count, "output_names")?;
        let ticket = stream.submit(&inputs, &wanted, &said(call));
        out.write(give(amaas_ticket(Kind::Run(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, submit) }
}

/// Takes the next piece of sound in: samples of any length, at the model's own rate. Blocks until it is
/// heard. What is certain now is in `out`, of one recording; seconds count from the first piece. The
/// caller owns `out`.
///
/// # Safety
/// `stream` and `audio` are live, `call` is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_feed(
    stream: *const amaas_stream,
    audio: *const amaas_audio,
    call: *const amaas_call,
    out: *mut *mut amaas_speech,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let feed = || unsafe {
        let (stream, out) = (&object(stream, "stream")?.0, Place::new(out, "out")?);
        let heard = stream.feed_with(&object(audio, "audio")?.0, &said(call))?;
        out.write(give(amaas_speech::heard(heard)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, feed) }
}

/// Takes the next piece of each of `count` streams in, all in one call: the windows of different
/// streams run together. `out` is an array of `count` places, which the caller owns what is in
/// afterwards. If it fails all streams are as they were, and nothing is written.
///
/// # Safety
/// `streams` and `audio` point to `count` live objects each, `call` is NULL or live, `out` can be
/// written to `count` times.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_streams_feed(
    streams: *const *const amaas_stream,
    audio: *const *const amaas_audio,
    count: usize,
    call: *const amaas_call,
    out: *mut *mut amaas_speech,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let feed = || unsafe {
        let _ = Place::new(out, "out")?;
        let pieces = recordings(audio, count)?;
        let each = slice(streams, count, "streams")?.iter().enumerate();
        let streams = each.map(|(index, one)| object(*one, At("streams", index)));
        let streams = streams.collect::<Result<Vec<_>, Error>>()?;
        let feeds: Vec<_> = streams.iter().map(|one| &one.0).zip(&pieces).collect();
        let all = amaas_core::feed_together(&feeds, &said(call))?;
        for (index, heard) in all.into_iter().enumerate() {
            out.add(index).write(give(amaas_speech::heard(heard)));
        }
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, feed) }
}

/// Ends the recording: the rest of the speech is certain, and the stream begins anew. The caller owns
/// `out`.
///
/// # Safety
/// `stream` is live, `call` is NULL or live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_finish(
    stream: *const amaas_stream,
    call: *const amaas_call,
    out: *mut *mut amaas_speech,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let finish = || unsafe {
        let (stream, out) = (&object(stream, "stream")?.0, Place::new(out, "out")?);
        out.write(give(amaas_speech::heard(stream.finish_with(&said(call))?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, finish) }
}

/// Goes on with the version that the route serves now, and carries the state over. `changed` says
/// whether it is another version; NULL is allowed for `changed`.
///
/// `AMAAS_STATUS_UNSUPPORTED`, saying why, when that version does not keep the same state: the stream
/// then goes on with its own.
///
/// # Safety
/// `stream` is live, `changed` is NULL or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_update(
    stream: *const amaas_stream,
    changed: *mut bool,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let update = || unsafe {
        let moved = object(stream, "stream")?.0.update()?;
        // NULL is allowed here: there is nothing to refuse.
        let _ = Place::new(changed, "changed").map(|place| place.write(moved));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, update) }
}

/// The version that answers the stream's next call, unless it moves before. The caller owns `out`.
///
/// `AMAAS_STATUS_CONFLICT` while a call is under way.
///
/// # Safety
/// `stream` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_version(
    stream: *const amaas_stream,
    out: *mut *mut amaas_text,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let tell = || unsafe {
        let (stream, out) = (&object(stream, "stream")?.0, Place::new(out, "out")?);
        let version = stream.version()?.to_string();
        out.write(give(amaas_text(Text::new(version))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, tell) }
}

/// Begins anew, on the version that the route serves now.
///
/// # Safety
/// `stream` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_reset(
    stream: *const amaas_stream,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promise.
    unsafe { crate::boundary::call(error, || object(stream, "stream")?.0.reset()) }
}

/// Another stream that goes on from where this one is. The caller owns `out`.
///
/// # Safety
/// `stream` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_fork(
    stream: *const amaas_stream,
    out: *mut *mut amaas_stream,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let fork = || unsafe {
        let (stream, out) = (&object(stream, "stream")?.0, Place::new(out, "out")?);
        out.write(give(amaas_stream(stream.fork()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, fork) }
}

/// Ends a stream; NULL is allowed.
///
/// # Safety
/// `stream` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_free(stream: *mut amaas_stream) {
    // SAFETY: the caller's promise.
    unsafe { free(stream) };
}
