//! Golden examples: inputs with known answers, so that a package that answers wrongly here is
//! never served here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::invalid;
use crate::tensor::{Dtype, Tensor};
use crate::{Error, ErrorKind, Result};

/// One input with its answer: a `text` with the labels `expect`ed, or tensors in and out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// A text, for packages with a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Labels with scores that the text must get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expected>,
    /// Tensors by input name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, TensorLiteral>,
    /// Tensors by output name that the inputs must give.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, TensorLiteral>,
    /// The largest absolute difference that passes.
    #[serde(default = "tolerance")]
    pub tolerance: f64,
}

/// A label and the score it must get.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The label.
    pub label: String,
    /// Its score: 0 to 1 after softmax or sigmoid, else whatever the graph gives.
    pub score: f64,
}

/// A small tensor written out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorLiteral {
    /// The dtype's name, as `float32`.
    pub dtype: String,
    /// The lengths of the dimensions; empty for a scalar.
    pub shape: Vec<usize>,
    /// The elements, row by row.
    pub values: Vec<f64>,
}

fn tolerance() -> f64 {
    1e-4
}

impl Golden {
    pub(super) fn validate(&self, has_task: bool) -> Result<()> {
        let of_text = self.text.is_some() && !self.expect.is_empty();
        let of_tensors = !self.inputs.is_empty() && !self.outputs.is_empty();
        let mixed = of_text && !(self.inputs.is_empty() && self.outputs.is_empty())
            || of_tensors && !(self.text.is_none() && self.expect.is_empty());
        if of_text == of_tensors || mixed {
            return Err(invalid("a golden example is neither a text nor tensors")
                .advise("give `text` and `expect`, or `inputs` and `outputs`"));
        }
        if of_text && !has_task {
            return Err(invalid("a golden text has no task to read it")
                .advise("add a `[task]` table, or give `inputs` and `outputs`"));
        }
        let finite = |expected: &&Expected| expected.score.is_finite();
        if let Some(Expected { label, score }) = self.expect.iter().find(|one| !finite(one)) {
            return Err(
                invalid(format!("the golden score of `{label}` is `{score}`"))
                    .advise("use a finite number"),
            );
        }
        if !self.tolerance.is_finite() || self.tolerance < 0.0 {
            return Err(
                invalid(format!("a golden tolerance is `{}`", self.tolerance))
                    .advise("use a number from 0 up"),
            );
        }
        self.inputs
            .values()
            .chain(self.outputs.values())
            .try_for_each(|literal| {
                literal.to_tensor().map(drop).map_err(|cause| {
                    invalid("a golden tensor cannot be read")
                        .because(cause)
                        .advise("see docs/manifest.md")
                })
            })
    }
}

impl TensorLiteral {
    /// The tensor that is written here.
    ///
    /// # Errors
    /// `InvalidArgument` when dtype, shape and values do not fit together.
    pub fn to_tensor(&self) -> Result<Tensor> {
        macro_rules! literal {
            ($($dtype:ident => $rust:ty),*) => {
                match self.dtype.parse()? {
                    $(Dtype::$dtype => {
                        let elements = self.values.iter().map(|value| *value as $rust).collect();
                        Tensor::from_vec(self.shape.as_slice(), elements)
                    })*
                    dtype => Err(Error::new(
                        ErrorKind::InvalidArgument,
                        format!("`{dtype}` cannot be written as numbers here"),
                    )
                    .advise("use a float or integer dtype of 8 to 64 bits")),
                }
            };
        }
        literal!(Float32 => f32, Float64 => f64, Int8 => i8, Int16 => i16, Int32 => i32,
                 Int64 => i64, Uint8 => u8, Uint16 => u16, Uint32 => u32, Uint64 => u64)
    }

    /// The largest absolute difference between these values and `tensor`'s; infinite when dtype
    /// or shape differ.
    pub fn distance(&self, tensor: &Tensor) -> Result<f64> {
        let expected = self.to_tensor()?;
        if expected.dtype() != tensor.dtype() || expected.shape() != tensor.shape() {
            return Ok(f64::INFINITY);
        }
        let found = tensor.to_f64()?;
        let differences = self.values.iter().zip(found).map(|(a, b)| (a - b).abs());
        Ok(differences.fold(0.0, |most, next| {
            if next.is_nan() {
                f64::INFINITY
            } else {
                most.max(next)
            }
        }))
    }
}
