//! Tasks: requests in the user's terms, answers in the user's terms.
//!
//! A task file holds pure pre- and post-processing and a thin runner over a route. What it needs
//! of a package (a frozen tokenizer, checked settings) is prepared once, when a version loads.

#[cfg(feature = "audio")]
mod audio;
mod encode;
mod pooling;
mod rows;
mod runner;
mod scores;
mod text_classification;
mod text_embedding;

use std::sync::Arc;

#[cfg(feature = "audio")]
pub use self::audio::{
    Audio, DetectSpeechOptions, Heard, Speech, SpeechDetected, SpeechDetection, feed_together,
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
        #[cfg(feature = "audio")]
        Task::VoiceActivity(settings) => {
            audio::VoiceDetector::prepare(settings, package, signature)
        }
        #[cfg(feature = "audio")]
        Task::AudioClassification(settings) => {
            audio::AudioClassifier::prepare(settings, package, signature)
        }
        #[cfg(not(feature = "audio"))]
        Task::VoiceActivity(_) | Task::AudioClassification(_) => Err(without("audio", task)),
    }
}

/// This build cannot serve the task.
#[cfg(not(feature = "audio"))]
fn without(feature: &str, task: &Task) -> crate::Error {
    let message = format!("this build does not know the task `{}`", task.kind());
    crate::Error::new(crate::ErrorKind::Unsupported, message)
        .advise(format!("build amaas-core with its feature `{feature}`"))
}
