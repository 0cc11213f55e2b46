//! ONNX Runtime, through the crate `ort`.
