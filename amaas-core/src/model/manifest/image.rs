//! How images become a graph's input: the size they are brought to, their channels, their numbers.
//!
//! The words are those of `preprocessor_config.json` where the field has one.

use serde::{Deserialize, Serialize};

use super::invalid;
use crate::Result;

/// No image is made larger for a model.
const MOST: u32 = 16_384;

/// Settings of an image's way into the graph: what is said here happens in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImageSettings {
    /// The most pixels that an image may have before it is decoded.
    pub max_pixels: u64,
    /// The channels that the graph takes, in its order.
    pub channels: Channels,
    /// What an image is resized to; the graph's own height and width when absent, and nothing where
    /// the graph takes any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<ImageSize>,
    /// What happens to an image of other proportions than a height and a width.
    pub fit: Fit,
    /// How pixels are weighed when an image is resized.
    pub resample: Resample,
    /// The middle that is kept of a resized image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crop: Option<Extent>,
    /// The value of pixels outside the image, where `fit` or `crop` has any.
    pub fill: u8,
    /// What each value from 0 to 255 is multiplied by.
    pub rescale: f64,
    /// What is then taken from each channel's values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mean: Vec<f64>,
    /// What each channel's values are then divided by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub std: Vec<f64>,
    /// The order of the graph's dimensions.
    pub layout: Layout,
    /// The graph's input; its first when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
}

impl Default for ImageSettings {
    fn default() -> Self {
        Self {
            max_pixels: 64 << 20,
            channels: Channels::default(),
            size: None,
            fit: Fit::default(),
            resample: Resample::default(),
            crop: None,
            fill: 0,
            rescale: 1.0 / 255.0,
            mean: Vec::new(),
            std: Vec::new(),
            layout: Layout::default(),
            input: None,
        }
    }
}

/// A height and a width in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extent {
    /// Rows of pixels.
    pub height: u32,
    /// Pixels of a row.
    pub width: u32,
}

/// What an image is resized to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a size is `{ height, width }` or `{ shortest_edge }`"
)]
pub enum ImageSize {
    /// To this height and width.
    Exact(Extent),
    /// Its shorter edge to this length, and the longer one in proportion.
    Shortest {
        /// Pixels of the shorter edge.
        shortest_edge: u32,
    },
}

/// What happens to an image of other proportions than the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// It is stretched.
    #[default]
    Stretch,
    /// It keeps its proportions, lies in the middle, and is filled up around.
    Pad,
}

/// How pixels are weighed when an image is resized. All but the first look at every pixel that a
/// smaller one stands for, as Pillow does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resample {
    /// The nearest pixel.
    Nearest,
    /// All alike.
    Box,
    /// By a triangle.
    #[default]
    Bilinear,
    /// By a cubic, which sharpens.
    Bicubic,
    /// By a window of Hamming.
    Hamming,
    /// By a window of Lanczos over six pixels.
    Lanczos,
}

/// The channels that a graph takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// One, of brightness (ITU-R 601-2).
    Grey,
}

impl Channels {
    /// How many there are.
    pub fn count(self) -> usize {
        match self {
            Self::Rgb | Self::Bgr => 3,
            Self::Grey => 1,
        }
    }
}

/// The order of the graph's dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `[batch, channels, height, width]`.
    #[default]
    Nchw,
    /// `[batch, height, width, channels]`.
    Nhwc,
}

impl ImageSettings {
    pub(super) fn validate(&self) -> Result<()> {
        if self.max_pixels == 0 {
            return Err(invalid("`image.max_pixels` is `0`").advise("use at least 1"));
        }
        self.edges().try_for_each(|(key, length)| match length {
            1..=MOST => Ok(()),
            _ => Err(invalid(format!("`image.{key}` has an edge of `{length}`"))
                .advise(format!("use 1 to {MOST} pixels"))),
        })?;
        if self.fit == Fit::Pad && self.crop.is_some() {
            return Err(invalid("`image.fit` is `pad` and there is an `image.crop`")
                .advise("leave one of them out: a padded image has its size already"));
        }
        if !self.rescale.is_finite() || self.rescale <= 0.0 {
            return Err(invalid(format!("`image.rescale` is `{}`", self.rescale))
                .advise("use a number above 0, as 0.00392156862745098"));
        }
        self.check_numbers("mean", &self.mean, f64::is_finite)?;
        self.check_numbers("std", &self.std, |value| value.is_finite() && value > 0.0)
    }

    fn edges(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let size = match self.size {
            Some(ImageSize::Exact(extent)) => vec![extent.height, extent.width],
            Some(ImageSize::Shortest { shortest_edge }) => vec![shortest_edge],
            None => Vec::new(),
        };
        let crop = self.crop.iter().flat_map(|crop| [crop.height, crop.width]);
        let size = size.into_iter().map(|length| ("size", length));
        size.chain(crop.map(|length| ("crop", length)))
    }

    fn check_numbers(&self, key: &str, values: &[f64], fits: fn(f64) -> bool) -> Result<()> {
        let channels = self.channels.count();
        if !values.is_empty() && values.len() != channels {
            let message = format!("`image.{key}` has `{}` numbers", values.len());
            return Err(invalid(message).advise(format!(
                "give one for each of the {channels} channels, or none"
            )));
        }
        match values.iter().find(|value| !fits(**value)) {
            Some(value) => Err(invalid(format!("`image.{key}` has `{value}`"))
                .advise("use finite numbers, and above 0 in `std`")),
            None => Ok(()),
        }
    }
}
