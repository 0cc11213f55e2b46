//! Sound that nobody waits for: recordings whole, and the pieces of a stream.

use amaas_core::{ClassifyOptions, DetectSpeechOptions};

use crate::arguments::{Place, object};
use crate::audio::{amaas_audio, recordings};
use crate::boundary::{call, give};
use crate::call::{amaas_call, said};
use crate::classify_options::amaas_classify_options;
use crate::detect_speech_options::amaas_detect_speech_options;
use crate::error::amaas_error;
use crate::route::amaas_route;
use crate::speech::amaas_speech;
use crate::status::amaas_status;
use crate::stream::amaas_stream;
use crate::ticket::{Kind, amaas_ticket};

/// As `amaas_route_detect_speech`, without waiting; the recordings and `options` may be freed at once.
/// What comes of them comes through the ticket, also that one is damaged, by `amaas_ticket_speech`. The
/// caller owns `out`.
///
/// # Safety
/// As for `amaas_route_detect_speech`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_detect_speech(
    route: *const amaas_route,
    audio: *const *const amaas_audio,
    count: usize,
    options: *const amaas_detect_speech_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let recordings = recordings(audio, count)?;
        let none = DetectSpeechOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let ticket = route.submit_detect_speech(recordings, options);
        out.write(give(amaas_ticket(Kind::DetectSpeech(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, submit) }
}

/// As `amaas_route_classify_audio`, without waiting; the recordings and `options` may be freed at once.
/// What comes of them comes through the ticket, also that one is damaged, by
/// `amaas_ticket_classification`. The caller owns `out`.
///
/// # Safety
/// As for `amaas_route_classify_audio`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_classify_audio(
    route: *const amaas_route,
    audio: *const *const amaas_audio,
    count: usize,
    options: *const amaas_classify_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let recordings = recordings(audio, count)?;
        let none = ClassifyOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let ticket = route.submit_classify_audio(recordings, options);
        out.write(give(amaas_ticket(Kind::Classify(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, submit) }
}

/// As `amaas_stream_feed`, without waiting; the piece and `call` may be freed at once. The stream is busy
/// until the ticket is done: what is asked of it before is refused with `AMAAS_STATUS_CONFLICT`. A ticket
/// that is cancelled or freed before leaves the stream as it was. What is heard comes through
/// `amaas_ticket_speech`. The caller owns `out`.
///
/// # Safety
/// As for `amaas_stream_feed`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_submit_feed(
    stream: *const amaas_stream,
    audio: *const amaas_audio,
    call: *const amaas_call,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (stream, out) = (&object(stream, "stream")?.0, Place::new(out, "out")?);
        let ticket = stream.submit_feed(&object(audio, "audio")?.0, &said(call));
        out.write(give(amaas_ticket(Kind::Feed(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, submit) }
}

/// As `amaas_stream_finish`, without waiting; the stream is busy as after `amaas_stream_submit_feed`. What
/// is heard comes through `amaas_ticket_speech`. The caller owns `out`.
///
/// # Safety
/// As for `amaas_stream_finish`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_stream_submit_finish(
    stream: *const amaas_stream,
    call: *const amaas_call,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (stream, out) = (&object(stream, "stream")?.0, Place::new(out, "out")?);
        out.write(give(amaas_ticket(Kind::Feed(
            stream.submit_finish(&said(call)),
        ))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, submit) }
}

/// Blocks until the ticket of `amaas_route_submit_detect_speech`, `amaas_stream_submit_feed` or
/// `amaas_stream_submit_finish` is done and takes its answers, once. The caller owns `out`.
///
/// # Safety
/// `ticket` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_speech(
    ticket: *const amaas_ticket,
    out: *mut *mut amaas_speech,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (ticket, out) = (object(ticket, "ticket")?, Place::new(out, "out")?);
        out.write(give(match &ticket.0 {
            Kind::DetectSpeech(recordings) => amaas_speech::new(recordings.wait()?),
            Kind::Feed(pieces) => amaas_speech::heard(pieces.wait()?),
            _ => return Err(ticket.other("speech")),
        }));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}
