//! Pixels in memory, upright, of one or three channels: what is between a file and a tensor.

use std::borrow::Cow;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use crate::model::Resample;
use crate::{Error, ErrorKind, Result};

/// Rows of pixels, each of so many channels.
#[derive(Debug, Clone)]
pub(super) struct Pixels<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    /// 1 for brightness, 3 for red, green and blue.
    pub(super) channels: usize,
    pub(super) data: Cow<'a, [u8]>,
}

/// How a smaller or larger image is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scaling {
    /// Every pixel counts that a new one stands for.
    Whole(Resample),
    /// Four neighbours count, however much smaller the image becomes, as OpenCV does.
    Neighbours,
}

impl Pixels<'_> {
    /// The same in this width and height.
    pub(super) fn resized(&self, width: u32, height: u32, scaling: Scaling) -> Result<Pixels<'_>> {
        if (width, height) == (self.width, self.height) {
            return Ok(Pixels {
                width,
                height,
                channels: self.channels,
                data: Cow::Borrowed(&self.data),
            });
        }
        let mut data = vec![0; width as usize * height as usize * self.channels];
        match self.channels {
            1 => self.resize_into::<U8>(&mut data, (width, height), scaling)?,
            _ => self.resize_into::<U8x3>(&mut data, (width, height), scaling)?,
        }
        Ok(Pixels {
            width,
            height,
            channels: self.channels,
            data: Cow::Owned(data),
        })
    }

    /// Writes the same in this size to `data`. The kind of pixel is known when this is compiled: a
    /// choice among all kinds there are would bring the code of each, for each set of instructions.
    fn resize_into<P: PixelTrait>(
        &self,
        data: &mut [u8],
        (width, height): (u32, u32),
        scaling: Scaling,
    ) -> Result<()> {
        let source = TypedImageRef::<P>::from_buffer(self.width, self.height, &self.data);
        let source = source.map_err(|cause| cannot_resize().because(cause))?;
        let target = TypedImage::<P>::from_buffer(width, height, data);
        let mut target = target.map_err(|cause| cannot_resize().because(cause))?;
        let options = ResizeOptions::new()
            .resize_alg(algorithm(scaling))
            .use_alpha(false);
        Resizer::new()
            .resize_typed(&source, &mut target, &options)
            .map_err(|cause| cannot_resize().because(cause))
    }

    /// The same on a canvas of this width and height that is otherwise filled; `left` and `top` say
    /// where it lies there, and may be outside.
    pub(super) fn placed(
        &self,
        (width, height): (u32, u32),
        (left, top): (i64, i64),
        fill: u8,
    ) -> Pixels<'static> {
        let channels = self.channels;
        let mut data = vec![fill; width as usize * height as usize * channels];
        let own = |start: i64, length: u32, most: u32| {
            let from = (-start).clamp(0, i64::from(length));
            let to = (i64::from(most) - start).clamp(from, i64::from(length));
            (from as usize, to as usize)
        };
        let (first, last) = own(top, self.height, height);
        let (from, to) = own(left, self.width, width);
        for row in first..last {
            let source = (row * self.width as usize + from) * channels;
            let target =
                (row as i64 + top) as usize * width as usize + (from as i64 + left) as usize;
            let length = (to - from) * channels;
            let target = target * channels;
            data[target..target + length].copy_from_slice(&self.data[source..source + length]);
        }
        Pixels {
            width,
            height,
            channels,
            data: Cow::Owned(data),
        }
    }

    /// The same, owned by nobody else.
    pub(super) fn into_owned(self) -> Pixels<'static> {
        Pixels {
            width: self.width,
            height: self.height,
            channels: self.channels,
            data: Cow::Owned(self.data.into_owned()),
        }
    }
}

fn algorithm(scaling: Scaling) -> ResizeAlg {
    match scaling {
        Scaling::Neighbours => ResizeAlg::Interpolation(FilterType::Bilinear),
        Scaling::Whole(resample) => match resample {
            Resample::Nearest => ResizeAlg::Nearest,
            Resample::Box => ResizeAlg::Convolution(FilterType::Box),
            Resample::Bilinear => ResizeAlg::Convolution(FilterType::Bilinear),
            Resample::Bicubic => ResizeAlg::Convolution(FilterType::CatmullRom),
            Resample::Hamming => ResizeAlg::Convolution(FilterType::Hamming),
            Resample::Lanczos => ResizeAlg::Convolution(FilterType::Lanczos3),
        },
    }
}

fn cannot_resize() -> Error {
    Error::new(ErrorKind::Internal, "an image cannot be resized").advise("please report this")
}

/// The brightness of red, green and blue by ITU-R 601-2, as Pillow rounds it.
pub(super) fn brightness(rgb: &[u8]) -> Vec<u8> {
    let of = |pixel: &[u8]| {
        let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
        ((19_595 * red + 38_470 * green + 7_471 * blue + 0x8000) >> 16) as u8
    };
    rgb.chunks_exact(3).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32, data: Vec<u8>) -> Pixels<'static> {
        Pixels {
            width,
            height,
            channels: 1,
            data: Cow::Owned(data),
        }
    }

    #[test]
    fn a_canvas_shows_what_lies_on_it() {
        let image = grey(2, 2, vec![1, 2, 3, 4]);
        let larger = image.placed((4, 3), (1, 1), 9);
        assert_eq!(&*larger.data, [9, 9, 9, 9, 9, 1, 2, 9, 9, 3, 4, 9]);
        let smaller = image.placed((1, 1), (-1, 0), 9);
        assert_eq!(&*smaller.data, [2]);
        let beside = image.placed((1, 1), (5, -7), 9);
        assert_eq!(&*beside.data, [9]);
    }

    #[test]
    fn white_is_bright_and_green_counts_most() {
        assert_eq!(brightness(&[255, 255, 255, 0, 0, 0]), [255, 0]);
        assert_eq!(
            brightness(&[255, 0, 0, 0, 255, 0, 0, 0, 255]),
            [76, 150, 29]
        );
    }

    #[test]
    fn an_even_image_stays_even() {
        let image = grey(7, 5, vec![77; 35]);
        for resample in [
            Resample::Nearest,
            Resample::Box,
            Resample::Bilinear,
            Resample::Bicubic,
            Resample::Hamming,
            Resample::Lanczos,
        ] {
            let small = image.resized(3, 11, Scaling::Whole(resample)).unwrap();
            assert_eq!(&*small.data, [77; 33], "{resample:?}");
        }
        let small = image.resized(2, 2, Scaling::Neighbours).unwrap();
        assert_eq!(&*small.data, [77; 4]);
    }
}
