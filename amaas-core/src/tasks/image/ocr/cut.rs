//! Cutting lines out of a page: each box becomes an upright image of its own.
//!
//! The trap: a box much higher than wide is taken for a line that runs upwards and turned, so a
//! column of single letters is read as one lying on its side.

use std::borrow::Cow;

use image::{RgbImage, imageops};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};

use super::super::pixels::{Pixels, Scaling};
use super::geometry::{Quad, distance};
use crate::{Error, ErrorKind, Result};

/// Boxes so many times higher than wide are turned.
const UPRIGHT: f64 = 1.5;

/// The page as lines are cut out of it.
pub(super) fn canvas(page: &Pixels<'_>) -> Result<RgbImage> {
    let data = page.data.to_vec();
    RgbImage::from_raw(page.width, page.height, data)
        .ok_or_else(|| Error::new(ErrorKind::Internal, "a page has too few pixels"))
}

/// What lies in a box of the page, upright; `None` for a box without an inside.
pub(super) fn line(page: &RgbImage, quad: &Quad) -> Option<Pixels<'static>> {
    let [upper_left, upper_right, lower_right, lower_left] = *quad;
    let longer = |one: f64, other: f64| one.max(other) as u32;
    let width = longer(
        distance(upper_left, upper_right),
        distance(lower_right, lower_left),
    );
    let height = longer(
        distance(upper_left, lower_left),
        distance(upper_right, lower_right),
    );
    if width == 0 || height == 0 {
        return None;
    }
    let (wide, high) = (width as f32, height as f32);
    let from = quad.map(|[x, y]| (x as f32, y as f32));
    let to = [(0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high)];
    let projection = Projection::from_control_points(from, to)?;
    let mut line = RgbImage::new(width, height);
    warp_into(
        page,
        projection,
        Interpolation::Bicubic,
        Border::Replicate,
        &mut line,
    );
    let line = match f64::from(height) / f64::from(width) >= UPRIGHT {
        true => imageops::rotate270(&line),
        false => line,
    };
    Some(pixels(line))
}

/// Turns a line that stands on its head: its last pixel becomes the first.
pub(super) fn turn(line: &mut Pixels<'static>) {
    let data = line.data.to_mut();
    data.reverse();
    data.chunks_exact_mut(3).for_each(<[u8]>::reverse);
}

/// A line at this height and in proportion, no wider than `most`.
pub(super) fn at_height(line: &Pixels<'_>, height: u32, most: u32) -> Result<Pixels<'static>> {
    let width = (f64::from(height) * ratio(line))
        .ceil()
        .clamp(1.0, f64::from(most));
    let resized = line.resized(width as u32, height, Scaling::Neighbours)?;
    Ok(resized.into_owned())
}

/// How many times wider than high a line is.
pub(super) fn ratio(line: &Pixels<'_>) -> f64 {
    f64::from(line.width) / f64::from(line.height.max(1))
}

fn pixels(image: RgbImage) -> Pixels<'static> {
    Pixels {
        width: image.width(),
        height: image.height(),
        channels: 3,
        data: Cow::Owned(image.into_raw()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red tells the column, green the row.
    fn page() -> RgbImage {
        RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8, y as u8, 0]))
    }

    /// Pixels go through floats on their way.
    fn near(pixel: &[u8], wanted: [u8; 3]) -> bool {
        let mut pairs = pixel.iter().zip(wanted);
        pairs.all(|(found, wanted)| found.abs_diff(wanted) <= 1)
    }

    fn quad(left: f64, top: f64, right: f64, bottom: f64) -> Quad {
        [[left, top], [right, top], [right, bottom], [left, bottom]]
    }

    #[test]
    fn an_upright_box_is_cut_pixel_by_pixel() {
        let mut line = line(&page(), &quad(5.0, 7.0, 25.0, 17.0)).unwrap();
        assert_eq!((line.width, line.height), (20, 10));
        assert!(near(&line.data[..3], [5, 7, 0]));
        assert!(near(&line.data[line.data.len() - 3..], [24, 16, 0]));
        turn(&mut line);
        assert!(near(&line.data[..3], [24, 16, 0]));
    }

    #[test]
    fn a_high_box_is_turned_and_a_flat_one_has_no_inside() {
        let line = line(&page(), &quad(5.0, 2.0, 11.0, 22.0)).unwrap();
        assert_eq!((line.width, line.height), (20, 6));
        assert!(line.data[0].abs_diff(10) <= 1); // the right column is now the first row
        assert!(super::line(&page(), &quad(5.0, 5.0, 5.0, 5.0)).is_none());
    }
}
