//! Finding lines: what the detector sees of an image, and boxes from its map of probabilities.
//!
//! The map is read as Liao et al. describe for differentiable binarisation (AAAI 2020): pixels above
//! a threshold make shapes, each shape a rectangle, and each rectangle grows by a share of its area
//! over its perimeter, since the map shows lines shrunk.
//!
//! The trap: a network of this kind takes edges that are multiples of 32 only, so both edges are
//! rounded, each for itself, and boxes come back by two scales.

use image::GrayImage;
use imageproc::contours::{BorderType, find_contours};
use imageproc::point::Point;

use super::super::pixels::{Pixels, Scaling};
use super::geometry::{Quad, Rectangle, clockwise, contains, distance, in_reading_order};
use crate::model::Ocr;
use crate::{Error, ErrorKind, Result};

/// Edges are multiples of this.
const STEP: f64 = 32.0;
/// The shorter edge that any image has.
const LEAST: u32 = 30;
/// An image that is so many times wider than high gets room above and below.
const WIDEST: u32 = 8;
/// Shapes thinner than this, in the detector's pixels, are no lines.
const THINNEST: f64 = 3.0;

/// An image as lines are looked for and cut out of it.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) pixels: Pixels<'static>,
    /// Width and height of the image as it came.
    original: (u32, u32),
    /// Rows above it that are not its own.
    above: u32,
    /// Height of its own rows.
    height: u32,
}

impl Page {
    /// Brings an image to a size between the bounds, with room around a line that fills it.
    pub(super) fn of(image: &Pixels<'_>, settings: &Ocr) -> Result<Self> {
        let original = (image.width, image.height);
        let (width, height) = bounded(original, settings.longest_edge);
        let resized = image.resized(width, height, Scaling::Neighbours)?;
        let above = room(width, height);
        let pixels = match above {
            0 => resized.into_owned(),
            _ => resized.placed((width, height + 2 * above), (0, i64::from(above)), 0),
        };
        Ok(Self {
            pixels,
            original,
            above,
            height,
        })
    }

    /// The image that the detector sees.
    pub(super) fn seen(&self, settings: &Ocr) -> Result<Pixels<'static>> {
        let size = (self.pixels.width, self.pixels.height);
        let (width, height) = detector_size(size, settings);
        let seen = self.pixels.resized(width, height, Scaling::Neighbours)?;
        Ok(seen.into_owned())
    }

    /// A box of the page on the image as it came.
    pub(super) fn back(&self, quad: &Quad) -> Quad {
        let (width, height) = self.original;
        let (across, down) = (
            f64::from(width) / f64::from(self.pixels.width),
            f64::from(height) / f64::from(self.height),
        );
        quad.map(|[x, y]| {
            let (x, y) = (x * across, (y - f64::from(self.above)) * down);
            [
                x.clamp(0.0, f64::from(width)),
                y.clamp(0.0, f64::from(height)),
            ]
        })
    }
}

/// A map of how likely each pixel of what the detector saw belongs to a line.
#[derive(Debug)]
pub(super) struct Map<'a> {
    width: u32,
    height: u32,
    values: &'a [f32],
}

impl<'a> Map<'a> {
    pub(super) fn new((width, height): (u32, u32), values: &'a [f32]) -> Result<Self> {
        if values.len() != width as usize * height as usize {
            let message = format!(
                "the detector gave `{}` values for {width} × {height} pixels",
                values.len()
            );
            return Err(Error::new(ErrorKind::InvalidPackage, message)
                .advise("export a detector that gives a probability for each pixel"));
        }
        if values.iter().any(|value| value.is_nan()) {
            return Err(Error::new(
                ErrorKind::InferenceFailed,
                "the detector gave what is not a number",
            )
            .advise("check the model: its weights or the input make it overflow"));
        }
        Ok(Self {
            width,
            height,
            values,
        })
    }

    /// Boxes on a page of this width and height, in the order in which they are read.
    pub(super) fn boxes(&self, page: (u32, u32), settings: &Ocr) -> Vec<Quad> {
        let contours = find_contours::<i32>(&self.mask(settings.pixel_threshold as f32));
        let outer = contours
            .iter()
            .filter(|contour| contour.border_type == BorderType::Outer);
        let found = outer.filter_map(|contour| self.line(&contour.points, settings));
        let mut boxes: Vec<_> = found
            .filter_map(|quad| self.on_page(quad, page))
            .take(settings.max_lines)
            .collect();
        in_reading_order(&mut boxes);
        boxes
    }

    /// Pixels above the threshold, and their neighbours to the right and below.
    fn mask(&self, threshold: f32) -> GrayImage {
        let width = self.width as usize;
        let is_on = |x: usize, y: usize| self.values[y * width + x] > threshold;
        GrayImage::from_fn(self.width, self.height, |x, y| {
            let (x, y) = (x as usize, y as usize);
            let (left, above) = (x.saturating_sub(1), y.saturating_sub(1));
            let on = is_on(x, y) || is_on(left, y) || is_on(x, above) || is_on(left, above);
            image::Luma([if on { 255 } else { 0 }])
        })
    }

    /// The box of a shape, grown; `None` for what is too thin or too unlikely.
    fn line(&self, shape: &[Point<i32>], settings: &Ocr) -> Option<Quad> {
        let core = Rectangle::around(shape).filter(|core| core.shorter() >= THINNEST)?;
        let whole = core.corners().map(|corner| corner.map(f64::trunc));
        if self.mean(&whole) < settings.box_threshold {
            return None;
        }
        let growth = core.area() * settings.unclip / core.perimeter();
        let points = whole.map(|[x, y]| Point::new(x as i32, y as i32));
        let grown = Rectangle::around(&points)?.grown(growth);
        (grown.shorter() >= THINNEST + 2.0).then(|| grown.corners())
    }

    /// The mean probability inside a box.
    fn mean(&self, quad: &Quad) -> f64 {
        let span = |axis: usize, length: u32| {
            let places = quad.iter().map(|corner| corner[axis]);
            let (low, high) = places.fold((f64::INFINITY, 0.0_f64), |(low, high), place| {
                (low.min(place), high.max(place))
            });
            let last = f64::from(length - 1);
            low.clamp(0.0, last) as usize..=high.clamp(0.0, last) as usize
        };
        let (mut sum, mut count) = (0.0, 0_u32);
        for y in span(1, self.height) {
            for x in span(0, self.width) {
                if contains(quad, x as f64, y as f64) {
                    sum += f64::from(self.values[y * self.width as usize + x]);
                    count += 1;
                }
            }
        }
        sum / f64::from(count.max(1))
    }

    /// A box on the page, in whole pixels; `None` for one that is too small there.
    fn on_page(&self, quad: Quad, (width, height): (u32, u32)) -> Option<Quad> {
        let along = |at: f64, own: u32, length: u32| {
            let scaled = (at / f64::from(own) * f64::from(length)).round();
            scaled.clamp(0.0, f64::from(length - 1))
        };
        let quad = clockwise(
            quad.map(|[x, y]| [along(x, self.width, width), along(y, self.height, height)]),
        );
        let is_line = distance(quad[0], quad[1]) >= 4.0 && distance(quad[0], quad[3]) >= 4.0;
        is_line.then_some(quad)
    }
}

/// The size of a page: no longer than `longest`, no shorter than [`LEAST`].
fn bounded(size: (u32, u32), longest: u32) -> (u32, u32) {
    let (width, height) = match size.0.max(size.1) {
        edge if edge > longest => scaled(size, f64::from(longest) / f64::from(edge)),
        _ => size,
    };
    match width.min(height) {
        edge if edge < LEAST => {
            let scale = f64::from(LEAST) / f64::from(edge.max(1));
            let most = f64::from(longest) / f64::from(width.max(height));
            scaled((width, height), scale.min(most.max(1.0)))
        }
        _ => (width, height),
    }
}

/// Rows that are added above and below a page.
fn room(width: u32, height: u32) -> u32 {
    match height <= LEAST || width > WIDEST * height {
        true => (2 * (width / WIDEST).max(LEAST)).abs_diff(height) / 2,
        false => 0,
    }
}

/// The size of what the detector sees of a page.
fn detector_size(size: (u32, u32), settings: &Ocr) -> (u32, u32) {
    let (shorter, longer) = (size.0.min(size.1), size.0.max(size.1));
    let wanted = f64::from(settings.shortest_edge) / f64::from(shorter);
    let most = f64::from(2 * settings.longest_edge) / f64::from(longer);
    scaled(size, wanted.min(most).max(1.0))
}

/// Both edges scaled and rounded to a multiple of [`STEP`].
fn scaled((width, height): (u32, u32), scale: f64) -> (u32, u32) {
    let edge = |length: u32| {
        let length = (f64::from(length) * scale).trunc();
        ((length / STEP).round_ties_even() * STEP).max(STEP) as u32
    };
    (edge(width), edge(height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Manifest;

    fn settings() -> Ocr {
        let text = "schema = 1\n[package]\nname = \"a\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n\
                    [task]\nkind = \"ocr\"";
        match Manifest::parse(text).unwrap().task {
            Some(crate::model::Task::Ocr(settings)) => settings,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn sizes_are_multiples_within_bounds() {
        assert_eq!(bounded((384, 191), 2000), (384, 191));
        assert_eq!(bounded((4000, 1000), 2000), (1984, 512));
        assert_eq!(bounded((10, 20), 2000), (32, 64));
        assert_eq!(bounded((100_000, 1), 2000), (1984, 32));
        assert_eq!(detector_size((384, 191), &settings()), (1472, 736));
        let (width, height) = detector_size((32, 1984), &settings());
        assert!(width * height < 1 << 20, "{width} × {height}");
    }

    #[test]
    fn a_line_that_fills_its_image_gets_room() {
        assert_eq!(room(384, 191), 0);
        assert_eq!(room(320, 32), 24); // 80 rows in all
        assert_eq!(room(64, 30), 15);
    }

    #[test]
    fn two_bars_are_two_boxes() {
        let (width, height) = (64_u32, 64_u32);
        let on = |x: u32, y: u32| {
            (8..56).contains(&x) && ((8..16).contains(&y) || (40..48).contains(&y))
        };
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let values: Vec<f32> = places
            .map(|(x, y)| if on(x, y) { 0.9 } else { 0.0 })
            .collect();
        let map = Map::new((width, height), &values).unwrap();
        let boxes = map.boxes((width, height), &settings());
        assert_eq!(boxes.len(), 2, "{boxes:?}");
        let [x, y] = boxes[0][0];
        // Grown by some six pixels on each side.
        assert!(x < 5.0 && y < 5.0, "{boxes:?}");
        assert!(boxes[0][2][1] > 18.0 && boxes[1][0][1] > 30.0, "{boxes:?}");
        let faint: Vec<f32> = values.iter().map(|value| value / 2.0).collect();
        let map = Map::new((width, height), &faint).unwrap();
        assert!(map.boxes((width, height), &settings()).is_empty());
    }

    #[test]
    fn maps_of_another_size_or_without_numbers_are_refused() {
        assert_eq!(
            Map::new((2, 2), &[0.0; 3]).unwrap_err().kind(),
            ErrorKind::InvalidPackage
        );
        let error = Map::new((2, 1), &[0.0, f32::NAN]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InferenceFailed);
    }
}
