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
    AudioClassification, AudioInputs, AudioSettings, Batching, Expected, Function, Golden,
    Manifest, ModelFile, Overflow, PackageInfo, Padding, Pooling, Side, StateSettings, Task,
    TensorLiteral, TextClassification, TextEmbedding, TokenizerInputs, TokenizerSettings,
    VoiceActivity,
};
pub use self::name::{AliasName, ModelName, PackagePath};
pub(crate) use self::package::Hashed;
pub use self::package::Package;
pub use self::reference::{Reference, Selector};
pub use self::signature::{Dimension, Port, PortKind, Signature};
