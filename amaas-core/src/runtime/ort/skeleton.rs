//! A model without its tables, for sessions that are given the tables as values.
//!
//! ONNX Runtime copies all that is inside a model while it reads it. What is said to lie outside
//! it takes from the values, so that a large table costs one copy, and that for all instances.

use std::collections::HashSet;

use super::weight::{Place, Weight};
use super::wire::{Fields, Value, unreadable};
use crate::Result;

/// From this size on tables are worth a second look at the model.
const LARGE: usize = 1 << 20;

/// Where the tables are said to lie. No file is opened: each has a value.
const LOCATION: &[u8] = b"amaas";

/// `model` with the tables inside it said to lie outside; `None` if that would gain nothing.
///
/// # Errors
/// `LoadFailed` when `model` is no ONNX model.
pub(super) fn write(model: &[u8], tables: &[Weight]) -> Result<Option<Vec<u8>>> {
    let ranges = tables.iter().filter_map(|table| match &table.place {
        Place::Model(range) => Some(range),
        Place::File(..) => None,
    });
    let saved: usize = ranges.clone().map(ExactSizeIterator::len).sum();
    if saved < LARGE {
        return Ok(None);
    }
    let writer = Writer {
        start: model.as_ptr().addr(),
        tables: ranges.map(|range| range.start).collect(),
    };
    let mut out = Vec::with_capacity(model.len() - saved + (tables.len() << 6));
    writer.model(model, &mut out)?;
    Ok(Some(out))
}

struct Writer {
    /// The address of the model.
    start: usize,
    /// Where in the model the tables' bytes start.
    tables: HashSet<usize>,
}

impl Writer {
    fn model(&self, model: &[u8], out: &mut Vec<u8>) -> Result<()> {
        each(model, |field, raw| {
            let (7, Value::Bytes(graph)) = field else {
                out.extend_from_slice(raw);
                return Ok(());
            };
            let (field, start) = (out.len(), out.len() + 1 + WIDTH);
            out.extend_from_slice(&[7 << 3 | 2; 1 + WIDTH]);
            self.graph(graph, out)?;
            let length = out.len() - start;
            out[field + 1..start].copy_from_slice(&wide(length)?);
            Ok(())
        })
    }

    fn graph(&self, graph: &[u8], out: &mut Vec<u8>) -> Result<()> {
        each(graph, |field, raw| {
            match field {
                (5, Value::Bytes(tensor)) => match self.outside(tensor)? {
                    Some(tensor) => put(5, &tensor, out)?,
                    None => out.extend_from_slice(raw),
                },
                _ => out.extend_from_slice(raw),
            }
            Ok(())
        })
    }

    /// The tensor without its bytes, if it is a table.
    fn outside(&self, tensor: &[u8]) -> Result<Option<Vec<u8>>> {
        let (mut rest, mut is_table) = (Vec::new(), false);
        each(tensor, |field, raw| {
            if let (9, Value::Bytes(bytes)) = field {
                is_table |= self.tables.contains(&(bytes.as_ptr().addr() - self.start));
            } else if raw.len() <= LARGE {
                rest.extend_from_slice(raw);
            }
            Ok(())
        })?;
        if !is_table {
            return Ok(None);
        }
        let mut entry = Vec::new();
        put(1, b"location", &mut entry)?;
        put(2, LOCATION, &mut entry)?;
        put(13, &entry, &mut rest)?;
        rest.extend_from_slice(&[14 << 3, 1]);
        Ok(Some(rest))
    }
}

/// Visits the fields of a message, each with its bytes as they stand there.
fn each<'a>(
    message: &'a [u8],
    mut visit: impl FnMut((u64, Value<'a>), &'a [u8]) -> Result<()>,
) -> Result<()> {
    let mut fields = Fields(message);
    loop {
        let before = fields.0;
        let Some(field) = fields.next() else {
            return Ok(());
        };
        visit(field?, &before[..before.len() - fields.0.len()])?;
    }
}

/// Lengths take this many bytes, so that one can be written before it is known.
const WIDTH: usize = 5;

fn put(number: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    out.push(number << 3 | 2);
    out.extend_from_slice(&wide(bytes.len())?);
    out.extend_from_slice(bytes);
    Ok(())
}

fn wide(length: usize) -> Result<[u8; WIDTH]> {
    let mut length = u32::try_from(length).map_err(|_| unreadable())?;
    let mut bytes = [0x80; WIDTH];
    for byte in &mut bytes {
        *byte |= length.to_le_bytes()[0] & 0x7f;
        length >>= 7;
    }
    bytes[WIDTH - 1] &= 0x7f;
    Ok(bytes)
}
