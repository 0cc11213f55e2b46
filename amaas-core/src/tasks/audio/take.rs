//! Taking a recording in, piece by piece: mixed into one channel, brought to one rate, and refused as
//! soon as it is too long.
//!
//! The trap: what a file says of its own length may be a lie. Nothing is allocated for it before the
//! samples are there.

use super::resample::Resampler;
use crate::model::AudioSettings;
use crate::{Error, ErrorKind, Result};

/// More channels than any recording has.
const MOST_CHANNELS: usize = 64;

/// A recording on its way in.
#[derive(Debug)]
pub(super) struct Take {
    channels: usize,
    resampler: Option<Resampler>,
    mixed: Vec<f32>,
    taken: Vec<f32>,
    /// Frames at the recording's own rate: those there were, and the most there may be.
    frames: u64,
    most: u64,
    max_seconds: f64,
}

impl Take {
    /// Of a recording with so many samples a second of so many channels.
    ///
    /// # Errors
    /// `InvalidArgument` for a rate or a count of channels that none has.
    pub(super) fn begin(settings: &AudioSettings, rate: u32, channels: usize) -> Result<Self> {
        if !AudioSettings::RATES.contains(&rate) {
            let (least, most) = (AudioSettings::RATES.start(), AudioSettings::RATES.end());
            let message = format!("the recording has `{rate}` samples a second");
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise(format!("give {least} to {most}")));
        }
        if !(1..=MOST_CHANNELS).contains(&channels) {
            let message = format!("the recording has `{channels}` channels");
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise(format!("give 1 to {MOST_CHANNELS}")));
        }
        let wanted = settings.sampling_rate;
        let resampler = (rate != wanted).then(|| Resampler::new(rate, wanted));
        Ok(Self {
            channels,
            resampler: resampler.transpose()?,
            mixed: Vec::new(),
            taken: Vec::new(),
            frames: 0,
            most: (settings.max_seconds * f64::from(rate)) as u64,
            max_seconds: settings.max_seconds,
        })
    }

    /// Refuses a recording that says itself that it is too long.
    pub(super) fn announce(&self, frames: u64) -> Result<()> {
        match frames > self.most {
            true => Err(self.too_long()),
            false => Ok(()),
        }
    }

    /// How many frames there were so far.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Takes samples of all channels, frame by frame.
    ///
    /// # Errors
    /// `InputTooLong` when there are more than the package takes, `InvalidArgument` for samples that
    /// are no numbers or no whole frames.
    pub(super) fn add(&mut self, samples: &[f32]) -> Result<()> {
        if !samples.len().is_multiple_of(self.channels) {
            let message = format!(
                "the samples are no whole frames of `{}` channels",
                self.channels
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("give as many samples of each channel"));
        }
        if let Some(place) = samples.iter().position(|sample| !sample.is_finite()) {
            let frame = self.frames + (place / self.channels) as u64;
            let message = format!("the sample at frame `{frame}` is not a finite number");
            return Err(
                Error::new(ErrorKind::InvalidArgument, message).advise("give samples from -1 to 1")
            );
        }
        self.frames += (samples.len() / self.channels) as u64;
        self.announce(self.frames)?;
        let mixed = match self.channels {
            1 => samples,
            count => mix(samples, count, &mut self.mixed),
        };
        match &mut self.resampler {
            Some(resampler) => resampler.add(mixed, &mut self.taken)?,
            None => self.taken.extend_from_slice(mixed),
        }
        Ok(())
    }

    /// All that was taken.
    pub(super) fn finish(mut self) -> Result<Vec<f32>> {
        if let Some(resampler) = self.resampler {
            resampler.finish(&mut self.taken)?;
        }
        Ok(self.taken)
    }

    fn too_long(&self) -> Error {
        let message = format!(
            "the recording is longer than `{}` seconds",
            self.max_seconds
        );
        Error::new(ErrorKind::InputTooLong, message)
            .advise("cut it, or raise `audio.max_seconds` of the package")
    }
}

/// The mean of the channels of each frame.
fn mix<'a>(samples: &[f32], channels: usize, mixed: &'a mut Vec<f32>) -> &'a [f32] {
    let share = 1.0 / channels as f32;
    mixed.clear();
    let frames = samples.chunks_exact(channels);
    mixed.extend(frames.map(|frame| frame.iter().sum::<f32>() * share));
    mixed
}
