//! Tasks over sound: recordings and live sound in, speech and labels out.
//!
//! A recording comes as a file or as samples of any rate and any channels; what a model wants says
//! the `[audio]` table of its package, and the rest is done here: decoded, mixed, resampled, cut into
//! windows.

mod classification;
mod decode;
mod ear;
mod inputs;
mod lanes;
mod listen;
mod resample;
mod segments;
mod sound;
mod take;
mod voice_activity;

use rayon::prelude::*;

pub(super) use self::classification::AudioClassifier;
pub use self::listen::{Heard, feed_together};
pub use self::sound::Audio;
pub(super) use self::voice_activity::VoiceDetector;
pub use self::voice_activity::{DetectSpeechOptions, Speech, SpeechDetected, SpeechDetection};
use crate::Result;
use crate::service::LoadedModel;

/// Does `work` for each recording, on all threads there are where there are several.
fn each<T: Send>(
    model: &LoadedModel,
    recordings: &[Audio],
    work: impl Fn((usize, &Audio)) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    match model.workers() {
        Some(workers) if recordings.len() > 1 => {
            workers.install(|| recordings.par_iter().enumerate().map(work).collect())
        }
        _ => recordings.iter().enumerate().map(work).collect(),
    }
}
