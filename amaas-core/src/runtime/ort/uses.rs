//! Who uses which weight, and whether ONNX Runtime then leaves the weight as it is.
//!
//! Optimisers rewrite weights, and not all of them give the result a new name: one that moves a
//! `Transpose` past an `Add` transposes what is added, in place. A value of ours with that name
//! would then take the place of the rewritten weight, and the answers would be wrong. So a weight
//! is shared only if each of its uses is known to be safe: by the main graph, as an input of an
//! operator that no optimiser rewrites under the same name. Those hold nearly all bytes.
//!
//! The trap: a new entry in [`SAFE`] needs its test beside those in `tests/weights.rs`.

use std::collections::{HashMap, HashSet};

use super::wire::{Fields, Value, text, unreadable};
use crate::Result;
use crate::model::Graph;

/// Operators, and which of their inputs are safe.
const SAFE: [(&str, &[usize]); 11] = [
    ("Conv", &[1]),
    ("ConvInteger", &[1]),
    ("ConvTranspose", &[1]),
    ("GRU", &[1, 2]),
    ("Gather", &[0]),
    ("Gemm", &[0, 1]),
    ("LSTM", &[1, 2]),
    ("MatMul", &[0, 1]),
    ("MatMulInteger", &[0, 1]),
    ("QLinearConv", &[3]),
    ("RNN", &[1, 2]),
];

/// Messages may nest this deep, as in protobuf's own readers.
const DEEPEST: usize = 100;

/// The uses of the names of one model.
#[derive(Debug, Default)]
pub(super) struct Uses<'a> {
    /// How often a tensor of the main graph has this name.
    defined: HashMap<&'a str, usize>,
    unsafe_names: HashSet<&'a str>,
    /// The model has operators of its own with the names of ONNX's.
    is_redefined: bool,
}

impl<'a> Uses<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// `LoadFailed` when the file is no ONNX model.
    pub(super) fn of(graph: &'a Graph) -> Result<Self> {
        let mut uses = Self::default();
        for field in Fields(graph.model.bytes()) {
            match field? {
                (7, Value::Bytes(main)) => uses.main(main)?,
                (25, Value::Bytes(function)) => uses.function(function)?,
                _ => {}
            }
        }
        Ok(uses)
    }

    /// Whether ONNX Runtime uses the weight of this name as it is.
    pub(super) fn keep(&self, name: &str) -> bool {
        !self.is_redefined
            && !self.unsafe_names.contains(name)
            && self.defined.get(name) == Some(&1)
    }

    fn main(&mut self, graph: &'a [u8]) -> Result<()> {
        for field in Fields(graph) {
            match field? {
                (1, Value::Bytes(node)) => self.node(node)?,
                (5, Value::Bytes(tensor)) => {
                    *self.defined.entry(named(tensor, 8)?).or_default() += 1;
                }
                // A caller may override an input, and an output is the caller's.
                (11 | 12, Value::Bytes(port)) => {
                    self.unsafe_names.insert(named(port, 1)?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn node(&mut self, node: &'a [u8]) -> Result<()> {
        let (mut inputs, mut operator, mut domain) = (Vec::new(), "", "");
        for field in Fields(node) {
            match field? {
                (1, Value::Bytes(name)) => inputs.push(text(name)?),
                (4, Value::Bytes(name)) => operator = text(name)?,
                (5, Value::Bytes(attribute)) => self.attribute(attribute, DEEPEST)?,
                (7, Value::Bytes(name)) => domain = text(name)?,
                _ => {}
            }
        }
        let safe = SAFE.iter().find(|(name, _)| *name == operator);
        let safe = safe
            .filter(|_| is_onnx(domain))
            .map_or(&[][..], |safe| safe.1);
        let is_unsafe = |(place, _): &(usize, &str)| !safe.contains(place);
        let inputs = inputs.into_iter().enumerate().filter(is_unsafe);
        self.unsafe_names.extend(inputs.map(|(_, name)| name));
        Ok(())
    }

    /// Graphs in attributes: nothing that they name is safe.
    fn attribute(&mut self, attribute: &'a [u8], depth: usize) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or_else(unreadable)?;
        for field in Fields(attribute) {
            if let (6 | 11, Value::Bytes(graph)) = field? {
                self.nested(graph, depth)?;
            }
        }
        Ok(())
    }

    fn nested(&mut self, graph: &'a [u8], depth: usize) -> Result<()> {
        for field in Fields(graph) {
            match field? {
                (1, Value::Bytes(node)) => {
                    for field in Fields(node) {
                        match field? {
                            (1, Value::Bytes(name)) => {
                                self.unsafe_names.insert(text(name)?);
                            }
                            (5, Value::Bytes(attribute)) => self.attribute(attribute, depth)?,
                            _ => {}
                        }
                    }
                }
                (5, Value::Bytes(tensor)) => {
                    self.unsafe_names.insert(named(tensor, 8)?);
                }
                (11 | 12, Value::Bytes(port)) => {
                    self.unsafe_names.insert(named(port, 1)?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn function(&mut self, function: &'a [u8]) -> Result<()> {
        let (name, domain) = (named(function, 1)?, named(function, 10)?);
        self.is_redefined |= is_onnx(domain) && SAFE.iter().any(|(safe, _)| *safe == name);
        Ok(())
    }
}

fn is_onnx(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// The text in one field of a message; the last one counts.
fn named(message: &[u8], number: u64) -> Result<&str> {
    let mut name = "";
    for field in Fields(message) {
        match field? {
            (found, Value::Bytes(bytes)) if found == number => name = text(bytes)?,
            _ => {}
        }
    }
    Ok(name)
}
