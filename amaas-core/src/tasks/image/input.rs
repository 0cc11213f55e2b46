//! An image as callers have it: the bytes of a file, or pixels.
//!
//! ```
//! use amaas_core::tasks::Image;
//! use amaas_core::Tensor;
//!
//! let pixels = Tensor::from_vec([2, 2, 3], vec![0_u8; 12])?; // height, width, red green blue
//! let black = Image::pixels(pixels)?;
//! assert_eq!(black.byte_count(), 12);
//! assert!(Image::pixels(Tensor::from_vec([2, 2, 3], vec![0.0_f32; 12])?).is_err());
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: bytes are not looked at before a model reads them, so that an error about a file comes
//! from the call that reads it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::tensor::{Buffer, Dtype, Tensor};
use crate::{Error, ErrorKind, Result};

/// No file of an image is larger.
const MOST_BYTES: u64 = 256 << 20;

/// An image to be read by a model. Cheap to clone; clones share their bytes.
#[derive(Clone)]
pub struct Image(pub(super) Source);

/// What an image is made of.
#[derive(Clone)]
pub(super) enum Source {
    /// A file: PNG, JPEG, WebP or BMP.
    Encoded(Arc<dyn Buffer>),
    /// Pixels of uint8, `[height, width]` or `[height, width, channels]`.
    Pixels(Tensor),
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, bytes) = match &self.0 {
            Source::Encoded(_) => ("encoded", self.byte_count()),
            Source::Pixels(_) => ("pixels", self.byte_count()),
        };
        write!(f, "Image({kind}, {bytes} bytes)")
    }
}

impl Image {
    /// The bytes of a PNG, JPEG, WebP or BMP file.
    pub fn encoded(bytes: impl Into<Vec<u8>>) -> Self {
        Self::shared(Arc::new(bytes.into()))
    }

    /// The bytes of such a file that others hold too.
    pub fn shared(bytes: Arc<dyn Buffer>) -> Self {
        Self(Source::Encoded(bytes))
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// `Io` when it cannot be read, `InputTooLong` when it has more than 256 MiB.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let failed = |cause| {
            Error::new(
                ErrorKind::Io,
                format!("`{}` cannot be read", path.display()),
            )
            .because(cause)
            .advise("name a file of an image")
        };
        let length = std::fs::metadata(path).map_err(failed)?.len();
        if length > MOST_BYTES {
            return Err(too_long(length));
        }
        std::fs::read(path).map(Self::encoded).map_err(failed)
    }

    /// Pixels from 0 to 255: uint8 of `[height, width]` for brightness, or of `[height, width,
    /// channels]` with 1 channel for brightness, 3 for red, green and blue, 4 for those and alpha,
    /// which is dropped.
    ///
    /// # Errors
    /// `InvalidArgument` for another dtype or shape.
    pub fn pixels(tensor: Tensor) -> Result<Self> {
        let fits = match **tensor.shape() {
            [height, width] | [height, width, 1 | 3 | 4] => height > 0 && width > 0,
            _ => false,
        };
        if fits && tensor.dtype() == Dtype::Uint8 {
            return Ok(Self(Source::Pixels(tensor)));
        }
        let (dtype, shape) = (tensor.dtype(), tensor.shape());
        Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{dtype}{shape} is no image"),
        )
        .advise("give uint8 of [height, width] or [height, width, 1, 3 or 4]"))
    }

    /// How many bytes a receipt counts for it.
    pub fn byte_count(&self) -> usize {
        match &self.0 {
            Source::Encoded(bytes) => bytes.bytes().len(),
            Source::Pixels(tensor) => tensor.byte_count(),
        }
    }
}

fn too_long(bytes: u64) -> Error {
    Error::new(
        ErrorKind::InputTooLong,
        format!("the file has `{bytes}` bytes"),
    )
    .advise(format!("give one of at most {} MiB", MOST_BYTES >> 20))
}

/// Refuses a file that is too long to be looked at.
pub(super) fn check_length(bytes: &[u8]) -> Result<()> {
    match bytes.len() as u64 {
        length if length > MOST_BYTES => Err(too_long(length)),
        _ => Ok(()),
    }
}
