//! Why somebody did something: one line that is kept in an index.
//!
//! The trap: it is printed to terminals and logs later, so control characters are refused rather
//! than kept.

use crate::{Error, ErrorKind, Result};

const LIMIT: usize = 1000;

/// The reason as it is kept; blank is none.
pub(super) fn checked(reason: Option<&str>) -> Result<Option<String>> {
    let Some(reason) = reason.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let length = reason.chars().count();
    if length <= LIMIT && !reason.contains(char::is_control) {
        return Ok(Some(reason.to_owned()));
    }
    Err(
        Error::new(ErrorKind::InvalidArgument, "the reason is no line of text")
            .with("characters", length)
            .with("limit", LIMIT)
            .advise("say it in one line, without control characters"),
    )
}
