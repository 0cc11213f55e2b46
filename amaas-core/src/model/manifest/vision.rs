//! Settings of the tasks over images: labels of a whole image, boxes in it, the text on it.

use serde::{Deserialize, Serialize};

use super::task::{Function, check_labels};
use super::{Extent, invalid};
use crate::Result;

/// Settings of image classification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageClassification {
    /// Label names in the order of the output's last dimension. With one output and two labels
    /// the output is the score of the second.
    pub labels: Vec<String>,
    /// What turns the raw output into scores.
    #[serde(default)]
    pub function_to_apply: Function,
    /// The output that holds the scores, of shape `[batch, labels]`; the model's first output when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// Settings of object detection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectDetection {
    /// Label names in the order of the classes' numbers.
    pub labels: Vec<String>,
    /// How the outputs hold boxes and scores.
    #[serde(default)]
    pub outputs: BoxOutputs,
    /// How the four numbers of a box say where it is.
    #[serde(default)]
    pub boxes: BoxFormat,
    /// Whether boxes are shares of the graph's height and width from 0 to 1, not pixels of it.
    #[serde(default)]
    pub relative: bool,
    /// What turns raw scores into scores from 0 to 1.
    #[serde(default)]
    pub function_to_apply: Function,
    /// Boxes with a lower score are left out.
    #[serde(default = "threshold")]
    pub threshold: f64,
    /// Of boxes of one label that overlap by more than this share of their union the best is kept;
    /// 1 keeps all.
    #[serde(default = "overlap")]
    pub overlap: f64,
    /// The most boxes of one image.
    #[serde(default = "most")]
    pub max_boxes: usize,
}

/// How a graph's outputs hold boxes and scores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "layout", rename_all = "kebab-case", deny_unknown_fields)]
pub enum BoxOutputs {
    /// An output of boxes `[batch, boxes, 4]` and one of scores `[batch, boxes, classes]`.
    Separate {
        /// The output of boxes.
        boxes: String,
        /// The output of scores.
        scores: String,
    },
    /// Boxes that the graph has chosen already: `[batch, boxes, 4]`, scores `[batch, boxes]` and
    /// numbers of classes `[batch, boxes]`.
    Decoded {
        /// The output of boxes.
        boxes: String,
        /// The output of scores.
        scores: String,
        /// The output of numbers of classes.
        classes: String,
    },
    /// One output whose rows are `x, y, w, h` and then a score for each class, `[batch, boxes,
    /// 4 + classes]`, or turned over.
    Yolo {
        /// The output; the model's first when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<String>,
        /// Whether it is `[batch, 4 + classes, boxes]`.
        #[serde(default)]
        transposed: bool,
        /// Whether a score stands between the box and the classes that says whether there is
        /// anything, by which theirs are multiplied.
        #[serde(default)]
        objectness: bool,
    },
}

impl Default for BoxOutputs {
    fn default() -> Self {
        Self::Yolo {
            output: None,
            transposed: false,
            objectness: false,
        }
    }
}

/// How four numbers say where a box is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoxFormat {
    /// Its middle, its width and its height.
    #[default]
    Cxcywh,
    /// Its left, top, right and bottom edge.
    Xyxy,
    /// Its left and top edge, its width and its height.
    Xywh,
}

/// Settings of reading the text on an image: the main graph finds lines, the part `recogniser`
/// reads each, the part `classifier`, where there is one, says which are upside down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ocr {
    /// The characters that the recogniser knows, a line each; what its file says under `character`
    /// when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alphabet: Vec<String>,
    /// The shorter edge of the image that the detector sees has at least this many pixels.
    #[serde(default = "shortest")]
    pub shortest_edge: u32,
    /// The longer edge of an image has at most this many pixels.
    #[serde(default = "longest")]
    pub longest_edge: u32,
    /// From which probability on a pixel belongs to a line.
    #[serde(default = "pixel_threshold")]
    pub pixel_threshold: f64,
    /// Lines with a lower mean probability are left out.
    #[serde(default = "box_threshold")]
    pub box_threshold: f64,
    /// The height at which a line is read, and the least width.
    #[serde(default = "line")]
    pub line: Extent,
    /// The height and width at which the classifier sees a line.
    #[serde(default = "turned_line")]
    pub turned_line: Extent,
    /// How much a box is larger than what the detector marks of its line.
    #[serde(default = "unclip")]
    pub unclip: f64,
    /// The most lines of one image.
    #[serde(default = "lines")]
    pub max_lines: usize,
    /// From which score on the classifier's word that a line is upside down counts.
    #[serde(default = "turned")]
    pub turn_threshold: f64,
    /// Lines that are read with a lower mean probability are left out.
    #[serde(default = "threshold_of_text")]
    pub text_threshold: f64,
}

fn threshold() -> f64 {
    0.25
}

fn overlap() -> f64 {
    0.45
}

fn most() -> usize {
    300
}

fn shortest() -> u32 {
    736
}

fn longest() -> u32 {
    2000
}

fn pixel_threshold() -> f64 {
    0.3
}

fn box_threshold() -> f64 {
    0.5
}

fn line() -> Extent {
    Extent {
        height: 48,
        width: 320,
    }
}

fn turned_line() -> Extent {
    Extent {
        height: 48,
        width: 192,
    }
}

fn unclip() -> f64 {
    1.6
}

fn lines() -> usize {
    1000
}

fn turned() -> f64 {
    0.9
}

fn threshold_of_text() -> f64 {
    0.5
}

impl ImageClassification {
    pub(super) fn validate(&self) -> Result<()> {
        check_labels(&self.labels, 2)
    }
}

impl ObjectDetection {
    pub(super) fn validate(&self) -> Result<()> {
        check_labels(&self.labels, 1)?;
        check_share("threshold", self.threshold)?;
        check_share("overlap", self.overlap)?;
        match self.max_boxes {
            0 => Err(invalid("`task.max_boxes` is `0`").advise("use at least 1")),
            _ => Ok(()),
        }
    }
}

impl Ocr {
    /// No image is made larger for the detector.
    const LONGEST: u32 = 8192;

    pub(super) fn validate(&self) -> Result<()> {
        let shares = [
            ("pixel_threshold", self.pixel_threshold),
            ("box_threshold", self.box_threshold),
            ("turn_threshold", self.turn_threshold),
            ("text_threshold", self.text_threshold),
        ];
        shares
            .into_iter()
            .try_for_each(|(key, value)| check_share(key, value))?;
        if !(0.0..=10.0).contains(&self.unclip) {
            return Err(invalid(format!("`task.unclip` is `{}`", self.unclip))
                .advise("use a number from 0 to 10"));
        }
        if self.max_lines == 0 {
            return Err(invalid("`task.max_lines` is `0`").advise("use at least 1"));
        }
        let edges = [
            ("shortest_edge", self.shortest_edge),
            ("longest_edge", self.longest_edge),
            ("line.height", self.line.height),
            ("line.width", self.line.width),
            ("turned_line.height", self.turned_line.height),
            ("turned_line.width", self.turned_line.width),
        ];
        for (key, edge) in edges {
            if !(16..=Self::LONGEST).contains(&edge) {
                return Err(invalid(format!("`task.{key}` is `{edge}`"))
                    .advise(format!("use 16 to {} pixels", Self::LONGEST)));
            }
        }
        Ok(())
    }
}

fn check_share(key: &str, value: f64) -> Result<()> {
    match (0.0..=1.0).contains(&value) {
        true => Ok(()),
        false => {
            Err(invalid(format!("`task.{key}` is `{value}`")).advise("use a number from 0 to 1"))
        }
    }
}
