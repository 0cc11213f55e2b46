//! Naming an input without showing it.

use std::fmt;

/// An input text as errors and logs may speak of it: its size, never its words.
///
/// ```
/// use amaas_core::privacy::Redacted;
///
/// assert_eq!(Redacted("my card is 4111…").to_string(), "text of 16 characters");
/// assert_eq!(format!("{:?}", Redacted("x")), "text of 1 character");
/// ```
pub struct Redacted<'a>(pub &'a str);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.chars().count();
        let plural = if length == 1 { "" } else { "s" };
        write!(f, "text of {length} character{plural}")
    }
}

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
