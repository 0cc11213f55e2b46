//! Tasks: requests in the user's terms, answers in the user's terms.
//!
//! A task file holds pure pre- and post-processing and a thin runner over a route. What it needs
//! of a package (a frozen tokenizer, checked settings) is prepared once, when a version loads.

mod encode;
#[cfg(feature = "generation")]
mod generation;
mod pooling;
mod rows;
mod runner;
mod scores;
mod text_classification;
mod text_embedding;

use std::sync::Arc;

#[cfg(feature = "generation")]
pub use self::generation::{
    Chat, Finish, GenerateOptions, Generated, Generation, TextReady, TextStream,
};
pub use self::text_classification::{Classification, Classified, ClassifyOptions, LabelScore};
pub use self::text_embedding::{EmbedOptions, Embedded};
use crate::Result;
use crate::model::{Package, Signature, Task};
use crate::service::PreparedTask;

/// Makes the task of a manifest ready for one version.
pub(crate) fn prepare(
    task: &Task,
    package: &Package,
    signature: &Signature,
) -> Result<Arc<dyn PreparedTask>> {
    match task {
        Task::TextClassification(settings) => {
            text_classification::Classifier::prepare(settings, package, signature)
        }
        Task::TextEmbedding(settings) => {
            text_embedding::Embedder::prepare(settings, package, signature)
        }
        #[cfg(feature = "generation")]
        Task::TextGeneration(settings) => generation::Writer::prepare(settings, package, signature),
        #[cfg(not(feature = "generation"))]
        Task::TextGeneration(_) => Err(left_out(task)),
    }
}

/// This build was made without what the task needs.
#[cfg(not(feature = "generation"))]
fn left_out(task: &Task) -> crate::Error {
    let message = format!("this build has no task `{}`", task.kind());
    crate::Error::new(crate::ErrorKind::Unsupported, message)
        .advise("build amaas-core with the feature `generation`")
}
