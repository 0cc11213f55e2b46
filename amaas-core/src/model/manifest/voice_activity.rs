//! Settings of voice activity detection: sound in, the stretches of speech out.

use serde::{Deserialize, Serialize};

use super::{AudioSettings, invalid};
use crate::Result;

/// Settings of voice activity detection. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoiceActivity {
    /// Speech begins with a window of at least this probability.
    #[serde(default = "threshold")]
    pub threshold: f64,
    /// Speech ends with windows below this probability; 0.15 below `threshold` when absent, and at
    /// least 0.01.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<f64>,
    /// Shorter speech is left out.
    #[serde(default = "min_speech")]
    pub min_speech_ms: u32,
    /// Speech goes on over shorter silence.
    #[serde(default = "min_silence")]
    pub min_silence_ms: u32,
    /// How much is added before and after speech.
    #[serde(default = "padding")]
    pub padding_ms: u32,
    /// The output that holds the probability of each window, of shape `[batch, 1]` or `[batch]`;
    /// the model's first output that is no state when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

fn threshold() -> f64 {
    0.5
}

fn min_speech() -> u32 {
    250
}

fn min_silence() -> u32 {
    100
}

fn padding() -> u32 {
    30
}

impl Default for VoiceActivity {
    fn default() -> Self {
        Self {
            threshold: threshold(),
            release: None,
            min_speech_ms: min_speech(),
            min_silence_ms: min_silence(),
            padding_ms: padding(),
            output: None,
        }
    }
}

impl VoiceActivity {
    /// The probability below which speech ends.
    pub fn release(&self) -> f64 {
        self.release.unwrap_or((self.threshold - 0.15).max(0.01))
    }

    pub(super) fn validate(&self, audio: &AudioSettings) -> Result<()> {
        if audio.window.is_none() {
            return Err(invalid("the task `voice-activity-detection` has no window")
                .advise("set `audio.window` to the samples that one run takes"));
        }
        let is_share = |number: f64| number > 0.0 && number <= 1.0;
        if !is_share(self.threshold) {
            return Err(invalid(format!("`task.threshold` is `{}`", self.threshold))
                .advise("use a number above 0 and up to 1"));
        }
        match self.release {
            Some(release) if !is_share(release) || release > self.threshold => {
                Err(invalid(format!("`task.release` is `{release}`"))
                    .advise("use a number above 0 and up to `task.threshold`"))
            }
            _ => Ok(()),
        }
    }
}
