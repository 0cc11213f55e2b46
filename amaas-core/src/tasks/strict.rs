//! JSON that means one thing to everybody who reads it.
//!
//! A file in which an object has a key twice is read by one program as the first and by another as
//! the last, so what was looked at is not what runs. And a text of many megabytes is no token, no
//! pattern and no table of any tokenizer there is.
//!
//! The trap: most readers keep the last of two keys and say nothing, so this is asked before them.

use std::borrow::Cow;
use std::fmt;

use ahash::HashSet;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// No text in a tokenizer is longer. The largest there are hold tables of some hundred kilobytes.
const MAX_TEXT: usize = 4 << 20;

/// Refuses bytes that are no JSON, repeat a key, or have a text out of all reason.
pub(super) fn check(bytes: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_slice(bytes).map(|Checked| ())
}

struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Checked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Checked, E> {
        bounded(text).map(|_| Checked)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Checked, A::Error> {
        while access.next_element::<Checked>()?.is_some() {}
        Ok(Checked)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Checked, A::Error> {
        let mut keys = HashSet::default();
        while let Some(Key(key)) = access.next_key()? {
            if !keys.insert(key) {
                return Err(A::Error::custom("a key stands twice"));
            }
            access.next_value::<Checked>()?;
        }
        Ok(Checked)
    }
}

fn bounded<E: Error>(text: &str) -> Result<&str, E> {
    match text.len() {
        length if length > MAX_TEXT => Err(E::custom(format_args!(
            "a text has {length} bytes, more than {MAX_TEXT}"
        ))),
        _ => Ok(text),
    }
}

/// Lent by the file where nothing in it is escaped.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Lent)
    }
}

struct Lent;

impl<'de> Visitor<'de> for Lent {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
        bounded(text).map(|text| Key(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
        bounded(text).map(|text| Key(Cow::Borrowed(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_stand_once_in_each_object_and_texts_may_be_long() {
        let long = format!("\"{}\"", "x".repeat(MAX_TEXT));
        let good = [
            "null",
            "[true, -1, 1.5, 18446744073709551615, \"x\"]",
            r#"{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}"#,
            r#"{"a": 1, "A": 2, "": 3}"#,
            &long,
        ];
        for text in good {
            assert!(check(text.as_bytes()).is_ok());
        }
        let longer = format!("[\"{}\"]", "x".repeat(MAX_TEXT + 1));
        let key = format!("{{\"{}\": 1}}", "x".repeat(MAX_TEXT + 1));
        let bad = [
            "",
            "{} {}",
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": 1, "\u0061": 2}"#,
            r#"[{"b": {"a": 1, "c": 2, "a": 1}}]"#,
            &longer,
            &key,
        ];
        for text in bad {
            assert!(check(text.as_bytes()).is_err());
        }
        let error = check(br#"{"secret": 1, "secret": 2}"#)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("twice") && !error.contains("secret"),
            "{error}"
        );
    }
}
