//! What ONNX Runtime says when it refuses.

use std::ffi::{CStr, c_char};

use ort::sys;

use crate::{Error, ErrorKind};

/// The longest part of ONNX Runtime's words that an error's own line repeats.
const LINE: usize = 300;

/// ONNX Runtime's own words, whole.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refusal(pub(super) String);

impl Refusal {
    /// Takes over `status`; `Ok` when it is null, which is how ONNX Runtime says yes.
    ///
    /// # Safety
    /// `status` comes from a call of this `api` and nobody else uses it.
    pub(super) unsafe fn check(api: &sys::OrtApi, status: sys::OrtStatusPtr) -> Result<(), Self> {
        if status.0.is_null() {
            return Ok(());
        }
        // SAFETY: the status is live until it is released below; its message lives as long.
        let message = unsafe { text((api.GetErrorMessage)(status.0)) };
        // SAFETY: the caller gave it to us, and it is not used again.
        unsafe { (api.ReleaseStatus)(status.0) };
        Err(Self(message))
    }

    /// The first line, cut to what a log line bears.
    pub(super) fn first_line(&self) -> &str {
        let line = self.0.lines().next().unwrap_or_default().trim();
        match line.char_indices().nth(LINE) {
            Some((end, _)) => &line[..end],
            None => line,
        }
    }

    /// An error whose message ends in the first line; the whole text is its source if it is longer.
    pub(super) fn into_error(self, kind: ErrorKind, what: &str) -> Error {
        let error = Error::new(kind, format!("{what}: {}", self.first_line()));
        if self.first_line().len() == self.0.trim().len() {
            error
        } else {
            error.because(self)
        }
    }
}

/// Copies a text of ONNX Runtime's; what is not UTF-8 is replaced, null is empty.
///
/// # Safety
/// `text` is null or ends in a zero byte, and lives during the call.
pub(super) unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, and the caller upholds the rest.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_kept_as_the_source() {
        let refusal = Refusal(format!("first\n{}", "x".repeat(1000)));
        let error = refusal.into_error(ErrorKind::LoadFailed, "refused");
        assert_eq!(error.to_string(), "refused: first");
        assert!(error.report().contains("xxx"));
    }

    #[test]
    fn a_short_text_is_not_said_twice() {
        let error = Refusal("no".into()).into_error(ErrorKind::LoadFailed, "refused");
        assert_eq!(error.report(), "refused: no");
    }
}
