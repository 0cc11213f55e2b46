//! Files of sound as samples: WAV, FLAC, MP3 and Ogg Vorbis, whichever their first bytes say.
//!
//! The trap: files come from strangers. They are bounded before they are decoded and while they are,
//! a decoder that panics costs its caller an error, and one that ends early is told from one that is
//! short.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Fault;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::{get_codecs, get_probe};

use super::take::Take;
use crate::model::AudioSettings;
use crate::{Error, ErrorKind, Result};

/// No larger file is looked at.
const MOST_BYTES: u64 = 1 << 30;

/// A stream of so many bytes or more does not say how long it is.
const UNSAID: u64 = 0xFFFF_0000;

/// Of so many packets one may be undecodable, as at the cut of an MP3.
const DAMAGED: usize = 20;

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Wav,
    Flac,
    Ogg,
    Mp3,
}

impl Format {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'A',
                b'V',
                b'E',
                ..,
            ] => Some(Self::Wav),
            [b'f', b'L', b'a', b'C', ..] => Some(Self::Flac),
            [b'O', b'g', b'g', b'S', ..] => Some(Self::Ogg),
            [b'I', b'D', b'3', ..] => Some(Self::Mp3),
            [0xFF, second, ..] if second & 0xE0 == 0xE0 => Some(Self::Mp3),
            _ => None,
        }
    }

    /// Whether the length that it states is exact, where it states one.
    fn is_exact(self) -> bool {
        matches!(self, Self::Wav | Self::Flac)
    }
}

/// Refuses a file for its size.
pub(super) fn check_length(length: u64) -> Result<()> {
    if length <= MOST_BYTES {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InputTooLong,
        format!("the file has `{length}` bytes"),
    )
    .advise(format!("give at most {MOST_BYTES}")))
}

/// Takes in the sound of a file.
///
/// # Errors
/// `InvalidArgument` for what is no such file or damaged, `InputTooLong` for too much of it,
/// `Unsupported` for one of several recordings in a row.
pub(super) fn decode(bytes: &[u8], settings: &AudioSettings) -> Result<Take> {
    check_length(bytes.len() as u64)?;
    if bytes.is_empty() {
        return Err(refused("the file is empty").advise("give its bytes"));
    }
    let format = Format::of(bytes).ok_or_else(|| {
        refused("the file is no sound that is known").advise("give WAV, FLAC, MP3 or Ogg Vorbis")
    })?;
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        Decoding::open(bytes, format)?.run(settings)
    }));
    decoded.unwrap_or_else(|panic| {
        std::mem::forget(panic); // dropping it could panic again
        Err(damaged("it breaks the decoder"))
    })
}

/// A file that is being decoded.
struct Decoding<'a> {
    format: Format,
    reader: Box<dyn FormatReader + 'a>,
    decoder: Box<dyn AudioDecoder>,
    params: AudioCodecParameters,
    track: u32,
    /// The frames that the file says it has.
    stated: Option<u64>,
}

impl<'a> Decoding<'a> {
    fn open(bytes: &'a [u8], format: Format) -> Result<Self> {
        let options = MediaSourceStreamOptions::default();
        let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), options);
        let (format_options, metadata) = (FormatOptions::default(), MetadataOptions::default());
        let reader = get_probe()
            .probe(&Hint::new(), stream, format_options, metadata)
            .map_err(|fault| damaged(&fault))?;
        let track = reader.default_track(TrackType::Audio);
        let track = track.ok_or_else(|| damaged("it has no track of sound"))?;
        let Some(CodecParameters::Audio(params)) = track.codec_params.clone() else {
            return Err(damaged("its codec is not stated"));
        };
        let options = AudioDecoderOptions::default().verify(true);
        let decoder = get_codecs().make_audio_decoder(&params, &options);
        Ok(Self {
            format,
            decoder: decoder.map_err(|fault| match fault {
                Fault::Unsupported(_) => unknown_codec(),
                other => damaged(&other),
            })?,
            params,
            track: track.id,
            stated: track.num_frames,
            reader,
        })
    }

    fn run(mut self, settings: &AudioSettings) -> Result<Take> {
        let mut take = None;
        if let (Some(rate), Some(channels)) = (self.params.sample_rate, &self.params.channels) {
            let begun = Take::begin(settings, rate, channels.count())?;
            begun.announce(self.stated.filter(|_| self.format.is_exact()).unwrap_or(0))?;
            take = Some(begun);
        }
        let (mut samples, mut packets, mut lost) = (Vec::new(), 0_usize, 0_usize);
        while let Some(decoded) = self.next(&mut samples)? {
            packets += 1;
            let Decoded::Frames { rate, channels } = decoded else {
                lost += 1;
                continue;
            };
            let take = match &mut take {
                Some(take) => take,
                none => none.insert(Take::begin(settings, rate, channels)?),
            };
            take.add(&samples)?;
        }
        if lost * DAMAGED > packets || self.decoder.finalize().verify_ok == Some(false) {
            return Err(damaged("some of it cannot be decoded"));
        }
        let take = take.ok_or_else(|| damaged("there is no sound in it"))?;
        self.check_end(&take)?;
        Ok(take)
    }

    /// Decodes the next packet into `samples`; nothing at the end.
    fn next(&mut self, samples: &mut Vec<f32>) -> Result<Option<Decoded>> {
        let packet = loop {
            match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => break packet,
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(Fault::ResetRequired) => return Err(several()),
                Err(fault) => return Err(damaged(&fault)),
            }
        };
        match self.decoder.decode(&packet) {
            Ok(buffer) => {
                buffer.copy_to_vec_interleaved(samples);
                let spec = buffer.spec();
                Ok(Some(Decoded::Frames {
                    rate: spec.rate(),
                    channels: spec.channels().count(),
                }))
            }
            Err(Fault::DecodeError(_)) => Ok(Some(Decoded::Nothing)),
            Err(Fault::ResetRequired) => Err(several()),
            Err(fault) => Err(damaged(&fault)),
        }
    }

    /// Refuses a file of which the end is missing.
    fn check_end(&self, take: &Take) -> Result<()> {
        let stated = self
            .stated
            .filter(|frames| *frames < UNSAID && self.format.is_exact());
        match stated {
            Some(stated) if take.frames() < stated => Err(damaged("its end is missing")),
            _ => Ok(()),
        }
    }
}

/// What came of a packet.
enum Decoded {
    Frames { rate: u32, channels: usize },
    Nothing,
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

fn damaged(cause: impl std::fmt::Display) -> Error {
    refused("the file of sound is damaged")
        .with("cause", cause)
        .advise("give a file that plays from its start to its end")
}

fn unknown_codec() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the file of sound has a codec that is not known",
    )
    .advise("save it as PCM, FLAC, MP3 or Vorbis")
}

fn several() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the file has several recordings in a row",
    )
    .advise("give each as a file of its own")
}
