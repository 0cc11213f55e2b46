//! Every dtype on its way through a graph.

use std::sync::Arc;

use amaas_core::model::{Dimension, Port};
use amaas_core::runtime::Backend as _;
use amaas_core::{Buffer, Dtype, ErrorKind, Tensor};

use super::{backend, graph, load, on};

/// Bytes of every value that the dtype can have, and more.
fn bytes_of(dtype: Dtype, elements: usize) -> Vec<u8> {
    let length = dtype.byte_length(elements).unwrap();
    let byte = |index| match dtype {
        Dtype::Bool => u8::try_from(index % 2).unwrap(),
        _ => u8::try_from(index * 37 % 256).unwrap(),
    };
    (0..length).map(byte).collect()
}

#[derive(Debug)]
pub(super) struct Page(pub(super) Vec<u8>, pub(super) usize);

impl Buffer for Page {
    fn bytes(&self) -> &[u8] {
        &self.0[self.1..]
    }
}

/// The tensor, and the same one at an address that suits no wide element.
fn tensors(dtype: Dtype, elements: usize) -> [Tensor; 2] {
    let bytes = bytes_of(dtype, elements);
    [0, 1].map(|offset| {
        let page = [vec![0; offset], bytes.clone()].concat();
        Tensor::from_buffer(dtype, [elements], Arc::new(Page(page, offset))).unwrap()
    })
}

#[test]
fn every_dtype_goes_through_a_graph_that_hands_it_on() {
    let backend = backend();
    for dtype in Dtype::all().filter(|dtype| *dtype != Dtype::String) {
        let loaded = backend.load(&graph(&format!("dtype_{dtype}")), &on("cpu"));
        if matches!(dtype, Dtype::Complex64 | Dtype::Complex128) {
            // ONNX Runtime has the words for them and nothing behind the words.
            assert_eq!(loaded.unwrap_err().kind(), ErrorKind::LoadFailed);
            continue;
        }
        let mut model = loaded.unwrap();
        assert_eq!(
            model.signature().inputs[0],
            Port::tensor("x", dtype, [Dimension::named("n")])
        );
        for elements in [0, 1, 3, 16] {
            for tensor in tensors(dtype, elements) {
                let given = tensor.bytes().unwrap().to_vec();
                let outputs = model.run(&[("x", &tensor)], &[], None).unwrap();
                // The output is the input's own memory: it must stay when the input goes.
                drop(tensor);
                assert_eq!(outputs[0].dtype(), dtype);
                assert_eq!(outputs[0].shape().to_vec(), [elements]);
                assert_eq!(outputs[0].bytes().unwrap(), given, "{dtype}");
            }
        }
    }
}

#[test]
fn every_dtype_goes_through_a_node() {
    for dtype in [
        Dtype::Float32,
        Dtype::Float16,
        Dtype::Bfloat16,
        Dtype::Int64,
        Dtype::Bool,
        Dtype::Float8E5m2,
    ] {
        let mut model = load(&format!("identity_{dtype}"));
        for elements in [0, 1, 7] {
            for tensor in tensors(dtype, elements) {
                let outputs = model.run(&[("x", &tensor)], &[], None).unwrap();
                assert_eq!(
                    outputs[0].bytes().unwrap(),
                    tensor.bytes().unwrap(),
                    "{dtype}"
                );
            }
        }
    }
}

#[test]
fn texts_go_through_whole() {
    for name in ["identity_string", "dtype_string"] {
        let mut model = load(name);
        let texts = ["", "plain", "mit Ümlaut", "a\0zero", "日本語"];
        let tensor = Tensor::from_strings([texts.len()], texts).unwrap();
        let outputs = model.run(&[("x", &tensor)], &[], None).unwrap();
        assert_eq!(outputs[0].strings().unwrap(), texts);
        let none = Tensor::from_strings([0], Vec::<String>::new()).unwrap();
        let outputs = model.run(&[("x", &none)], &[], None).unwrap();
        assert_eq!(outputs[0].strings().unwrap().len(), 0);
    }
}

#[test]
fn a_bool_that_is_none_is_refused() {
    let mut model = load("identity_bool");
    let tensor = Tensor::from_buffer(Dtype::Bool, [2], Arc::new(vec![1_u8, 2])).unwrap();
    let error = model.run(&[("x", &tensor)], &[], None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}
