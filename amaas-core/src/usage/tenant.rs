//! What a tenant may be called.

use crate::{Error, ErrorKind, Result};

/// The most characters of a name.
const MOST: usize = 128;

/// Whether this can stand in a table, a log and an invoice: 1 to 128 characters, none of them a control
/// character, and no blank at either end.
pub(crate) fn is_word(text: &str) -> bool {
    if (1..=MOST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return true; // as most often
    }
    (1..=MOST).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(char::is_control)
}

/// Refuses what cannot be the name of a tenant or an idempotency key.
///
/// # Errors
/// `InvalidArgument`, without the text: it may come from anywhere.
pub(crate) fn check(what: &str, text: Option<&str>) -> Result<()> {
    match text {
        Some(text) if !is_word(text) => {
            let message = format!(
                "the {what} of a call has `{}` bytes or cannot be printed",
                text.len()
            );
            Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("use 1 to 128 characters that can be printed, without blanks at the ends"))
        }
        _ => Ok(()),
    }
}
