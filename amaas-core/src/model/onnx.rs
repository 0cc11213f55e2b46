//! The little of the ONNX file format that must be known before a runtime sees the file: which
//! files of external weights a graph refers to, which operators it has, and what it takes and gives.
//!
//! Field numbers are those of `onnx.proto` (ONNX IR, Apache-2.0); everything else in the file is
//! skipped without being copied.

mod interface;

use std::collections::BTreeSet;

use prost::Message;

pub use self::interface::signature;
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
    #[prost(message, repeated, tag = "11")]
    attribute_proto: Vec<AttributeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeProto {
    #[prost(string, tag = "4")]
    op_type: String,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<AttributeProto>,
    #[prost(string, tag = "7")]
    domain: String,
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
    #[prost(message, optional, tag = "22")]
    sparse_tensor: Option<SparseTensorProto>,
    #[prost(message, repeated, tag = "23")]
    sparse_tensors: Vec<SparseTensorProto>,
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
    let model = ModelProto::decode(model).map_err(|cause| unreadable(&cause.to_string()))?;
    let graph = model.graph.ok_or_else(|| unreadable("it holds no graph"))?;
    let mut found = BTreeSet::new();
    visit_graph(&graph, &mut found);
    for function in &model.functions {
        visit_nodes(&function.node, &mut found);
        visit_attributes(&function.attribute_proto, &mut found);
    }
    Ok(found)
}

/// The types of the operators of a serialized model, those of its functions and of graphs inside of
/// nodes included.
///
/// # Errors
/// `InvalidPackage` when the bytes are not an ONNX model.
pub fn operators(model: &[u8]) -> Result<BTreeSet<String>> {
    names(model, &|node| Some(node.op_type.clone()))
}

/// The operators of a serialized model that are not ONNX's own, as `domain:type`, wherever they
/// stand. The model may bring some of them as functions.
///
/// # Errors
/// `InvalidPackage` when the bytes are not an ONNX model.
pub fn custom_operators(model: &[u8]) -> Result<BTreeSet<String>> {
    let is_own = |node: &NodeProto| matches!(&*node.domain, "" | "ai.onnx" | "ai.onnx.ml");
    let name = |node: &NodeProto| format!("{}:{}", node.domain, node.op_type);
    names(model, &|node| (!is_own(node)).then(|| name(node)))
}

/// What each node of a model is called.
type Naming<'a> = &'a dyn Fn(&NodeProto) -> Option<String>;

fn names(model: &[u8], naming: Naming<'_>) -> Result<BTreeSet<String>> {
    let model = ModelProto::decode(model).map_err(|cause| unreadable(&cause.to_string()))?;
    let graph = model.graph.ok_or_else(|| unreadable("it holds no graph"))?;
    let mut found = BTreeSet::new();
    name_operators(&graph.node, naming, &mut found);
    for function in &model.functions {
        name_operators(&function.node, naming, &mut found);
    }
    Ok(found)
}

fn name_operators(nodes: &[NodeProto], naming: Naming<'_>, found: &mut BTreeSet<String>) {
    for node in nodes {
        found.extend(naming(node));
        for attribute in &node.attribute {
            let graphs = attribute.g.iter().chain(&attribute.graphs);
            graphs.for_each(|graph| name_operators(&graph.node, naming, found));
        }
    }
}

fn unreadable(cause: &str) -> Error {
    Error::new(ErrorKind::InvalidPackage, "the file is not an ONNX model")
        .with("cause", cause)
        .advise("pass a model exported as `.onnx`")
}

fn visit_graph(graph: &GraphProto, found: &mut BTreeSet<String>) {
    graph
        .initializer
        .iter()
        .for_each(|tensor| visit_tensor(tensor, found));
    graph
        .sparse_initializer
        .iter()
        .for_each(|sparse| visit_sparse(sparse, found));
    visit_nodes(&graph.node, found);
}

fn visit_nodes(nodes: &[NodeProto], found: &mut BTreeSet<String>) {
    nodes
        .iter()
        .for_each(|node| visit_attributes(&node.attribute, found));
}

fn visit_attributes(attributes: &[AttributeProto], found: &mut BTreeSet<String>) {
    for attribute in attributes {
        let tensors = attribute.t.iter().chain(&attribute.tensors);
        tensors.for_each(|tensor| visit_tensor(tensor, found));
        let sparse = attribute
            .sparse_tensor
            .iter()
            .chain(&attribute.sparse_tensors);
        sparse.for_each(|tensor| visit_sparse(tensor, found));
        let graphs = attribute.g.iter().chain(&attribute.graphs);
        graphs.for_each(|graph| visit_graph(graph, found));
    }
}

fn visit_sparse(sparse: &SparseTensorProto, found: &mut BTreeSet<String>) {
    let tensors = sparse.values.iter().chain(&sparse.indices);
    tensors.for_each(|tensor| visit_tensor(tensor, found));
}

/// Every location counts: where one stands twice, readers differ in which they believe.
fn visit_tensor(tensor: &TensorProto, found: &mut BTreeSet<String>) {
    let locations = tensor
        .external_data
        .iter()
        .filter(|entry| entry.key == "location");
    found.extend(locations.map(|entry| entry.value.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor_at(locations: &[&str]) -> TensorProto {
        let entry = |location: &&str| StringStringEntryProto {
            key: "location".into(),
            value: (*location).into(),
        };
        TensorProto {
            external_data: locations.iter().map(entry).collect(),
        }
    }

    /// In a graph inside an attribute of a node, and in a sparse tensor beside it.
    fn model_with(location: &str) -> Vec<u8> {
        let inside = NodeProto {
            op_type: "Relu".into(),
            domain: "ai.onnx.contrib".into(),
            ..Default::default()
        };
        let inner = GraphProto {
            node: vec![inside],
            initializer: vec![tensor_at(&[location, "second.bin"])],
            ..Default::default()
        };
        let attribute = AttributeProto {
            g: Some(inner),
            sparse_tensor: Some(SparseTensorProto {
                values: Some(tensor_at(&["sparse.bin"])),
                indices: None,
            }),
            ..Default::default()
        };
        let node = NodeProto {
            op_type: "If".into(),
            attribute: vec![attribute],
            ..Default::default()
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
    fn weights_are_found_wherever_they_are_named() {
        let found = external_locations(&model_with("weights.bin")).unwrap();
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["second.bin", "sparse.bin", "weights.bin"]
        );
    }

    #[test]
    fn operators_are_found_wherever_they_stand() {
        let found = operators(&model_with("weights.bin")).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["If", "Relu"]);
        assert!(operators(b"not a model").is_err());
        let found = custom_operators(&model_with("weights.bin")).unwrap();
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["ai.onnx.contrib:Relu"]
        );
    }

    #[test]
    fn bytes_that_are_no_model_are_refused() {
        for bytes in [&b"not a model"[..], b"", b"\x08\x09"] {
            let error = external_locations(bytes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidPackage);
        }
    }
}
