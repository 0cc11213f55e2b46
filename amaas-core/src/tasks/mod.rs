//! Tasks: requests in the user's terms, answers in the user's terms.
//!
//! A task file holds pure pre- and post-processing and a thin runner over a route. What it needs
//! of a package (a frozen tokenizer, checked settings) is prepared once, when a version loads.

mod encode;
mod pair_scores;
mod pieces;
mod pooling;
mod rows;
mod runner;
mod scores;
mod similarity;
mod spread;
mod strict;
mod text_classification;
mod text_embedding;
mod text_ranking;
mod token_classification;
mod zero_shot;

use std::sync::Arc;

pub use self::similarity::{Similarities, SimilarityFunction, SimilarityOptions};
pub use self::text_classification::{Classification, Classified, ClassifyOptions, LabelScore};
pub use self::text_embedding::{EmbedOptions, Embedded};
pub use self::text_ranking::{RankOptions, Ranked, RankedDocument};
pub use self::token_classification::{Entity, TagOptions, Tagged, Tagging};
pub use self::zero_shot::ZeroShotOptions;
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
        Task::TokenClassification(settings) => {
            token_classification::Tagger::prepare(settings, package, signature)
        }
        Task::TextRanking(settings) => text_ranking::Ranker::prepare(settings, package, signature),
        Task::ZeroShotClassification(settings) => {
            zero_shot::ZeroShot::prepare(settings, package, signature)
        }
    }
}
