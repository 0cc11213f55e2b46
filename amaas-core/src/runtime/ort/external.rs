//! Weights outside the model's file: which ones a graph names, and that none is fetched unasked.
//!
//! ONNX lets any tensor of a model name a file and a place in it. ONNX Runtime takes such files
//! from memory for the weights of the main graph. For all others, in the branches of an `If`, the
//! body of a `Loop` or the attributes of a node, it opens the file itself, wherever a stranger's
//! model points. So those are refused here, before ONNX Runtime sees the model.
//!
//! The walk reads only what it needs of `onnx.proto`. What it cannot read is refused too: a reader
//! that is more lenient than this one must not get to see it.

use super::weight::{Place, Weight};
use super::wire::{Fields, Value, lengths, size, text, unreadable};
use crate::model::Graph;
use crate::{Error, ErrorKind, Result};

/// Messages may nest this deep, as in protobuf's own readers.
const DEEPEST: usize = 100;

/// How ONNX Runtime marks, for itself, a tensor at an address in memory. In a file it would let
/// the file's author choose what is read.
const TAG: &str = "*/";

/// The messages of `onnx.proto` on the way to tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    Model,
    Training,
    Function,
    MainGraph,
    Graph,
    Node,
    Attribute,
    SparseTensor,
    /// A weight of the main graph.
    Weight,
    Tensor,
}

impl Message {
    /// What a field of this message holds, if tensors may be in it.
    fn field(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Model, 7) => Self::MainGraph,
            (Self::Model, 20) => Self::Training,
            (Self::Model, 25) => Self::Function,
            (Self::Training, 1 | 2) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Function, 7) | (Self::MainGraph | Self::Graph, 1) => Self::Node,
            (Self::Function, 11) | (Self::Node, 5) => Self::Attribute,
            (Self::MainGraph, 5) => Self::Weight,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::SparseTensor, 1 | 2) => {
                Self::Tensor
            }
            (Self::MainGraph | Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::SparseTensor,
            _ => return None,
        })
    }
}

/// The weights that lie in files, all of which were given.
///
/// # Errors
/// `LoadFailed` naming the tensor and the file for which ONNX Runtime would open a file.
pub(super) fn weights(graph: &Graph) -> Result<Vec<Weight>> {
    let given: Vec<_> = graph
        .weights
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let mut walk = Walk {
        given: &given,
        found: Vec::new(),
    };
    walk.message(Message::Model, graph.model.bytes(), DEEPEST)?;
    Ok(walk.found)
}

struct Walk<'a> {
    given: &'a [&'a str],
    found: Vec<Weight>,
}

impl Walk<'_> {
    fn message(&mut self, message: Message, bytes: &[u8], depth: usize) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or_else(unreadable)?;
        if matches!(message, Message::Weight | Message::Tensor) {
            return self.tensor(message, bytes);
        }
        for field in Fields(bytes) {
            let (number, value) = field?;
            if let (Some(inner), Value::Bytes(bytes)) = (message.field(number), value) {
                self.message(inner, bytes, depth)?;
            }
        }
        Ok(())
    }

    fn tensor(&mut self, message: Message, bytes: &[u8]) -> Result<()> {
        let (mut weight, mut is_outside, mut locations) = (Weight::default(), false, Vec::new());
        let mut offset = 0;
        for field in Fields(bytes) {
            match field? {
                (1, Value::Number(length)) => weight.shape.push(size(length)?),
                (1, Value::Bytes(packed)) => weight.shape.extend(lengths(packed)?),
                (2, Value::Number(element)) => weight.element = element,
                (8, Value::Bytes(name)) => weight.name = text(name)?.to_owned(),
                (13, Value::Bytes(entry)) => match entry_of(entry)? {
                    ("location", file) => locations.push(file),
                    ("offset", start) => offset = start.parse().map_err(|_| unreadable())?,
                    _ => {}
                },
                (14, Value::Number(place)) => is_outside |= place != 0,
                _ => {}
            }
        }
        if !is_outside {
            return Ok(());
        }
        match locations[..] {
            _ if message == Message::Tensor => Err(nested(&weight.name, &locations)),
            [location] if self.given.contains(&location) && !location.starts_with(TAG) => {
                weight.place = Place::File(location.to_owned(), offset);
                self.found.push(weight);
                Ok(())
            }
            _ => Err(self.missing(&weight.name, &locations.join(", "))),
        }
    }

    fn missing(&self, name: &str, location: &str) -> Error {
        let given: Vec<_> = self.given.iter().map(|name| format!("`{name}`")).collect();
        let given = if given.is_empty() {
            "none".to_owned()
        } else {
            given.join(", ")
        };
        let message =
            format!("the weight `{name}` lies in the file `{location}`, which was not given");
        Error::new(ErrorKind::LoadFailed, message)
            .with("files given", given)
            .advise(format!(
                "keep `{location}` beside the model, or save the model with its weights inside"
            ))
    }
}

fn nested(name: &str, locations: &[&str]) -> Error {
    let location = locations.join(", ");
    let message = format!(
        "the tensor `{name}`, which is no weight of the main graph, lies in the file `{location}`"
    );
    Error::new(ErrorKind::LoadFailed, message).advise("save the model with its weights inside")
}

/// One key and its value in `external_data`.
fn entry_of(bytes: &[u8]) -> Result<(&str, &str)> {
    let (mut key, mut value) = ("", "");
    for field in Fields(bytes) {
        match field? {
            (1, Value::Bytes(bytes)) => key = text(bytes)?,
            (2, Value::Bytes(bytes)) => value = text(bytes)?,
            _ => {}
        }
    }
    Ok((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).unwrap();
        [&[number << 3 | 2, length], bytes].concat()
    }

    fn outside() -> Vec<u8> {
        let entry = [field(1, b"location"), field(2, b"w.bin")].concat();
        [field(8, b"w"), field(13, &entry), vec![14 << 3, 1]].concat()
    }

    fn error(model: Vec<u8>) -> Error {
        weights(&Graph::new(model)).unwrap_err()
    }

    #[test]
    fn a_weight_needs_its_file() {
        let model = field(7, &field(5, &outside()));
        let mut graph = Graph::new(model.clone());
        assert_eq!(
            error(model).to_string(),
            "the weight `w` lies in the file `w.bin`, which was not given (files given: none); keep `w.bin` beside the model, or save the model with its weights inside"
        );
        graph
            .weights
            .push(("w.bin".into(), std::sync::Arc::new(vec![0_u8])));
        assert!(weights(&graph).is_ok());
    }

    #[test]
    fn an_address_is_no_file() {
        let entry = [field(1, b"location"), field(2, b"*/_ORT_MEM_ADDR_/*")].concat();
        let tensor = [field(13, &entry), vec![14 << 3, 1]].concat();
        let mut graph = Graph::new(field(7, &field(5, &tensor)));
        graph
            .weights
            .push(("*/_ORT_MEM_ADDR_/*".into(), std::sync::Arc::new(vec![0_u8])));
        assert!(weights(&graph).is_err());
    }

    #[test]
    fn a_tensor_anywhere_else_is_refused() {
        // A node's attribute, and the graph in a node's attribute.
        let attribute = field(7, &field(1, &field(5, &field(5, &outside()))));
        let body = field(7, &field(1, &field(5, &field(6, &field(5, &outside())))));
        for model in [attribute, body] {
            assert!(
                error(model)
                    .to_string()
                    .contains("no weight of the main graph")
            );
        }
    }

    #[test]
    fn endless_nesting_is_refused() {
        let mut bytes = Vec::new();
        for _ in 0..40 {
            let graph = [vec![6 << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
            bytes = field(1, &field(5, &graph));
            if bytes.len() > 120 {
                break;
            }
        }
        assert!(weights(&Graph::new(field(7, &bytes))).is_ok());
        let mut walk = Walk {
            given: &[],
            found: Vec::new(),
        };
        assert!(walk.message(Message::MainGraph, &bytes, 3).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = weights(&Graph::new(bytes));
        }
    }
}
