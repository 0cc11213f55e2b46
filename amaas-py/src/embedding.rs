//! Answers of text embedding as arrays: `[texts, dimensions]`, of a single `str` `[dimensions]`.

use amaas_core::EmbedOptions;
use numpy::IntoPyArray;
use numpy::ndarray::{Array2, Axis};
use pyo3::prelude::*;

use crate::errors::{Result, invalid};

/// The options of a call. A count below zero is refused by name, as zero is by the core.
pub(crate) fn options(
    prompt: Option<String>,
    dimensions: Option<i64>,
    normalize: Option<bool>,
) -> Result<EmbedOptions> {
    let count = |number: i64| {
        usize::try_from(number).map_err(|_| {
            invalid(
                format!("`dimensions` is `{number}`"),
                "keep at least 1, or `None` for as many as the package says",
            )
        })
    };
    Ok(EmbedOptions {
        prompt,
        dimensions: dimensions.map(count).transpose()?,
        normalize,
        ..EmbedOptions::default()
    })
}

/// An array that takes over the vectors, without a copy.
pub(crate) fn array(py: Python<'_>, vectors: Array2<f32>, is_one: bool) -> Bound<'_, PyAny> {
    if is_one && vectors.nrows() == 1 {
        return vectors
            .index_axis_move(Axis(0), 0)
            .into_pyarray(py)
            .into_any();
    }
    vectors.into_pyarray(py).into_any()
}
