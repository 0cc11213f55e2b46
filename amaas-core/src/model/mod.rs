//! What a model is, before anything runs it: its names, its bytes, its signature, its package.

mod digest;
mod graph;
mod graphs;
mod manifest;
mod name;
pub mod onnx;
mod package;
mod reference;
mod signature;

pub use self::digest::Digest;
pub(crate) use self::digest::Hashing;
pub use self::graph::Graph;
pub use self::graphs::Graphs;
pub use self::manifest::{
    Aggregation, AudioClassification, AudioInputs, AudioSettings, Batching, BoxFormat, BoxOutputs,
    CacheKind, Channels, EarlyStopping, Expected, ExpectedEntity, Extent, Fit, Function,
    GenerationDefaults, Golden, ImageClassification, ImageSettings, ImageSize, Layout, Manifest,
    ModelFile, ObjectDetection, Ocr, Overflow, PackageInfo, Padding, PairTruncation, PartFile,
    Pooling, Preprocess, Resample, Side, StateSettings, Task, TensorLiteral, Text2TextGeneration,
    TextClassification, TextEmbedding, TextGeneration, TextRanking, TokenClassification,
    TokenizerInputs, TokenizerSettings, Transitions, VoiceActivity, ZeroShotClassification,
};
#[cfg(feature = "generation")]
pub(crate) use self::manifest::{MOST_BEAMS, MOST_GUESSED};
pub(crate) use self::manifest::{check_template, fed_twice};
pub use self::name::{AliasName, ModelName, PackagePath};
pub(crate) use self::package::Hashed;
pub use self::package::Package;
pub use self::reference::{Reference, Selector};
pub use self::signature::{Dimension, Port, PortKind, Signature};
