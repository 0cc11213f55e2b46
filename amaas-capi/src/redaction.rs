//! A text without what was sensitive in it.

use std::ffi::c_char;

use amaas_core::privacy::Redaction;

use crate::arguments::{Place, name, object};
use crate::boundary::{call, free, give, read};
use crate::error::amaas_error;
use crate::redactor::{AMAAS_SENSITIVE_NONE, amaas_sensitive, number};
use crate::status::amaas_status;
use crate::text::{Text, amaas_text, view};

/// A text that was redacted, and the way back for what placeholders stand for: it holds what was
/// sensitive, and should live no longer than the answer takes.
///
/// Made by `amaas_redactor_redact`, owned by its caller, ended with `amaas_redaction_free`, which wipes
/// it. It never changes: any number of threads may read it. What was found is counted from 0.
#[derive(Debug)]
pub struct amaas_redaction {
    text: Text,
    redaction: Redaction,
}

impl amaas_redaction {
    pub(crate) fn new(redaction: Redaction) -> Self {
        Self {
            text: Text::new(redaction.text()),
            redaction,
        }
    }
}

/// The text, as it may be shown; NULL for NULL. Valid until the redaction is freed.
///
/// # Safety
/// `redaction` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redaction_text(redaction: *const amaas_redaction) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { view(redaction, |redaction| Some(&redaction.text)) }
}

/// How much was found; 0 for NULL.
///
/// # Safety
/// `redaction` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redaction_count(redaction: *const amaas_redaction) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(redaction, 0, |it| Some(it.redaction.found().len())) }
}

/// What was found at `index`: one of `AMAAS_SENSITIVE_…`; `AMAAS_SENSITIVE_NONE` where nothing was and
/// for NULL.
///
/// # Safety
/// `redaction` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redaction_kind(
    redaction: *const amaas_redaction,
    index: usize,
) -> amaas_sensitive {
    // SAFETY: the caller's promise.
    unsafe {
        read(redaction, AMAAS_SENSITIVE_NONE, |it| {
            Some(number(it.redaction.found().get(index)?.0))
        })
    }
}

/// Where in the text that was given it begins, in bytes; 0 where nothing was and for NULL.
///
/// # Safety
/// `redaction` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redaction_begin(
    redaction: *const amaas_redaction,
    index: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(redaction, 0, |it| {
            Some(it.redaction.found().get(index)?.1.start)
        })
    }
}

/// Where in the text that was given it ends, in bytes; 0 where nothing was and for NULL.
///
/// # Safety
/// `redaction` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redaction_end(
    redaction: *const amaas_redaction,
    index: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        read(redaction, 0, |it| {
            Some(it.redaction.found().get(index)?.1.end)
        })
    }
}

/// Turns every placeholder of this text in `output` back into what it stood for. The caller owns `out`.
///
/// # Safety
/// `redaction` is live, `output` ends in NUL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redaction_restore(
    redaction: *const amaas_redaction,
    output: *const c_char,
    out: *mut *mut amaas_text,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let restore = || unsafe {
        let redaction = &object(redaction, "redaction")?.redaction;
        let out = Place::new(out, "out")?;
        let text = redaction.restore(name(output, "output")?);
        out.write(give(amaas_text(Text::new(text))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, restore) }
}

/// Ends a redaction; NULL is allowed.
///
/// # Safety
/// `redaction` is NULL or live, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_redaction_free(redaction: *mut amaas_redaction) {
    // SAFETY: the caller's promise.
    unsafe { free(redaction) };
}
