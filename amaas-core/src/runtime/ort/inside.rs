//! Tables inside the model's file, which its instances can share.
//!
//! Only large ones that lie in one piece: what the file spells number by number is small or rare.

use super::uses::Uses;
use super::weight::{Place, Weight};
use super::wire::{Fields, Value, lengths, size, text};
use crate::Result;
use crate::model::Graph;

/// From this size on a weight is worth sharing.
const LARGE: usize = 1 << 10;

/// The large tables inside the file of `graph`.
///
/// # Errors
/// `LoadFailed` when the file is no ONNX model.
pub(super) fn tables(graph: &Graph, uses: &Uses<'_>) -> Result<Vec<Weight>> {
    let model = graph.model.bytes();
    let mut found = Vec::new();
    for field in Fields(model) {
        if let (7, Value::Bytes(main)) = field? {
            for field in Fields(main) {
                if let (5, Value::Bytes(tensor)) = field? {
                    found.extend(weight(model, tensor)?);
                }
            }
        }
    }
    found.retain(|weight| uses.is_table(&weight.name));
    Ok(found)
}

/// The weight in `tensor`, a part of `model`, if it is one to share.
fn weight(model: &[u8], tensor: &[u8]) -> Result<Option<Weight>> {
    let (mut weight, mut raw, mut is_plain) = (Weight::default(), None, true);
    for field in Fields(tensor) {
        match field? {
            (1, Value::Number(length)) => weight.shape.push(size(length)?),
            (1, Value::Bytes(packed)) => weight.shape.extend(lengths(packed)?),
            (2, Value::Number(element)) => weight.element = element,
            (8, Value::Bytes(name)) => weight.name = text(name)?.to_owned(),
            (9, Value::Bytes(bytes)) => raw = Some(bytes),
            // A segment of a tensor, typed numbers, a file: left to ONNX Runtime.
            (3..=7 | 10 | 11 | 13, _) => is_plain = false,
            (14, Value::Number(place)) => is_plain &= place == 0,
            _ => {}
        }
    }
    let Some(raw) = raw.filter(|raw| is_plain && raw.len() >= LARGE) else {
        return Ok(None);
    };
    let start = raw.as_ptr().addr() - model.as_ptr().addr();
    weight.place = Place::Model(start..start + raw.len());
    // What does not fit its own shape is left to ONNX Runtime, which refuses it in its own words.
    let fits = weight.size().is_ok_and(|(_, length)| length == raw.len());
    Ok(fits.then_some(weight))
}
