//! How an image becomes the graph's input, as `preprocessor_config.json` says it.
//!
//! The trap: a plain number as `size` means both edges for one processor and the shorter edge for
//! another. Where an image is cropped afterwards it is the shorter edge.

use serde::Deserialize;

use super::super::super::contained::Folder;
use super::super::draft::Draft;
use super::super::read::json;
use crate::Result;
use crate::model::{
    Channels, Dimension, Extent, ImageClassification, ImageSettings, ImageSize, PortKind, Resample,
    TextClassification,
};

pub(super) const FILE: &str = "preprocessor_config.json";

/// Below this edge ConvNeXT resizes to more than it keeps.
const CONVNEXT: u32 = 384;

/// What `transformers` saves about an image processor.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Preprocessor {
    do_resize: Option<bool>,
    size: Option<Size>,
    resample: Option<u32>,
    do_center_crop: Option<bool>,
    crop_size: Option<Size>,
    crop_pct: Option<f64>,
    do_rescale: Option<bool>,
    rescale_factor: Option<f64>,
    do_normalize: Option<bool>,
    image_mean: Option<Vec<f64>>,
    image_std: Option<Vec<f64>>,
}

/// A size in one of the ways in which it is written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Size {
    Edge(u32),
    Edges {
        #[serde(default)]
        height: Option<u32>,
        #[serde(default)]
        width: Option<u32>,
        #[serde(default)]
        shortest_edge: Option<u32>,
    },
}

impl Size {
    /// As a height and a width, or as a shorter edge; `None` for what neither says.
    fn read(self, crops: bool) -> Option<ImageSize> {
        let square = |edge| Extent {
            height: edge,
            width: edge,
        };
        match self {
            Self::Edge(edge) if crops => Some(ImageSize::Shortest {
                shortest_edge: edge,
            }),
            Self::Edge(edge) => Some(ImageSize::Exact(square(edge))),
            Self::Edges {
                height: Some(height),
                width: Some(width),
                ..
            } => Some(ImageSize::Exact(Extent { height, width })),
            Self::Edges { shortest_edge, .. } => {
                shortest_edge.map(|shortest_edge| ImageSize::Shortest { shortest_edge })
            }
        }
    }

    fn extent(self) -> Option<Extent> {
        match self.read(false) {
            Some(ImageSize::Exact(extent)) => Some(extent),
            _ => None,
        }
    }
}

/// The task of an image classifier, whose labels are known, and its `[image]`; `None`, with a note,
/// where a manifest cannot say what its processor does.
pub(super) fn read(
    folder: &Folder,
    labels: TextClassification,
    draft: &mut Draft,
) -> Result<Option<ImageClassification>> {
    let Some(found) = json::<Preprocessor>(folder, FILE)? else {
        draft.note(format!(
            "no task: `{FILE}` is not there to say how an image is prepared"
        ));
        return Ok(None);
    };
    let Some(settings) = settings(&found, channels(draft)) else {
        draft.note(format!(
            "no task: `{FILE}` asks for a size that a manifest cannot say"
        ));
        return Ok(None);
    };
    if !in_range(&settings) {
        draft.note(format!(
            "no task: `{FILE}` has not a mean and a deviation for each channel"
        ));
        return Ok(None);
    }
    draft.note(format!(
        "carried over: how an image is prepared, from `{FILE}`"
    ));
    draft.manifest.image = Some(settings);
    Ok(Some(ImageClassification {
        labels: labels.labels,
        function_to_apply: labels.function_to_apply,
        output: labels.output,
    }))
}

fn settings(found: &Preprocessor, channels: Channels) -> Option<ImageSettings> {
    let crops = found.do_center_crop.unwrap_or(found.crop_size.is_some());
    let (mut size, mut crop) = (None, None);
    if found.do_resize.unwrap_or(true) && found.size.is_some() {
        size = Some(found.size?.read(crops)?);
    }
    if crops {
        crop = Some(found.crop_size.or(found.size)?.extent()?);
    }
    if let (Some(share), Some(ImageSize::Shortest { shortest_edge })) = (found.crop_pct, size) {
        (size, crop) = convnext(shortest_edge, share);
    }
    let normalizes = found.do_normalize.unwrap_or(true);
    let numbers = |numbers: &Option<Vec<f64>>| match numbers {
        Some(numbers) if normalizes => numbers.clone(),
        _ => Vec::new(),
    };
    let rescales = found.do_rescale.unwrap_or(true);
    let factor = found.rescale_factor.unwrap_or(1.0 / 255.0);
    Some(ImageSettings {
        channels,
        size,
        crop,
        resample: resample(found.resample)?,
        rescale: if rescales { factor } else { 1.0 },
        mean: numbers(&found.image_mean),
        std: numbers(&found.image_std),
        ..ImageSettings::default()
    })
}

/// ConvNeXT resizes to a little more than it keeps, unless it keeps much.
fn convnext(edge: u32, share: f64) -> (Option<ImageSize>, Option<Extent>) {
    let square = Extent {
        height: edge,
        width: edge,
    };
    if edge >= CONVNEXT || share <= 0.0 {
        return (Some(ImageSize::Exact(square)), None);
    }
    let shortest_edge = (f64::from(edge) / share) as u32;
    (Some(ImageSize::Shortest { shortest_edge }), Some(square))
}

/// Pillow's numbers.
fn resample(number: Option<u32>) -> Option<Resample> {
    match number {
        Some(0) => Some(Resample::Nearest),
        Some(1) => Some(Resample::Lanczos),
        Some(2) | None => Some(Resample::Bilinear),
        Some(3) => Some(Resample::Bicubic),
        Some(4) => Some(Resample::Box),
        Some(5) => Some(Resample::Hamming),
        Some(_) => None,
    }
}

/// What the graph takes, where it says so.
fn channels(draft: &Draft) -> Channels {
    let port = draft.signature.inputs.first();
    match port.map(|port| &port.kind) {
        Some(PortKind::Tensor(_, Some(dimensions))) => match &dimensions[..] {
            [_, Dimension::Fixed(1), _, _] => Channels::Grey,
            _ => Channels::Rgb,
        },
        _ => Channels::Rgb,
    }
}

fn in_range(settings: &ImageSettings) -> bool {
    let count = settings.channels.count();
    let fits = |numbers: &[f64]| numbers.is_empty() || numbers.len() == count;
    fits(&settings.mean) && fits(&settings.std)
}
