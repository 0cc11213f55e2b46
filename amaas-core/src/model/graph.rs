//! The bytes of a model: its graph and the files of weights that the graph refers to.

use std::sync::Arc;

use super::Digest;
use crate::tensor::Buffer;

/// An ONNX graph in memory.
///
/// Verified before it is made, never changed after; cloning shares the bytes. Models are loaded
/// from these bytes alone: the runtime opens no path of its own.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The serialized `ModelProto`.
    pub model: Arc<dyn Buffer>,
    /// External data: the `location` as the graph spells it, and the file's bytes.
    pub weights: Vec<(String, Arc<dyn Buffer>)>,
    /// The digests of the model and of each file, where they are known: a graph that was read twice
    /// is then known to be the same.
    pub(crate) digests: Option<Vec<Digest>>,
}

impl Graph {
    /// A graph that carries all its weights.
    pub fn new(model: Vec<u8>) -> Self {
        Self {
            model: Arc::new(model),
            weights: Vec::new(),
            digests: None,
        }
    }

    /// The model, then each file of weights.
    pub(crate) fn buffers(&self) -> impl Iterator<Item = &Arc<dyn Buffer>> {
        let files = self.weights.iter().map(|(_, file)| file);
        std::iter::once(&self.model).chain(files)
    }
}
