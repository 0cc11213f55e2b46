//! Protobuf's wire format, as far as models need it: fields, numbers and bytes, read in place.
//!
//! What follows no rule of the format is an error and never a panic: models come from strangers.

use crate::{Error, ErrorKind, Result};

/// The error for bytes that are no model.
pub(super) fn unreadable() -> Error {
    Error::new(ErrorKind::LoadFailed, "the bytes are not an ONNX model").advise("check the export")
}

/// Bytes as a text.
pub(super) fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| unreadable())
}

/// A number as a length.
pub(super) fn size(number: u64) -> Result<usize> {
    usize::try_from(number).map_err(|_| unreadable())
}

/// Numbers that lie packed in one field.
pub(super) fn lengths(bytes: &[u8]) -> Result<Vec<usize>> {
    let (mut rest, mut lengths) = (Fields(bytes), Vec::new());
    while !rest.0.is_empty() {
        lengths.push(size(rest.number().ok_or_else(unreadable)?)?);
    }
    Ok(lengths)
}

/// The value of one field, as far as amaas cares.
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

/// The fields of one message; the bytes are those still to be read.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field().ok_or_else(unreadable);
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let tag = self.number()?;
        // A field number has 29 bits; lenient readers drop what is above, so it is refused.
        let number = u32::try_from(tag).ok()? >> 3;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some((u64::from(number), value))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}
