//! JSON as Python's `json.dumps` writes it, which is what models were trained to read.
//!
//! The trap: a blank follows each comma and colon, unless `indent` is given: then only each colon.

use std::io;

use minijinja::value::{Kwargs, Value};
use minijinja::{Error, ErrorKind};
use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};

/// The widest indent of a line.
const WIDEST: usize = 16;

/// How JSON is laid out.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    indent: Option<usize>,
    item: String,
    key: String,
    ascii: bool,
    sorted: bool,
}

impl Layout {
    /// The options of the filter: `indent`, `separators`, `ensure_ascii`, `sort_keys`.
    pub(super) fn read(options: &Kwargs) -> Result<Self, Error> {
        let indent: Option<usize> = options.get("indent")?;
        if indent.is_some_and(|indent| indent > WIDEST) {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "an indent of over 16",
            ));
        }
        let item = if indent.is_some() { "," } else { ", " };
        let separators: Option<Vec<String>> = options.get("separators")?;
        let [item, key] = match separators.as_deref() {
            None => [item.to_owned(), ": ".to_owned()],
            Some([item, key]) => [item.clone(), key.clone()],
            Some(_) => {
                return Err(Error::new(
                    ErrorKind::InvalidOperation,
                    "two separators are wanted",
                ));
            }
        };
        Ok(Self {
            indent,
            item,
            key,
            ascii: options
                .get::<Option<bool>>("ensure_ascii")?
                .unwrap_or(false),
            sorted: options.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
        })
    }

    /// `value` in this layout.
    pub(super) fn write(&self, value: &Value) -> Result<String, Error> {
        let unwritable = || Error::new(ErrorKind::BadSerialization, "a value has no JSON");
        let mut value = serde_json::to_value(value).map_err(|_| unwritable())?;
        if self.sorted {
            value.sort_all_objects();
        }
        let mut text = Vec::new();
        let writer = Writer {
            layout: self,
            depth: 0,
            empty: false,
        };
        let mut serializer = Serializer::with_formatter(&mut text, writer);
        value.serialize(&mut serializer).map_err(|_| unwritable())?;
        String::from_utf8(text).map_err(|_| unwritable())
    }
}

/// Writes one value.
struct Writer<'a> {
    layout: &'a Layout,
    depth: usize,
    /// Whether nothing stands in the present list or object yet.
    empty: bool,
}

impl Writer<'_> {
    fn open<W: ?Sized + io::Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        (self.depth, self.empty) = (self.depth + 1, true);
        out.write_all(bracket)
    }

    fn close<W: ?Sized + io::Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        if !std::mem::take(&mut self.empty) {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn next<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        if !first {
            out.write_all(self.layout.item.as_bytes())?;
        }
        self.line(out)
    }

    fn line<W: ?Sized + io::Write>(&self, out: &mut W) -> io::Result<()> {
        match self.layout.indent {
            Some(indent) => write!(out, "\n{:1$}", "", indent * self.depth),
            None => Ok(()),
        }
    }
}

impl Formatter for Writer<'_> {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(self.layout.key.as_bytes())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        if !self.layout.ascii || text.is_ascii() {
            return out.write_all(text.as_bytes());
        }
        for unit in text.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => out.write_all(&[byte])?,
                _ => write!(out, "\\u{unit:04x}")?,
            }
        }
        Ok(())
    }
}
