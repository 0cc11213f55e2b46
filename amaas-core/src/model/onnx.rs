//! The little of the ONNX file format that must be known before a runtime sees the file: which
//! files of external weights a graph refers to.
//!
//! Field numbers are those of `onnx.proto` (ONNX IR, Apache-2.0); everything else in the file is
//! skipped without being copied.

use std::collections::BTreeSet;

use prost::Message;

use crate::{Error, ErrorKind, Result};

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "25")]
    functions: Vec<FunctionProto>,
}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    node: Vec<NodeProto>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "15")]
    sparse_initializer: Vec<SparseTensorProto>,
}

#[derive(Clone, PartialEq, Message)]
struct FunctionProto {
    #[prost(message, repeated, tag = "7")]
    node: Vec<NodeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeProto {
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<AttributeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct AttributeProto {
    #[prost(message, optional, tag = "5")]
    t: Option<TensorProto>,
    #[prost(message, optional, tag = "6")]
    g: Option<GraphProto>,
    #[prost(message, repeated, tag = "10")]
    tensors: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    graphs: Vec<GraphProto>,
}

#[derive(Clone, PartialEq, Message)]
struct SparseTensorProto {
    #[prost(message, optional, tag = "1")]
    values: Option<TensorProto>,
    #[prost(message, optional, tag = "2")]
    indices: Option<TensorProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorProto {
    #[prost(message, repeated, tag = "13")]
    external_data: Vec<StringStringEntryProto>,
}

#[derive(Clone, PartialEq, Message)]
struct StringStringEntryProto {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

/// The files of weights that a serialized model refers to, as it spells them, without repeats.
///
/// # Errors
/// `InvalidPackage` when the bytes are not an ONNX model.
pub fn external_locations(model: &[u8]) -> Result<BTreeSet<String>> {
    let unreadable = |cause: &str| {
        Error::new(ErrorKind::InvalidPackage, "the file is not an ONNX model")
            .with("cause", cause)
            .advise("pass a model exported as `.onnx`")
    };
    let model = ModelProto::decode(model).map_err(|cause| unreadable(&cause.to_string()))?;
    let graph = model.graph.ok_or_else(|| unreadable("it holds no graph"))?;
    let mut found = BTreeSet::new();
    visit_graph(&graph, &mut found);
    model
        .functions
        .iter()
        .for_each(|function| visit_nodes(&function.node, &mut found));
    Ok(found)
}

fn visit_graph(graph: &GraphProto, found: &mut BTreeSet<String>) {
    graph
        .initializer
        .iter()
        .for_each(|tensor| visit_tensor(tensor, found));
    for sparse in &graph.sparse_initializer {
        sparse
            .values
            .iter()
            .chain(&sparse.indices)
            .for_each(|tensor| visit_tensor(tensor, found));
    }
    visit_nodes(&graph.node, found);
}

fn visit_nodes(nodes: &[NodeProto], found: &mut BTreeSet<String>) {
    for attribute in nodes.iter().flat_map(|node| &node.attribute) {
        attribute
            .t
            .iter()
            .chain(&attribute.tensors)
            .for_each(|tensor| visit_tensor(tensor, found));
        attribute
            .g
            .iter()
            .chain(&attribute.graphs)
            .for_each(|graph| visit_graph(graph, found));
    }
}

fn visit_tensor(tensor: &TensorProto, found: &mut BTreeSet<String>) {
    let location = tensor
        .external_data
        .iter()
        .find(|entry| entry.key == "location");
    found.extend(location.map(|entry| entry.value.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model_with(location: &str) -> Vec<u8> {
        let entry = StringStringEntryProto {
            key: "location".into(),
            value: location.into(),
        };
        let tensor = TensorProto {
            external_data: vec![entry],
        };
        let inner = GraphProto {
            initializer: vec![tensor],
            ..Default::default()
        };
        let attribute = AttributeProto {
            g: Some(inner),
            ..Default::default()
        };
        let node = NodeProto {
            attribute: vec![attribute],
        };
        let graph = GraphProto {
            node: vec![node],
            ..Default::default()
        };
        ModelProto {
            graph: Some(graph),
            functions: vec![],
        }
        .encode_to_vec()
    }

    #[test]
    fn weights_of_inner_graphs_are_found() {
        let found = external_locations(&model_with("weights.bin")).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["weights.bin"]);
    }

    #[test]
    fn bytes_that_are_no_model_are_refused() {
        for bytes in [&b"not a model"[..], b"", b"\x08\x09"] {
            let error = external_locations(bytes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidPackage);
        }
    }
}
