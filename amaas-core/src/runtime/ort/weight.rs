//! One weight of the main graph: where its bytes lie and what they are.

use std::ops::Range;
use std::sync::Arc;

use super::dtype::from_onnx;
use super::status::Refusal;
use crate::model::Graph;
use crate::{Buffer, Dtype, Shape};

/// Where the bytes of a weight lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In the model itself.
    Model(Range<usize>),
    /// In a file, named as the graph spells it, from this byte on.
    File(String, usize),
}

/// A weight of the main graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) name: String,
    pub(super) place: Place,
    /// ONNX's number of the element type.
    pub(super) element: u64,
    pub(super) shape: Vec<usize>,
}

impl Default for Weight {
    fn default() -> Self {
        Self {
            name: String::new(),
            place: Place::Model(0..0),
            element: 0,
            shape: Vec::new(),
        }
    }
}

impl Weight {
    /// The dtype, and the number of bytes that dtype and shape ask for.
    pub(super) fn size(&self) -> Result<(Dtype, usize), Refusal> {
        let Self { name, element, .. } = self;
        let dtype = dtype(*element);
        let dtype = dtype
            .filter(|dtype| *dtype != Dtype::String)
            .ok_or_else(|| {
                Refusal(format!(
                    "the weight `{name}` has the element type `{element}`"
                ))
            })?;
        let shape =
            Shape::new(self.shape.as_slice()).map_err(|error| Refusal(error.to_string()))?;
        let length = dtype
            .byte_length(shape.elements())
            .ok_or_else(|| Refusal(format!("the weight `{name}` is larger than any memory")))?;
        Ok((dtype, length))
    }

    /// The buffer of `graph` that holds the weight, and where in it the weight lies.
    pub(super) fn find<'g>(
        &self,
        graph: &'g Graph,
    ) -> Result<(&'g Arc<dyn Buffer>, Range<usize>), Refusal> {
        let (_, length) = self.size()?;
        let (buffer, start) = match &self.place {
            Place::Model(range) => (Some(&graph.model), range.start),
            Place::File(location, offset) => {
                let file = graph.weights.iter().find(|(given, _)| given == location);
                (file.map(|(_, file)| file), *offset)
            }
        };
        let range = start.checked_add(length).map(|end| start..end);
        buffer
            .zip(range)
            .filter(|(buffer, range)| buffer.bytes().get(range.clone()).is_some())
            .ok_or_else(|| {
                let what = match &self.place {
                    Place::Model(_) => "model".to_owned(),
                    Place::File(location, _) => format!("file `{location}`"),
                };
                Refusal(format!(
                    "the {what} is too short for the weight `{}`",
                    self.name
                ))
            })
    }
}

/// The dtype of one of ONNX's numbers, which differ from ONNX Runtime's for the newest three.
fn dtype(element: u64) -> Option<Dtype> {
    match element {
        24 => Some(Dtype::Float8E8m0),
        25 => Some(Dtype::Uint2),
        26 => Some(Dtype::Int2),
        _ => from_onnx(i32::try_from(element).ok()?),
    }
}
