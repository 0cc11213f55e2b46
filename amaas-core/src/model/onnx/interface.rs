//! What a graph takes and gives, as its file states it; a runtime that loads the file says the
//! same and more.
//!
//! The trap: old files list their weights among the inputs. Whatever has a value already is no
//! input.

use std::collections::BTreeSet;

use prost::Message;

use super::unreadable;
use crate::Result;
use crate::model::{Dimension, Port, PortKind, Signature};
use crate::tensor::Dtype;

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<Named>,
    #[prost(message, repeated, tag = "11")]
    input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "15")]
    sparse_initializer: Vec<SparseTensorProto>,
}

/// A tensor, of which only the name is read.
#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, tag = "8")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct SparseTensorProto {
    #[prost(message, optional, tag = "1")]
    values: Option<Named>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueInfoProto {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TypeProto {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorTypeProto>,
    #[prost(message, optional, tag = "4")]
    sequence: Option<Skipped>,
    #[prost(message, optional, tag = "5")]
    map: Option<Skipped>,
    #[prost(message, optional, tag = "8")]
    sparse: Option<Skipped>,
    #[prost(message, optional, tag = "9")]
    optional: Option<Skipped>,
}

#[derive(Clone, PartialEq, Message)]
struct Skipped {}

#[derive(Clone, PartialEq, Message)]
struct TensorTypeProto {
    #[prost(int32, tag = "1")]
    element: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<ShapeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct ShapeProto {
    #[prost(message, repeated, tag = "1")]
    dimension: Vec<DimensionProto>,
}

#[derive(Clone, PartialEq, Message)]
struct DimensionProto {
    #[prost(int64, optional, tag = "1")]
    value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    parameter: Option<String>,
}

/// The inputs and outputs of a serialized model.
///
/// # Errors
/// `InvalidPackage` when the bytes are not an ONNX model.
pub fn signature(model: &[u8]) -> Result<Signature> {
    let model = ModelProto::decode(model).map_err(|cause| unreadable(&cause.to_string()))?;
    let graph = model.graph.ok_or_else(|| unreadable("it holds no graph"))?;
    let sparse = graph.sparse_initializer.iter().flat_map(|one| &one.values);
    let valued: BTreeSet<&str> = graph
        .initializer
        .iter()
        .chain(sparse)
        .map(|tensor| tensor.name.as_str())
        .collect();
    let inputs = graph
        .input
        .iter()
        .filter(|input| !valued.contains(input.name.as_str()));
    Ok(Signature {
        inputs: inputs.map(port).collect(),
        outputs: graph.output.iter().map(port).collect(),
    })
}

fn port(value: &ValueInfoProto) -> Port {
    let kind = match &value.r#type {
        Some(kind) => port_kind(kind),
        None => PortKind::Other("unknown".to_owned()),
    };
    Port {
        name: value.name.clone(),
        kind,
    }
}

fn port_kind(kind: &TypeProto) -> PortKind {
    if let Some(tensor) = &kind.tensor {
        let Some(dtype) = dtype(tensor.element) else {
            return PortKind::Other(format!("tensor of ONNX's type {}", tensor.element));
        };
        let shape = tensor.shape.as_ref();
        return PortKind::Tensor(
            dtype,
            shape.map(|shape| shape.dimension.iter().map(dimension).collect()),
        );
    }
    let others = [
        (&kind.sequence, "sequence"),
        (&kind.map, "map"),
        (&kind.sparse, "sparse tensor"),
        (&kind.optional, "optional"),
    ];
    let found = others.iter().find(|(kind, _)| kind.is_some());
    PortKind::Other(found.map_or("unknown", |(_, name)| name).to_owned())
}

fn dimension(dimension: &DimensionProto) -> Dimension {
    let length = dimension.value.map(usize::try_from);
    match (length, dimension.parameter.as_deref()) {
        (Some(Ok(length)), _) => Dimension::Fixed(length),
        (_, Some(name)) if !name.is_empty() => Dimension::named(name),
        _ => Dimension::Any,
    }
}

/// The dtype of one of ONNX's own numbers (`TensorProto.DataType`), which are not ONNX Runtime's.
fn dtype(number: i32) -> Option<Dtype> {
    const DTYPES: [Option<Dtype>; 27] = [
        None,
        Some(Dtype::Float32),
        Some(Dtype::Uint8),
        Some(Dtype::Int8),
        Some(Dtype::Uint16),
        Some(Dtype::Int16),
        Some(Dtype::Int32),
        Some(Dtype::Int64),
        Some(Dtype::String),
        Some(Dtype::Bool),
        Some(Dtype::Float16),
        Some(Dtype::Float64),
        Some(Dtype::Uint32),
        Some(Dtype::Uint64),
        Some(Dtype::Complex64),
        Some(Dtype::Complex128),
        Some(Dtype::Bfloat16),
        Some(Dtype::Float8E4m3fn),
        Some(Dtype::Float8E4m3fnuz),
        Some(Dtype::Float8E5m2),
        Some(Dtype::Float8E5m2fnuz),
        Some(Dtype::Uint4),
        Some(Dtype::Int4),
        Some(Dtype::Float4E2m1),
        Some(Dtype::Float8E8m0),
        Some(Dtype::Uint2),
        Some(Dtype::Int2),
    ];
    *DTYPES.get(usize::try_from(number).ok()?)?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tests/fixtures/dtype_*.onnx` were written by Python's `onnx`, with its own numbers.
    #[test]
    fn every_dtype_is_read_as_onnx_wrote_it() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/");
        for expected in Dtype::all() {
            let bytes = std::fs::read(format!("{folder}dtype_{expected}.onnx")).unwrap();
            let found = signature(&bytes).unwrap();
            let port = Port::tensor("x", expected, [Dimension::named("n")]);
            let ports = [port];
            assert_eq!(found.inputs, ports, "{expected}");
            assert_eq!(found.outputs, ports, "{expected}");
        }
    }

    #[test]
    fn what_is_no_tensor_is_named() {
        let bytes = include_bytes!("../../../../tests/fixtures/sequence_output.onnx");
        let outputs = signature(bytes).unwrap().outputs;
        assert_eq!(outputs[0].kind, PortKind::Other("sequence".to_owned()));
        assert!(signature(b"not a model").is_err());
    }
}
