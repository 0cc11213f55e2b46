//! Joining and splitting tensors along any dimension, for models whose rows are not counted by the
//! first one.
//!
//! ```
//! use amaas_core::Tensor;
//! use amaas_core::tensor::{join_along, split_along};
//!
//! // Two layers of state, of one stream and of two.
//! let one = Tensor::from_vec([2, 1], vec![1.0_f32, 10.0])?;
//! let two = Tensor::from_vec([2, 2], vec![2.0_f32, 3.0, 20.0, 30.0])?;
//! let joined = join_along(&[&one, &two], 1)?;
//! assert_eq!(joined.as_slice::<f32>()?, [1.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
//!
//! let parts = split_along(&joined, 1, &[1, 2])?;
//! assert_eq!(parts[0].as_slice::<f32>()?, [1.0, 10.0]);
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: along the first dimension a part is a piece of the whole's memory, along any other it
//! is a copy.

use std::ops::Range;
use std::sync::Arc;

use super::rows::{byte_width, unfit};
use super::{AlignedBytes, Dtype, Shape, Tensor, join_rows, split_rows};
use crate::Result;

/// One tensor with the rows of all, in order, where dimension `axis` counts the rows.
///
/// # Errors
/// `InvalidArgument` when dtypes or other dimensions do not fit together, when there is no such
/// dimension, and for dtypes narrower than a byte.
pub fn join_along(tensors: &[&Tensor], axis: usize) -> Result<Tensor> {
    if axis == 0 {
        return join_rows(tensors, None);
    }
    let first = tensors.first().ok_or_else(|| unfit("no tensor"))?;
    if !tensors
        .iter()
        .all(|tensor| alike_along(first, tensor, axis))
    {
        return Err(unfit("tensors of different kinds"));
    }
    let mut dimensions = first.shape().to_vec();
    dimensions[axis] = tensors.iter().map(|tensor| tensor.shape()[axis]).sum();
    let shape = Shape::new(dimensions)?;
    let outer: usize = shape.iter().take(axis).product();
    let blocks = (0..outer).flat_map(|block| {
        let tensors = tensors.iter().copied();
        tensors.map(move |tensor| (tensor, block_of(tensor.shape(), axis, block)))
    });
    gather(first.dtype(), &shape, blocks)
}

/// One tensor for each of `counts`, with that many rows along dimension `axis`, in order.
///
/// # Errors
/// `InvalidArgument` when the counts do not add up to the rows there are, and when there is no such
/// dimension.
pub fn split_along(tensor: &Tensor, axis: usize, counts: &[usize]) -> Result<Vec<Tensor>> {
    if axis == 0 {
        return split_rows(tensor, counts);
    }
    if tensor.shape().get(axis) != Some(&counts.iter().sum()) {
        return Err(unfit("another count of rows"));
    }
    let mut start = 0;
    let part = |count: &usize| {
        let part = cut(tensor, axis, start..start + count);
        start += count;
        part
    };
    counts.iter().map(part).collect()
}

/// Whether two tensors differ in dimension `axis` only.
pub(crate) fn alike_along(a: &Tensor, b: &Tensor, axis: usize) -> bool {
    let (ours, theirs) = (a.shape(), b.shape());
    let same = |place: usize| place == axis || ours.get(place) == theirs.get(place);
    a.dtype() == b.dtype()
        && ours.rank() == theirs.rank()
        && axis < ours.rank()
        && (0..ours.rank()).all(same)
}

fn cut(tensor: &Tensor, axis: usize, rows: Range<usize>) -> Result<Tensor> {
    let mut dimensions = tensor.shape().to_vec();
    dimensions[axis] = rows.len();
    let shape = Shape::new(dimensions)?;
    let inner: usize = tensor.shape().iter().skip(axis + 1).product();
    let outer: usize = tensor.shape().iter().take(axis).product();
    let block = |block: usize| {
        let whole = block_of(tensor.shape(), axis, block);
        let start = whole.start + rows.start * inner;
        (tensor, start..start + rows.len() * inner)
    };
    gather(tensor.dtype(), &shape, (0..outer).map(block))
}

/// Where the elements lie that have the same place in the dimensions before `axis`.
fn block_of(shape: &Shape, axis: usize, block: usize) -> Range<usize> {
    let length: usize = shape.iter().skip(axis).product();
    block * length..(block + 1) * length
}

/// A tensor of these pieces of others, one after the other; they make up `shape`.
fn gather<'a>(
    dtype: Dtype,
    shape: &Shape,
    pieces: impl Iterator<Item = (&'a Tensor, Range<usize>)>,
) -> Result<Tensor> {
    if dtype == Dtype::String {
        let mut texts = Vec::with_capacity(shape.elements());
        for (tensor, range) in pieces {
            texts.extend_from_slice(&tensor.strings()?[range]);
        }
        return Tensor::from_strings(&**shape, texts);
    }
    let width = byte_width(dtype)?;
    let mut joined = AlignedBytes::zeroed(shape.elements() * width);
    let mut rest = joined.as_mut_slice();
    for (tensor, range) in pieces {
        let (space, after) = rest.split_at_mut(range.len() * width);
        space.copy_from_slice(&tensor.bytes()?[range.start * width..range.end * width]);
        rest = after;
    }
    Tensor::from_buffer(dtype, &**shape, Arc::new(joined))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A tensor in which every element tells which tensor it is of, and where in it.
    fn numbered(which: usize, shape: &[usize]) -> Tensor {
        let count: usize = shape.iter().product();
        let elements = (0..count).map(|place| (which * 1000 + place) as i32);
        Tensor::from_vec(shape, elements.collect()).unwrap()
    }

    /// Shapes that differ in one dimension only, and which that is.
    fn shapes() -> impl Strategy<Value = (usize, Vec<Vec<usize>>)> {
        (prop::collection::vec(1_usize..4, 1..4), 0_usize..4).prop_flat_map(|(shape, axis)| {
            let axis = axis % shape.len();
            let one = (0_usize..4).prop_map(move |rows| {
                let mut shape = shape.clone();
                shape[axis] = rows;
                shape
            });
            (Just(axis), prop::collection::vec(one, 1..5))
        })
    }

    proptest! {
        #[test]
        fn what_is_joined_comes_apart_again((axis, shapes) in shapes()) {
            let tensors: Vec<_> = shapes
                .iter()
                .enumerate()
                .map(|(which, shape)| numbered(which, shape))
                .collect();
            let all: Vec<_> = tensors.iter().collect();
            let joined = join_along(&all, axis).unwrap();
            let counts: Vec<_> = shapes.iter().map(|shape| shape[axis]).collect();
            prop_assert_eq!(joined.shape()[axis], counts.iter().sum::<usize>());
            let parts = split_along(&joined, axis, &counts).unwrap();
            for (part, tensor) in parts.iter().zip(&tensors) {
                prop_assert_eq!(part.shape(), tensor.shape());
                prop_assert_eq!(part.as_slice::<i32>().unwrap(), tensor.as_slice::<i32>().unwrap());
            }
        }

        #[test]
        fn an_element_keeps_its_place_in_the_other_dimensions((axis, shapes) in shapes()) {
            let tensors: Vec<_> = shapes
                .iter()
                .enumerate()
                .map(|(which, shape)| numbered(which, shape))
                .collect();
            let joined = join_along(&tensors.iter().collect::<Vec<_>>(), axis).unwrap();
            let views = tensors.iter().map(|tensor| tensor.view::<i32>().unwrap());
            let views: Vec<_> = views.collect();
            let expected = ndarray::concatenate(ndarray::Axis(axis), &views);
            prop_assert_eq!(joined.view::<i32>().unwrap(), expected.unwrap());
        }
    }

    #[test]
    fn texts_are_joined_along_any_dimension() {
        let one = Tensor::from_strings([2, 1], ["a", "b"]).unwrap();
        let two = Tensor::from_strings([2, 2], ["c", "d", "e", "f"]).unwrap();
        let joined = join_along(&[&one, &two], 1).unwrap();
        assert_eq!(joined.strings().unwrap(), ["a", "c", "d", "b", "e", "f"]);
        let parts = split_along(&joined, 1, &[1, 2]).unwrap();
        assert_eq!(parts[1].strings().unwrap(), ["c", "d", "e", "f"]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let one = numbered(0, &[2, 1, 3]);
        for (other, axis) in [
            (numbered(1, &[2, 1, 4]), 1),
            (numbered(1, &[1, 1, 3]), 1),
            (numbered(1, &[2, 1]), 1),
            (numbered(1, &[2, 1, 3]), 3),
            (Tensor::scalar(1_i32), 1),
        ] {
            assert!(join_along(&[&one, &other], axis).is_err());
        }
        assert!(join_along(&[], 1).is_err());
        assert!(split_along(&one, 1, &[1, 1]).is_err());
        assert!(split_along(&one, 3, &[1]).is_err());
    }
}
