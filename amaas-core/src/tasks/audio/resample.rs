//! From one sampling rate to another, piece by piece.
//!
//! The trap: a resampler answers late. What comes out first is silence of its own, which is left out,
//! and what is left inside comes out at the end.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _, WindowFunction};

use crate::{Error, ErrorKind, Result};

/// How many samples are worked on at once, at the least: with fewer more of the highest frequencies is
/// cut off.
const PIECE: usize = 4096;

/// Resamples one channel.
pub(super) struct Resampler {
    inner: Fft<f32>,
    /// What is not a whole piece yet.
    rest: Vec<f32>,
    /// Where a piece comes out.
    piece: Vec<f32>,
    /// How many samples at the front are still to be left out.
    delay: usize,
    /// How many came in, and how many went out.
    given: usize,
    taken: usize,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler")
            .field("ratio", &self.inner.resample_ratio())
            .finish_non_exhaustive()
    }
}

impl Resampler {
    pub(super) fn new(from: u32, to: u32) -> Result<Self> {
        let (from, to) = (from as usize, to as usize);
        let window = WindowFunction::BlackmanHarris2;
        let inner = Fft::new_custom(from, to, piece(from, to), 1, 1, window, FixedSync::Input);
        let inner = inner.map_err(|cause| refused(&cause))?;
        Ok(Self {
            piece: vec![0.0; inner.output_frames_max()],
            delay: inner.output_delay(),
            inner,
            rest: Vec::new(),
            given: 0,
            taken: 0,
        })
    }

    /// Takes samples in, and adds those that come of them to `out`.
    pub(super) fn add(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<()> {
        self.given += samples.len();
        self.rest.extend_from_slice(samples);
        let mut begun = 0;
        while self.rest.len() - begun >= self.inner.input_frames_next() {
            let length = self.inner.input_frames_next();
            let whole = self.rest[begun..begun + length].to_vec();
            self.run(&whole, None, out)?;
            begun += length;
        }
        self.rest.drain(..begun);
        Ok(())
    }

    /// Adds to `out` what is still inside.
    pub(super) fn finish(mut self, out: &mut Vec<f32>) -> Result<()> {
        let all = (self.inner.resample_ratio() * self.given as f64).ceil() as usize;
        let mut rest = std::mem::take(&mut self.rest);
        while self.taken < all {
            let real = rest.len();
            rest.resize(self.inner.input_frames_next(), 0.0);
            self.run(&rest, Some(real), out)?;
            rest.clear();
        }
        let beyond = self.taken - all;
        out.truncate(out.len() - beyond);
        Ok(())
    }

    /// Runs one piece, of which `real` samples are none of ours.
    fn run(&mut self, samples: &[f32], real: Option<usize>, out: &mut Vec<f32>) -> Result<()> {
        let from = InterleavedSlice::new(samples, 1, samples.len());
        let length = self.piece.len();
        let to = InterleavedSlice::new_mut(&mut self.piece, 1, length);
        let (from, mut to) = (from.map_err(|e| refused(&e))?, to.map_err(|e| refused(&e))?);
        let indexing = real.map(|real| Indexing::new().partial_len(real));
        let ran = self
            .inner
            .process_into_buffer(&from, &mut to, indexing.as_ref());
        let (_, made) = ran.map_err(|cause| refused(&cause))?;
        let late = self.delay.min(made);
        self.delay -= late;
        self.taken += made - late;
        out.extend_from_slice(&self.piece[late..made]);
        Ok(())
    }
}

/// How many samples of one rate are a whole number of the other, and an even one: else its middle,
/// which the filter turns about, would lie between two samples.
fn piece(from: usize, to: usize) -> usize {
    let (mut divisor, mut rest) = (from, to);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    let least = 2 * (from / divisor.max(1));
    PIECE.div_ceil(least) * least
}

fn refused(cause: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, "a recording cannot be resampled")
        .with("cause", cause)
        .advise("please report this")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resampled(from: u32, to: u32, samples: &[f32], piece: usize) -> Vec<f32> {
        let (mut resampler, mut out) = (Resampler::new(from, to).unwrap(), Vec::new());
        for piece in samples.chunks(piece) {
            resampler.add(piece, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    fn tone(rate: u32, hertz: f64, seconds: f64) -> Vec<f32> {
        let count = (f64::from(rate) * seconds) as usize;
        let at = |place: usize| place as f64 / f64::from(rate);
        let sine = |place| (std::f64::consts::TAU * hertz * at(place)).sin() as f32;
        (0..count).map(sine).collect()
    }

    #[test]
    fn a_tone_stays_the_same_tone_at_the_same_place() {
        for (from, to) in [
            (48_000, 16_000),
            (44_100, 16_000),
            (8_000, 16_000),
            (24_000, 16_000),
        ] {
            let found = resampled(from, to, &tone(from, 440.0, 1.0), 1000);
            let expected = tone(to, 440.0, 1.0);
            assert_eq!(found.len(), expected.len(), "{from}");
            // The ends know nothing of what lies beyond them.
            let middle = 2000..expected.len() - 2000;
            let pairs = found[middle.clone()].iter().zip(&expected[middle]);
            let most = pairs
                .map(|(one, other)| (one - other).abs())
                .fold(0.0, f32::max);
            assert!(most < 1e-3, "{from} to {to} is off by {most}");
        }
    }

    #[test]
    fn what_the_new_rate_cannot_hold_is_gone() {
        let found = resampled(48_000, 16_000, &tone(48_000, 12_000.0, 1.0), 4096);
        let most = found[2000..14_000]
            .iter()
            .fold(0.0_f32, |most, x| most.max(x.abs()));
        assert!(most < 1e-3, "{most}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn pieces_do_not_matter(
            from in prop::sample::select(vec![8_000_u32, 11_025, 44_100, 48_000]),
            length in 1_usize..20_000, piece in 1_usize..9_000,
        ) {
            let samples = tone(from, 300.0, 3.0);
            let samples = &samples[..length.min(samples.len())];
            let (whole, pieces) = (
                resampled(from, 16_000, samples, samples.len()),
                resampled(from, 16_000, samples, piece),
            );
            let expected = (samples.len() as f64 * 16_000.0 / f64::from(from)).ceil() as usize;
            prop_assert!(whole.len().abs_diff(expected) <= 1);
            prop_assert_eq!(whole, pieces);
        }
    }
}
