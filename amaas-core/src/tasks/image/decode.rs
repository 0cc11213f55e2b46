//! From a file's bytes or a caller's pixels to upright pixels of one or three channels.
//!
//! Formats are told by their first bytes, never by a name. An orientation that a camera left beside
//! the pixels is applied; alpha is dropped; 16 bits become 8; an animation is its first image.
//!
//! The trap: decoders are other people's code over other people's bytes. Sizes are held against the
//! limits before they allocate, and a panic of theirs is an error of this image alone.

use std::borrow::Cow;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

use super::input::{Image, Source, check_length};
use super::pixels::{Pixels, brightness};
use crate::tensor::Tensor;
use crate::{Error, ErrorKind, Result};

/// The bytes that a pixel may take in a decoder; one with more is counted as several.
const BYTES_A_PIXEL: u64 = 4;

/// The pixels of `image`, as brightness if `grey`, of which there may be `max_pixels`.
///
/// # Errors
/// `InvalidArgument` for what is no image or a broken one, `InputTooLong` for one that is too large.
pub(super) fn decode(image: &Image, grey: bool, max_pixels: u64) -> Result<Pixels<'_>> {
    match &image.0 {
        Source::Pixels(tensor) => of_tensor(tensor, grey, max_pixels),
        Source::Encoded(bytes) => {
            let bytes = bytes.bytes();
            check_length(bytes)?;
            let decoded = catch_unwind(AssertUnwindSafe(|| of_file(bytes, max_pixels)));
            let decoded = decoded.unwrap_or_else(|panic| {
                std::mem::forget(panic); // dropping it could panic again
                Err(broken())
            });
            Ok(in_channels(decoded?, grey))
        }
    }
}

fn of_file(bytes: &[u8], max_pixels: u64) -> Result<DynamicImage> {
    if bytes.is_empty() {
        return Err(
            Error::new(ErrorKind::InvalidArgument, "the image has no bytes")
                .advise("give the bytes of a PNG, JPEG, WebP or BMP file"),
        );
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| broken())?;
    let mut limits = Limits::default();
    // What a decoder keeps beside the pixels is bounded by them.
    limits.max_alloc = Some(max_pixels.saturating_mul(2 * BYTES_A_PIXEL));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|cause| refused(&cause))?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, decoder.total_bytes(), max_pixels)?;
    let orientation = decoder.orientation().map_err(|cause| refused(&cause))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|cause| refused(&cause))?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn check_size(width: u32, height: u32, bytes: u64, max_pixels: u64) -> Result<()> {
    if width == 0 || height == 0 {
        return Err(broken());
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels.max(bytes / BYTES_A_PIXEL) <= max_pixels {
        return Ok(());
    }
    let message = format!(
        "the image has `{width}` × `{height}` pixels of `{}` bytes",
        bytes / pixels
    );
    Err(Error::new(ErrorKind::InputTooLong, message)
        .with("limit", max_pixels)
        .advise("make it smaller, or raise `image.max_pixels` in the package's manifest"))
}

/// Without the decoder's own words, which may quote the file.
fn refused(cause: &ImageError) -> Error {
    match cause {
        ImageError::Unsupported(_) => Error::new(
            ErrorKind::InvalidArgument,
            "the image is of an unknown format",
        )
        .advise("give the bytes of a PNG, JPEG, WebP or BMP file"),
        ImageError::Limits(_) => Error::new(
            ErrorKind::InputTooLong,
            "the image takes more memory than it may",
        )
        .advise("make it smaller, or raise `image.max_pixels` in the package's manifest"),
        _ => broken(),
    }
}

fn broken() -> Error {
    Error::new(ErrorKind::InvalidArgument, "the image cannot be decoded")
        .advise("check whether the file is whole: it begins as an image and does not go on as one")
}

fn in_channels(image: DynamicImage, grey: bool) -> Pixels<'static> {
    let (width, height) = (image.width(), image.height());
    let has_colour = image.color().has_color();
    let data = match (grey, has_colour) {
        (true, false) => image.into_luma8().into_raw(),
        (true, true) => brightness(&image.into_rgb8()),
        (false, _) => image.into_rgb8().into_raw(),
    };
    Pixels {
        width,
        height,
        channels: if grey { 1 } else { 3 },
        data: Cow::Owned(data),
    }
}

fn of_tensor(tensor: &Tensor, grey: bool, max_pixels: u64) -> Result<Pixels<'_>> {
    let (height, width, channels) = match **tensor.shape() {
        [height, width, channels] => (height, width, channels),
        [height, width] => (height, width, 1),
        _ => return Err(broken()),
    };
    let edge = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let (width, height) = (edge(width), edge(height));
    check_size(width, height, tensor.byte_count() as u64, max_pixels)?;
    let values = tensor.as_slice::<u8>()?;
    Ok(Pixels {
        width,
        height,
        channels: if grey { 1 } else { 3 },
        data: match (channels, grey) {
            (1, true) | (3, false) => Cow::Borrowed(values),
            (1, false) => values.iter().flat_map(|value| [*value; 3]).collect(),
            (3, true) => brightness(values).into(),
            (_, true) => brightness(&without_alpha(values)).into(),
            (_, false) => without_alpha(values).into(),
        },
    })
}

fn without_alpha(rgba: &[u8]) -> Vec<u8> {
    let pixels = rgba.chunks_exact(4);
    pixels
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect()
}
