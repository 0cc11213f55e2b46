//! Joining the rows of several tensors into one, and handing each its own rows back.
//!
//! ```
//! use amaas_core::Tensor;
//! use amaas_core::tensor::{Fill, join_rows, split_rows};
//!
//! let short = Tensor::from_vec([1, 2], vec![7_i64, 8])?;
//! let long = Tensor::from_vec([1, 3], vec![1_i64, 2, 3])?;
//! let joined = join_rows(&[&short, &long], Some(Fill { value: 0, at_front: false }))?;
//! assert_eq!(joined.as_slice::<i64>()?, [7, 8, 0, 1, 2, 3]);
//!
//! let parts = split_rows(&joined, &[1, 1])?;
//! assert_eq!(parts[1].as_slice::<i64>()?, [1, 2, 3]);
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! Joining copies each element once; splitting copies nothing but texts.

use std::sync::Arc;

use super::{AlignedBytes, Buffer, Data, Dtype, Shape, Tensor};
use crate::{Error, ErrorKind, Result};

/// What makes rows of different length equally long: the second dimension grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// The element that fills; int32 and int64 tensors only.
    pub value: i64,
    /// Whether it goes in front of a row rather than behind it.
    pub at_front: bool,
}

/// One tensor with the rows of all, in order.
///
/// # Errors
/// `InvalidArgument` when dtypes or dimensions do not fit together, for scalars, and for dtypes
/// narrower than a byte.
pub fn join_rows(tensors: &[&Tensor], fill: Option<Fill>) -> Result<Tensor> {
    let first = tensors.first().ok_or_else(|| unfit("no tensor"))?;
    let rows = tensors.iter().map(|tensor| tensor.shape.rows());
    let rows: usize = rows
        .sum::<Option<usize>>()
        .ok_or_else(|| unfit("a scalar"))?;
    let length = tensors
        .iter()
        .filter_map(|tensor| tensor.shape.get(1))
        .copied()
        .max();
    let mut dimensions = first.shape.to_vec();
    dimensions[0] = rows;
    if let (Some(length), Some(_)) = (length, fill) {
        dimensions[1] = length;
    }
    let fits = |tensor: &&Tensor| alike(first, tensor, fill.is_some());
    if !tensors.iter().all(fits) {
        return Err(unfit("tensors of different kinds"));
    }
    if first.dtype == Dtype::String {
        let texts = tensors
            .iter()
            .map(|tensor| tensor.strings())
            .collect::<Result<Vec<_>>>()?;
        return Tensor::from_strings(dimensions, texts.concat());
    }
    let shape = Shape::new(dimensions)?;
    let width = byte_width(first.dtype)?;
    let mut joined = AlignedBytes::zeroed(shape.elements() * width);
    let mut rest = joined.as_mut_slice();
    for tensor in tensors {
        let (space, after) =
            rest.split_at_mut(tensor.shape.rows().unwrap_or(0) * row_bytes(&shape, width));
        place(tensor, fill, width, space)?;
        rest = after;
    }
    Tensor::from_buffer(first.dtype, &*shape, Arc::new(joined))
}

/// Whether two tensors differ in their rows only, or with `fill` in the length of rows too.
pub(crate) fn alike(a: &Tensor, b: &Tensor, fill: bool) -> bool {
    let fixed = if fill { 2 } else { 1 };
    a.dtype == b.dtype
        && a.shape.rank() == b.shape.rank()
        && a.shape.get(fixed..) == b.shape.get(fixed..)
        && (!fill || a.shape.rank() >= 2)
}

/// How many bytes an element has.
pub(super) fn byte_width(dtype: Dtype) -> Result<usize> {
    let bits = dtype.bits().filter(|bits| bits.is_multiple_of(8));
    bits.map(|bits| bits / 8)
        .ok_or_else(|| unfit("elements narrower than a byte"))
}

fn row_bytes(shape: &Shape, width: usize) -> usize {
    shape.iter().skip(1).product::<usize>() * width
}

/// Writes one tensor's rows, filled up, into their places.
fn place(tensor: &Tensor, fill: Option<Fill>, width: usize, space: &mut [u8]) -> Result<()> {
    let bytes = tensor.bytes()?;
    let Some(fill) = fill.filter(|_| bytes.len() != space.len()) else {
        space.copy_from_slice(bytes);
        return Ok(());
    };
    let rows = tensor.shape.rows().unwrap_or(0).max(1);
    let (from, to) = (bytes.len() / rows, space.len() / rows);
    let element = match tensor.dtype {
        Dtype::Int64 => fill.value.to_ne_bytes().to_vec(),
        Dtype::Int32 => i32::try_from(fill.value)
            .unwrap_or(0)
            .to_ne_bytes()
            .to_vec(),
        _ => return Err(unfit("rows that are not int32 or int64")),
    };
    for (index, target) in space.chunks_exact_mut(to.max(1)).enumerate() {
        target
            .chunks_exact_mut(width)
            .for_each(|place| place.copy_from_slice(&element));
        let start = if fill.at_front { to - from } else { 0 };
        let row = bytes
            .get(index * from..(index + 1) * from)
            .unwrap_or_default();
        target[start..start + from].copy_from_slice(row);
    }
    Ok(())
}

/// One tensor for each of `counts`, with that many rows, in order. Elements are shared.
///
/// # Errors
/// `InvalidArgument` when the counts do not add up to the rows there are.
pub fn split_rows(tensor: &Tensor, counts: &[usize]) -> Result<Vec<Tensor>> {
    let rows = tensor.shape.rows();
    if rows != Some(counts.iter().sum()) {
        return Err(unfit("another count of rows"));
    }
    let mut start = 0;
    let part = |count: &usize| {
        let part = cut(tensor, start, *count);
        start += count;
        part
    };
    counts.iter().map(part).collect()
}

fn cut(tensor: &Tensor, start: usize, count: usize) -> Result<Tensor> {
    let mut dimensions = tensor.shape.to_vec();
    dimensions[0] = count;
    let row: usize = tensor.shape.iter().skip(1).product();
    match &tensor.data {
        Data::Strings(texts) => {
            let part = texts[start * row..(start + count) * row].iter().cloned();
            Tensor::from_strings(dimensions, part)
        }
        Data::Bytes(owner) => {
            let bytes = row * byte_width(tensor.dtype)?;
            let part = Part {
                owner: Arc::clone(owner),
                start: start * bytes,
                length: count * bytes,
            };
            Tensor::from_buffer(tensor.dtype, dimensions, Arc::new(part))
        }
    }
}

/// Some of the bytes of a buffer that others share.
#[derive(Debug)]
struct Part {
    owner: Arc<dyn Buffer>,
    start: usize,
    length: usize,
}

impl Buffer for Part {
    fn bytes(&self) -> &[u8] {
        &self.owner.bytes()[self.start..self.start + self.length]
    }
}

pub(super) fn unfit(what: &str) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        format!("{what} cannot be joined or split by rows"),
    )
    .advise("run these requests one by one")
}
