//! Tasks: requests in the user's terms, answers in the user's terms.
//!
//! A task file holds pure pre- and post-processing and a thin runner over a route. What it needs
//! of a package (a frozen tokenizer, checked settings) is prepared once, when a version loads.

#[cfg(feature = "audio")]
mod audio;
mod encode;
#[cfg(feature = "generation")]
mod generation;
#[cfg(feature = "image")]
mod image;
mod labels;
mod pair_scores;
mod pieces;
mod pooling;
mod prepared;
mod rows;
mod runner;
mod scores;
mod similarity;
mod spread;
mod strict;
mod text_classification;
mod text_embedding;
mod text_ranking;
mod texts;
mod token_classification;
mod zero_shot;

use std::sync::Arc;

#[cfg(feature = "audio")]
pub use self::audio::{
    Audio, DetectSpeechOptions, Heard, Speech, SpeechDetected, SpeechDetection, feed_together,
};
#[cfg(feature = "generation")]
pub use self::generation::{
    Chat, Finish, GenerateOptions, Generated, Generation, TextReady, TextStream,
};
#[cfg(feature = "image")]
pub use self::image::{
    ClassifyImagesOptions, DetectOptions, Detected, Detection, Image, ImagesClassified, Line,
    ReadImagesOptions, ReadLines,
};
pub use self::similarity::{Similarities, SimilarityFunction, SimilarityOptions};
pub use self::text_classification::{Classification, Classified, ClassifyOptions, LabelScore};
pub use self::text_embedding::{EmbedOptions, Embedded};
pub use self::text_ranking::{RankOptions, Ranked, RankedDocument};
pub use self::token_classification::{Entity, TagOptions, Tagged, Tagging};
pub use self::zero_shot::ZeroShotOptions;
use crate::Result;
use crate::model::{Graphs, Package, Task};
use crate::service::{Interface, PreparedTask};

/// Makes the task of a manifest ready for one version.
pub(crate) fn prepare(
    task: &Task,
    package: &Package,
    graphs: &Graphs<Interface>,
) -> Result<Arc<dyn PreparedTask>> {
    let signature = graphs.main.signature();
    match task {
        Task::TextClassification(settings) => {
            text_classification::Classifier::prepare(settings, package, graphs)
        }
        Task::TextEmbedding(settings) => {
            text_embedding::Embedder::prepare(settings, package, graphs)
        }
        Task::TokenClassification(settings) => {
            token_classification::Tagger::prepare(settings, package, signature)
        }
        Task::TextRanking(settings) => text_ranking::Ranker::prepare(settings, package, signature),
        Task::ZeroShotClassification(settings) => {
            zero_shot::ZeroShot::prepare(settings, package, signature)
        }
        #[cfg(feature = "image")]
        Task::ImageClassification(_) | Task::ObjectDetection(_) | Task::Ocr(_) => {
            image::prepare(task, package, graphs)
        }
        #[cfg(not(feature = "image"))]
        Task::ImageClassification(_) | Task::ObjectDetection(_) | Task::Ocr(_) => {
            Err(without("image", task))
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
        #[cfg(feature = "generation")]
        Task::TextGeneration(settings) => generation::Writer::prepare(settings, package, signature),
        #[cfg(feature = "generation")]
        Task::Text2TextGeneration(settings) => {
            generation::Writer::prepare_pair(settings, package, graphs)
        }
        #[cfg(not(feature = "generation"))]
        Task::TextGeneration(_) | Task::Text2TextGeneration(_) => Err(without("generation", task)),
    }
}

/// This build cannot serve the task.
#[cfg(not(all(feature = "audio", feature = "generation", feature = "image")))]
fn without(feature: &str, task: &Task) -> crate::Error {
    let message = format!("this build does not know the task `{}`", task.kind());
    crate::Error::new(crate::ErrorKind::Unsupported, message)
        .advise(format!("build amaas-core with its feature `{feature}`"))
}
