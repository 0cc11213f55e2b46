//! Sound: files and samples.

use std::ffi::{c_char, c_void};

use amaas_core::{Audio, Result};

use crate::arguments::{At, Place, name, object, slice};
use crate::boundary::{call, free, give};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// A recording, or a piece of one.
///
/// Made by `amaas_audio_…`, owned by its caller, ended with `amaas_audio_free`. It never changes: any
/// number of threads may use it.
#[derive(Debug)]
pub struct amaas_audio(pub(crate) Audio);

/// Takes a copy of the `length` bytes of a WAV, FLAC, MP3 or Ogg Vorbis file. They are decoded when
/// they are used. The caller owns `out`.
///
/// # Safety
/// `bytes` points to as much as stated, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_audio_file(
    bytes: *const c_void,
    length: usize,
    out: *mut *mut amaas_audio,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let out = Place::new(out, "out")?;
        let bytes = slice(bytes.cast::<u8>(), length, "bytes")?;
        out.write(give(amaas_audio(Audio::file(bytes))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}

/// Reads a file. The caller owns `out`.
///
/// `AMAAS_STATUS_IO` when it cannot be read.
///
/// # Safety
/// `path` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_audio_open(
    path: *const c_char,
    out: *mut *mut amaas_audio,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let open = || unsafe {
        let out = Place::new(out, "out")?;
        out.write(give(amaas_audio(Audio::open(name(path, "path")?)?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, open) }
}

/// Takes a copy of samples from -1 to 1: `frames` times `channels` of them, frame by frame, at
/// `sampling_rate` frames a second. The caller owns `out`.
///
/// # Safety
/// `samples` points to as much as stated, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_audio_samples(
    samples: *const f32,
    frames: usize,
    channels: usize,
    sampling_rate: u32,
    out: *mut *mut amaas_audio,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let out = Place::new(out, "out")?;
        let samples = slice(samples, frames.saturating_mul(channels), "samples")?;
        let audio = Audio::samples(samples, sampling_rate).with_channels(channels);
        out.write(give(amaas_audio(audio)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}

/// As `amaas_audio_samples`, of samples from -32768 to 32767.
///
/// # Safety
/// As `amaas_audio_samples`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_audio_integers(
    samples: *const i16,
    frames: usize,
    channels: usize,
    sampling_rate: u32,
    out: *mut *mut amaas_audio,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let out = Place::new(out, "out")?;
        let samples = slice(samples, frames.saturating_mul(channels), "samples")?;
        let audio = Audio::integers(samples, sampling_rate).with_channels(channels);
        out.write(give(amaas_audio(audio)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}

/// Ends a recording; NULL is allowed.
///
/// # Safety
/// `audio` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_audio_free(audio: *mut amaas_audio) {
    // SAFETY: the caller's promise.
    unsafe { free(audio) };
}

/// `count` recordings.
///
/// # Safety
/// `audio` is NULL or points to `count` pointers, each NULL or to a live recording.
pub(crate) unsafe fn recordings(
    audio: *const *const amaas_audio,
    count: usize,
) -> Result<Vec<Audio>> {
    // SAFETY: the caller's promise.
    let pointers = unsafe { slice(audio, count, "audio") }?;
    let each = pointers.iter().enumerate().map(|(index, one)| {
        // SAFETY: the caller's promise.
        let one = unsafe { object(*one, At("audio", index)) }?;
        Ok(one.0.clone())
    });
    each.collect()
}
