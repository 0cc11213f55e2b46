//! Tasks over images, on real graphs.
//!
//! These tests need ONNX Runtime: `AMAAS_ORT_LIB` is its path, which `make test` sets. Those that read
//! a page need the package that `make ocr` writes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod classify;
mod detect;
mod digit_boxes;
mod hostile;
mod ocr;
mod support;
