//! Shapes with checked arithmetic: a hostile shape is an error, never an overflow.

use std::fmt;

use smallvec::SmallVec;

use crate::{Error, ErrorKind, Result};

/// The lengths of a tensor's dimensions; empty for a scalar.
///
/// ```
/// use amaas_core::Shape;
///
/// let shape = Shape::new([2, 3])?;
/// assert_eq!(shape.elements(), 6);
/// assert_eq!(shape.to_string(), "[2, 3]");
/// assert_eq!(Shape::new([])?.elements(), 1); // a scalar
/// assert!(Shape::new([usize::MAX, 2]).is_err());
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shape {
    /// In place for as many as most tensors have, so that a request makes none of its own memory.
    dimensions: SmallVec<[usize; 4]>,
    elements: usize,
}

impl Shape {
    /// A shape whose count of elements fits in memory.
    ///
    /// # Errors
    /// `InvalidArgument` when the product of the dimensions overflows `isize`.
    pub fn new(dimensions: impl AsRef<[usize]>) -> Result<Self> {
        let dimensions = dimensions.as_ref();
        let elements = count(dimensions).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("shape `{dimensions:?}` is too large"),
            )
            .advise("no tensor can have that many elements; check the dimensions")
        })?;
        Ok(Self {
            dimensions: SmallVec::from_slice(dimensions),
            elements,
        })
    }

    /// The shape of a scalar: no dimensions, one element.
    pub fn scalar() -> Self {
        Self {
            dimensions: SmallVec::new(),
            elements: 1,
        }
    }

    /// How many elements a tensor of this shape has.
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// How many dimensions it has.
    pub fn rank(&self) -> usize {
        self.dimensions.len()
    }

    /// The length of the first dimension, the batch; `None` for a scalar.
    pub fn rows(&self) -> Option<usize> {
        self.dimensions.first().copied()
    }
}

/// The product, refusing what `ndarray` and the allocator would refuse later.
fn count(dimensions: &[usize]) -> Option<usize> {
    let nonzero = dimensions.iter().filter(|length| **length != 0);
    let limit = nonzero.copied().try_fold(1_usize, usize::checked_mul)?;
    isize::try_from(limit).ok()?;
    Some(if dimensions.contains(&0) { 0 } else { limit })
}

impl std::ops::Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.dimensions
    }
}

impl AsRef<[usize]> for Shape {
    fn as_ref(&self) -> &[usize] {
        &self.dimensions
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.dimensions)
    }
}
