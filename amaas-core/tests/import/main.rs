//! Models of other tools through the public face: folders in the shape those tools write, imported
//! and run with ONNX Runtime, and folders of a hostile shape, refused.
//!
//! These tests need the real library: `AMAAS_ORT_LIB` is its path, which `make test` sets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[path = "../common/counts.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod counts;
#[path = "../common/disk.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod disk;
#[path = "../common/graph.rs"]
mod graph;
mod hostile;
mod hugging_face;
mod mlflow;
mod numbered;
mod support;
mod triton;
