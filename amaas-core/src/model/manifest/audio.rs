//! How sound becomes the input of a graph.

use serde::{Deserialize, Serialize};

use super::invalid;
use crate::Result;

/// Settings of sound; what a recording has otherwise is resampled and mixed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioSettings {
    /// Samples in a second, in hertz.
    pub sampling_rate: u32,
    /// Channels of a sample: 1, into which more are mixed.
    #[serde(default = "one")]
    pub channels: u32,
    /// How many new samples one run takes; all of a recording when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// How many samples of the window before stand in front of each window; zeros at first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub context: usize,
    /// The longest recording, in seconds; longer ones are refused before they are decoded whole.
    #[serde(default = "an_hour")]
    pub max_seconds: f64,
    /// Whether each row is shifted and scaled to mean 0 and variance 1.
    #[serde(default, skip_serializing_if = "is_false")]
    pub normalize: bool,
    /// The graph's inputs.
    #[serde(default)]
    pub inputs: AudioInputs,
}

/// The graph's inputs of sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AudioInputs {
    /// Samples from -1 to 1: float32 of `[batch, samples]`.
    pub samples: String,
    /// The sampling rate: an int64 or int32 scalar; not given to the graph when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling_rate: Option<String>,
}

impl Default for AudioInputs {
    fn default() -> Self {
        Self {
            samples: "input".to_owned(),
            sampling_rate: None,
        }
    }
}

fn one() -> u32 {
    1
}

fn an_hour() -> f64 {
    3600.0
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl AudioSettings {
    /// The rates that sound may have.
    pub(crate) const RATES: std::ops::RangeInclusive<u32> = 1000..=384_000;
    /// The most samples of a window and its context.
    const MOST: usize = 1 << 24;

    pub(super) fn validate(&self) -> Result<()> {
        if !Self::RATES.contains(&self.sampling_rate) {
            let (least, most) = (Self::RATES.start(), Self::RATES.end());
            return Err(
                invalid(format!("`audio.sampling_rate` is `{}`", self.sampling_rate))
                    .advise(format!("use {least} to {most} hertz")),
            );
        }
        if self.channels != 1 {
            return Err(invalid(format!("`audio.channels` is `{}`", self.channels))
                .advise("models of one channel are served; more channels are mixed into one"));
        }
        let fits = |count: usize| (1..=Self::MOST).contains(&count);
        if let Some(window) = self.window.filter(|window| !fits(*window)) {
            return Err(invalid(format!("`audio.window` is `{window}`"))
                .advise(format!("use 1 to {} samples", Self::MOST)));
        }
        let most = self.window.unwrap_or(0);
        if self.context > most {
            return Err(invalid(format!("`audio.context` is `{}`", self.context))
                .advise("it is taken from the window before: keep it within `audio.window`"));
        }
        let most = f64::from(u32::MAX) / f64::from(self.sampling_rate);
        if !(self.max_seconds > 0.0 && self.max_seconds <= most) {
            return Err(
                invalid(format!("`audio.max_seconds` is `{}`", self.max_seconds))
                    .advise(format!("use a number above 0 and up to {most:.0}")),
            );
        }
        Ok(())
    }
}
