//! What a model is, before anything runs it: its names, its bytes, its signature, its package.

mod digest;
mod graph;
mod manifest;
mod name;
pub mod onnx;
mod package;
mod reference;
mod signature;

pub use self::digest::Digest;
pub(crate) use self::digest::Hashing;
pub use self::graph::Graph;
pub use self::manifest::{
    Batching, CacheKind, Expected, Function, GenerationDefaults, Golden, Manifest, ModelFile,
    Overflow, PackageInfo, Padding, Pooling, Side, Task, TensorLiteral, TextClassification,
    TextEmbedding, TextGeneration, TokenizerInputs, TokenizerSettings,
};
pub use self::name::{AliasName, ModelName, PackagePath};
pub(crate) use self::package::Hashed;
pub use self::package::Package;
pub use self::reference::{Reference, Selector};
pub use self::signature::{Dimension, Port, PortKind, Signature};
