//! Which weights of a model can be shared, by who uses them.
//!
//! Optimisers rewrite weights, and not all of them give the result a new name: one that moves a
//! `Transpose` past an `Add` transposes what is added, in place. A value of ours with that name
//! would then take the place of the rewritten weight, and the answers would be wrong. So only
//! tables are given as values: weights that `Gather` nodes of the main graph look up, and nobody
//! else uses. No optimiser rewrites those, no kernel packs them.
//!
//! All other constants count as packed: weights, and what nodes make of them, since ONNX Runtime
//! runs such nodes at load and gives the result the name of the node's output.

use std::collections::{HashMap, HashSet};
use std::ffi::CString;

use super::wire::{Fields, Value, text, unreadable};
use crate::Result;
use crate::model::Graph;

/// Messages may nest this deep, as in protobuf's own readers.
const DEEPEST: usize = 100;

/// The uses of the names of one model.
#[derive(Debug, Default)]
pub(super) struct Uses<'a> {
    /// How often a tensor of the main graph has this name.
    weights: HashMap<&'a str, usize>,
    tables: HashSet<&'a str>,
    /// Used in another way than as a table.
    others: HashSet<&'a str>,
    /// Inputs and outputs of the main graph: a caller may override the former, and the latter are
    /// the caller's.
    ports: HashSet<&'a str>,
    /// What the nodes of the main graph make.
    made: Vec<&'a str>,
    /// The model has a `Gather` of its own.
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
                (25, Value::Bytes(function)) => {
                    uses.is_redefined |= named(function, 1)? == "Gather";
                }
                _ => {}
            }
        }
        Ok(uses)
    }

    /// Whether the weight of this name is a table.
    pub(super) fn is_table(&self, name: &str) -> bool {
        !self.is_redefined
            && self.tables.contains(name)
            && !self.others.contains(name)
            && !self.ports.contains(name)
            && self.weights.get(name) == Some(&1)
    }

    /// The names of what kernels may pack.
    pub(super) fn packed(&self) -> Vec<CString> {
        let weights = self.weights.keys().filter(|name| !self.is_table(name));
        let names: HashSet<_> = weights.chain(&self.made).collect();
        let names = names
            .into_iter()
            .filter(|name| !name.is_empty() && !self.ports.contains(**name));
        names.filter_map(|name| CString::new(*name).ok()).collect()
    }

    fn main(&mut self, graph: &'a [u8]) -> Result<()> {
        for field in Fields(graph) {
            match field? {
                (1, Value::Bytes(node)) => self.node(node)?,
                (5, Value::Bytes(tensor)) => {
                    *self.weights.entry(named(tensor, 8)?).or_default() += 1;
                }
                (11 | 12, Value::Bytes(port)) => {
                    self.ports.insert(named(port, 1)?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn node(&mut self, node: &'a [u8]) -> Result<()> {
        let mut inputs = Vec::new();
        for field in Fields(node) {
            match field? {
                (1, Value::Bytes(name)) => inputs.push(text(name)?),
                (2, Value::Bytes(name)) => self.made.push(text(name)?),
                (5, Value::Bytes(attribute)) => self.attribute(attribute, DEEPEST)?,
                _ => {}
            }
        }
        let is_gather = named(node, 4)? == "Gather" && matches!(named(node, 7)?, "" | "ai.onnx");
        let tables = usize::from(is_gather);
        self.tables.extend(inputs.iter().take(tables));
        self.others.extend(inputs.into_iter().skip(tables));
        Ok(())
    }

    /// Graphs in attributes: nothing that they name is a table.
    fn attribute(&mut self, attribute: &'a [u8], depth: usize) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or_else(unreadable)?;
        for field in Fields(attribute) {
            if let (6 | 11, Value::Bytes(graph)) = field? {
                for field in Fields(graph) {
                    match field? {
                        (1, Value::Bytes(node)) => self.inner_node(node, depth)?,
                        (5, Value::Bytes(tensor)) => {
                            self.others.insert(named(tensor, 8)?);
                        }
                        (11 | 12, Value::Bytes(port)) => {
                            self.others.insert(named(port, 1)?);
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    fn inner_node(&mut self, node: &'a [u8], depth: usize) -> Result<()> {
        for field in Fields(node) {
            match field? {
                (1 | 2, Value::Bytes(name)) => {
                    self.others.insert(text(name)?);
                }
                (5, Value::Bytes(attribute)) => self.attribute(attribute, depth)?,
                _ => {}
            }
        }
        Ok(())
    }
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
