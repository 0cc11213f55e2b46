//! Sound as users have it: a file of some format, or samples with their rate.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::decode;
use super::take::Take;
use crate::model::AudioSettings;
use crate::tensor::Buffer;
use crate::{Error, ErrorKind, Result};

/// A recording, or a piece of one. Cheap to clone; clones share their bytes.
///
/// ```
/// use amaas_core::Audio;
///
/// let file = Audio::file(std::fs::read("../tests/fixtures/tone.flac")?);
/// let samples = Audio::samples(vec![0.0_f32; 16_000], 16_000);
/// let stereo = Audio::integers(vec![0_i16; 2 * 44_100], 44_100).with_channels(2);
/// # std::io::Result::Ok(())
/// ```
///
/// What it prints as never shows what is in it.
#[derive(Clone)]
pub struct Audio(Source);

#[derive(Clone)]
enum Source {
    /// The bytes of a file.
    File(Arc<dyn Buffer>),
    /// Samples of all channels, frame by frame.
    Samples {
        samples: Samples,
        rate: u32,
        channels: usize,
    },
}

#[derive(Clone)]
enum Samples {
    Floats(Arc<[f32]>),
    Integers(Arc<[i16]>),
}

impl fmt::Debug for Audio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audio")
            .field("bytes", &self.byte_count())
            .finish_non_exhaustive()
    }
}

impl Audio {
    /// Frames are read in pieces of this length.
    const PIECE: usize = 4096;

    /// The bytes of a WAV, FLAC, MP3 or Ogg Vorbis file.
    pub fn file(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Source::File(Arc::new(bytes.into())))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// `Io` when it cannot be read, `InputTooLong` when it is larger than any that is taken.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let failed = |cause| {
            let message = format!("`{}` cannot be read", path.display());
            Error::new(ErrorKind::Io, message)
                .because(cause)
                .advise("check the path and who may read it")
        };
        let length = std::fs::metadata(path).map_err(failed)?.len();
        decode::check_length(length)?;
        Ok(Self::file(std::fs::read(path).map_err(failed)?))
    }

    /// Samples from -1 to 1 of one channel, so many in a second.
    pub fn samples(samples: impl Into<Arc<[f32]>>, rate: u32) -> Self {
        Self::of(Samples::Floats(samples.into()), rate)
    }

    /// Samples from -32768 to 32767 of one channel, so many in a second.
    pub fn integers(samples: impl Into<Arc<[i16]>>, rate: u32) -> Self {
        Self::of(Samples::Integers(samples.into()), rate)
    }

    /// The same samples as those of so many channels, frame by frame. A file knows its own.
    #[must_use]
    pub fn with_channels(mut self, count: usize) -> Self {
        if let Source::Samples { channels, .. } = &mut self.0 {
            *channels = count;
        }
        self
    }

    fn of(samples: Samples, rate: u32) -> Self {
        let channels = 1;
        Self(Source::Samples {
            samples,
            rate,
            channels,
        })
    }

    /// How many bytes it has as it was given.
    pub(super) fn byte_count(&self) -> usize {
        match &self.0 {
            Source::File(bytes) => bytes.bytes().len(),
            Source::Samples { samples, .. } => match samples {
                Samples::Floats(samples) => size_of_val(&**samples),
                Samples::Integers(samples) => size_of_val(&**samples),
            },
        }
    }

    /// All of it in one channel at the rate of `settings`.
    ///
    /// # Errors
    /// `InvalidArgument` for what is empty, damaged, no sound, or has a rate, a count of channels or
    /// samples that none has; `InputTooLong` for more than `settings` allow.
    pub(super) fn mono(&self, settings: &AudioSettings) -> Result<Vec<f32>> {
        let take = match &self.0 {
            Source::File(bytes) => decode::decode(bytes.bytes(), settings)?,
            Source::Samples {
                samples,
                rate,
                channels,
            } => {
                let mut take = Take::begin(settings, *rate, *channels)?;
                samples.give(*channels, &mut take)?;
                take
            }
        };
        let mono = take.finish()?;
        match mono.is_empty() {
            true => Err(
                Error::new(ErrorKind::InvalidArgument, "the recording has no samples")
                    .advise("give at least one"),
            ),
            false => Ok(mono),
        }
    }

    /// A piece of a stream in one channel, which has the rate of `settings` already.
    ///
    /// # Errors
    /// `InvalidArgument` for a file, for another rate, and as [`Audio::mono`].
    pub(super) fn piece(&self, settings: &AudioSettings) -> Result<Vec<f32>> {
        let Source::Samples {
            samples,
            rate,
            channels,
        } = &self.0
        else {
            let message = "a stream was given a file";
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("give it samples; a whole file has no next piece"));
        };
        if *rate != settings.sampling_rate {
            let message = format!("a piece of a stream has `{rate}` samples a second");
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise(format!("resample it to {} before", settings.sampling_rate)));
        }
        let mut take = Take::begin(settings, *rate, *channels)?;
        samples.give(*channels, &mut take)?;
        take.finish()
    }
}

impl Samples {
    fn give(&self, channels: usize, take: &mut Take) -> Result<()> {
        let piece = Audio::PIECE * channels;
        match self {
            Self::Floats(samples) => samples.chunks(piece).try_for_each(|piece| take.add(piece)),
            Self::Integers(samples) => {
                let float = |sample: &i16| f32::from(*sample) / 32768.0;
                let mut pieces = samples.chunks(piece);
                pieces.try_for_each(|piece| take.add(&piece.iter().map(float).collect::<Vec<_>>()))
            }
        }
    }
}
