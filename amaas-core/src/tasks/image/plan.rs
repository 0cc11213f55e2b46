//! Where an image lies in what the graph sees: a pure function of sizes, and the way back for
//! whatever the graph finds there.

use crate::model::{Extent, Fit, ImageSettings, ImageSize};

/// An image resized and laid on a canvas, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    /// Width and height of the image itself.
    pub(super) image: (u32, u32),
    /// What it is resized to.
    pub(super) resized: (u32, u32),
    /// What the graph sees.
    pub(super) canvas: (u32, u32),
    /// Where the resized image's first pixel lies on the canvas, perhaps outside.
    pub(super) left: i64,
    pub(super) top: i64,
}

impl Plan {
    /// For an image of this width and height; `size` stands in where the settings have none.
    pub(super) fn of(
        settings: &ImageSettings,
        size: Option<ImageSize>,
        (width, height): (u32, u32),
    ) -> Self {
        let image = (width, height);
        let whole = |resized| Self {
            image,
            resized,
            canvas: resized,
            left: 0,
            top: 0,
        };
        let plan = match settings.size.or(size) {
            None => whole(image),
            Some(ImageSize::Shortest { shortest_edge }) => whole(shortest(image, shortest_edge)),
            Some(ImageSize::Exact(extent)) => match settings.fit {
                Fit::Stretch => whole((extent.width, extent.height)),
                Fit::Pad => padded(image, extent),
            },
        };
        match settings.crop {
            Some(crop) => plan.cropped(crop),
            None => plan,
        }
    }

    fn cropped(self, crop: Extent) -> Self {
        let middle = |length: u32, kept: u32| (i64::from(length) - i64::from(kept)).div_euclid(2);
        Self {
            canvas: (crop.width, crop.height),
            left: -middle(self.canvas.0, crop.width),
            top: -middle(self.canvas.1, crop.height),
            ..self
        }
    }

    /// Whether the resized image is all that the graph sees.
    pub(super) fn is_whole(&self) -> bool {
        self.canvas == self.resized && self.left == 0 && self.top == 0
    }

    /// A point of the canvas on the image itself.
    pub(super) fn back(&self, x: f64, y: f64) -> (f64, f64) {
        let along = |at: f64, start: i64, resized: u32, length: u32| {
            let share = (at - start as f64) / f64::from(resized);
            (share * f64::from(length)).clamp(0.0, f64::from(length))
        };
        (
            along(x, self.left, self.resized.0, self.image.0),
            along(y, self.top, self.resized.1, self.image.1),
        )
    }
}

/// The shorter edge of this length; the longer one in proportion, rounded down.
fn shortest((width, height): (u32, u32), edge: u32) -> (u32, u32) {
    let longer = |long: u32, short: u32| {
        let length = u64::from(edge) * u64::from(long) / u64::from(short.max(1));
        u32::try_from(length).unwrap_or(u32::MAX).max(1)
    };
    match width <= height {
        true => (edge, longer(height, width)),
        false => (longer(width, height), edge),
    }
}

/// As large as it fits, in the middle.
fn padded((width, height): (u32, u32), extent: Extent) -> Plan {
    let scale = |edge: u32, length: u32| f64::from(edge) / f64::from(length.max(1));
    let scale = scale(extent.width, width).min(scale(extent.height, height));
    let fit = |length: u32, edge: u32| {
        (f64::from(length) * scale)
            .round()
            .clamp(1.0, f64::from(edge))
    };
    let resized = (
        fit(width, extent.width) as u32,
        fit(height, extent.height) as u32,
    );
    Plan {
        image: (width, height),
        resized,
        canvas: (extent.width, extent.height),
        left: i64::from((extent.width - resized.0) / 2),
        top: i64::from((extent.height - resized.1) / 2),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(width: u32, height: u32) -> Option<ImageSize> {
        Some(ImageSize::Exact(Extent { height, width }))
    }

    #[test]
    fn the_usual_way_of_classifiers() {
        let settings = ImageSettings {
            size: Some(ImageSize::Shortest { shortest_edge: 256 }),
            crop: Some(Extent {
                height: 224,
                width: 224,
            }),
            ..ImageSettings::default()
        };
        let plan = Plan::of(&settings, None, (640, 480));
        assert_eq!((plan.resized, plan.canvas), ((341, 256), (224, 224)));
        assert_eq!((plan.left, plan.top), (-58, -16));
    }

    #[test]
    fn a_crop_of_what_is_smaller_lies_in_the_middle() {
        let settings = ImageSettings {
            crop: Some(Extent {
                height: 8,
                width: 8,
            }),
            ..ImageSettings::default()
        };
        let plan = Plan::of(&settings, None, (5, 6));
        assert_eq!((plan.left, plan.top), (2, 1));
    }

    proptest! {
        #[test]
        fn what_is_padded_keeps_its_proportions_and_comes_back(
            width in 1_u32..4000, height in 1_u32..4000, x in 0.0..1.0, y in 0.0..1.0
        ) {
            let settings = ImageSettings { fit: Fit::Pad, ..ImageSettings::default() };
            let plan = Plan::of(&settings, exact(640, 640), (width, height));
            prop_assert!(plan.resized.0 == 640 || plan.resized.1 == 640);
            prop_assert!(plan.resized.0 <= 640 && plan.resized.1 <= 640);
            let on_canvas = |share: f64, resized: u32, start: i64| share * f64::from(resized) + start as f64;
            let there = (
                on_canvas(x, plan.resized.0, plan.left),
                on_canvas(y, plan.resized.1, plan.top),
            );
            let (back_x, back_y) = plan.back(there.0, there.1);
            prop_assert!((back_x - x * f64::from(width)).abs() < 1e-6);
            prop_assert!((back_y - y * f64::from(height)).abs() < 1e-6);
        }

        #[test]
        fn the_shorter_edge_is_as_it_should_be(width in 1_u32..4000, height in 1_u32..4000, edge in 1_u32..800) {
            let (wide, high) = shortest((width, height), edge);
            prop_assert_eq!(wide.min(high), edge);
        }
    }
}
