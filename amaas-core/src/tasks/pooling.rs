//! From one vector a token to one vector a row, straight from the memory of the output.
//!
//! The trap: padding has vectors too, of whatever the graph makes of nothing. They are never read,
//! so that a row gets the same vector whatever it is padded to, and on whichever side.

use std::ops::Range;

use half::{bf16, f16};

use super::runner::Group;
use crate::model::Pooling;
use crate::tensor::{Dtype, Element};
use crate::{Error, ErrorKind, Result};

/// The dtypes that vectors may have.
pub(super) const FLOATS: [Dtype; 4] = [
    Dtype::Float32,
    Dtype::Float16,
    Dtype::Bfloat16,
    Dtype::Float64,
];

/// The numbers of one vector of `group`'s output; `None` when it is not shaped as `pooling` reads
/// it.
pub(super) fn width(pooling: Pooling, group: &Group<'_>) -> Option<usize> {
    match (pooling, &**group.output.shape()) {
        (Pooling::None, [_, width]) if *width > 0 => Some(*width),
        (Pooling::Mean | Pooling::Cls | Pooling::Last, [_, tokens, width])
            if *tokens >= group.tokens && *width > 0 =>
        {
            Some(*width)
        }
        _ => None,
    }
}

/// Pools each member of `group` and hands `take` its place among all rows with the first `keep`
/// numbers of its vector. `width` is what [`width`] said.
///
/// A row without a token has the vector zero, unless the graph pools.
pub(super) fn pool(
    pooling: Pooling,
    group: &Group<'_>,
    width: usize,
    keep: usize,
    take: impl FnMut(usize, &[f64]),
) -> Result<()> {
    match group.output.dtype() {
        Dtype::Float32 => pool_as::<f32>(pooling, group, width, keep, take),
        Dtype::Float16 => pool_as::<f16>(pooling, group, width, keep, take),
        Dtype::Bfloat16 => pool_as::<bf16>(pooling, group, width, keep, take),
        Dtype::Float64 => pool_as::<f64>(pooling, group, width, keep, take),
        dtype => Err(Error::new(
            ErrorKind::InvalidPackage,
            format!("a vector of `{dtype}` cannot be pooled"),
        )
        .advise("export the output as float32")),
    }
}

fn pool_as<T: Element + Into<f64>>(
    pooling: Pooling,
    group: &Group<'_>,
    width: usize,
    keep: usize,
    mut take: impl FnMut(usize, &[f64]),
) -> Result<()> {
    let elements = group.output.as_slice::<T>()?;
    let tokens = match (pooling, &**group.output.shape()) {
        (Pooling::None, _) => 1,
        (_, [_, tokens, _]) => *tokens,
        _ => group.tokens,
    };
    let mut vector = vec![0.0; keep];
    let members = group.members.iter().zip(group.spans(tokens));
    for ((member, span), row) in members.zip(elements.chunks_exact(tokens * width)) {
        let places = places(pooling, &span);
        let chosen = &row[places.start * width..places.end * width];
        mean(chosen.chunks_exact(width), &mut vector);
        take(*member, &vector);
    }
    Ok(())
}

/// Which of a row's vectors are averaged; `span` is where its own tokens lie.
fn places(pooling: Pooling, span: &Range<usize>) -> Range<usize> {
    match pooling {
        Pooling::Mean => span.clone(),
        Pooling::Cls => span.start..span.end.min(span.start + 1),
        Pooling::Last => span.start.max(span.end.saturating_sub(1))..span.end,
        Pooling::None => 0..1,
    }
}

/// The mean of the fronts of `vectors`, in double precision; zero of none.
fn mean<'a, T: Element + Into<f64>>(
    vectors: impl ExactSizeIterator<Item = &'a [T]>,
    mean: &mut [f64],
) {
    let count = vectors.len().max(1) as f64;
    mean.fill(0.0);
    for vector in vectors {
        mean.iter_mut()
            .zip(vector)
            .for_each(|(sum, value)| *sum += Into::<f64>::into(*value));
    }
    mean.iter_mut().for_each(|sum| *sum /= count);
}

/// Scales `vector` to length 1; zero stays zero.
pub(super) fn normalize(vector: &mut [f32]) {
    let squares = vector.iter().map(|value| f64::from(*value).powi(2));
    let length = squares.sum::<f64>().sqrt();
    if length > 0.0 {
        vector
            .iter_mut()
            .for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_leave_padding_out_on_either_side() {
        for (pooling, right, left, empty) in [
            (Pooling::Mean, 0..3, 2..5, 0..0),
            (Pooling::Cls, 0..1, 2..3, 0..0),
            (Pooling::Last, 2..3, 4..5, 0..0),
            (Pooling::None, 0..1, 0..1, 0..1),
        ] {
            assert_eq!(places(pooling, &(0..3)), right);
            assert_eq!(places(pooling, &(2..5)), left);
            assert_eq!(places(pooling, &(0..0)), empty);
        }
    }

    #[test]
    fn vectors_get_length_one_even_near_the_ends_of_the_range() {
        for mut vector in [[3.0, 4.0], [3e-30, 4e-30], [3e37, 4e37]] {
            normalize(&mut vector);
            assert!((vector[0] - 0.6).abs() < 1e-6 && (vector[1] - 0.8).abs() < 1e-6);
        }
        let mut zero = [0.0, 0.0];
        normalize(&mut zero);
        assert_eq!(zero, [0.0, 0.0]);
    }
}
