//! Memory that a run reads and writes in place, as a decoder does its cache of keys and values.
//!
//! ```
//! use amaas_core::Dtype;
//! use amaas_core::runtime::Bound;
//!
//! let mut memory = vec![0_u8; 2 * 3 * 4];
//! let mut bound = Bound::new(("past", "present"), Dtype::Float32, &[2, 3], &mut memory)?;
//! assert_eq!(bound.tensor()?.shape().to_vec(), [2, 3]);
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: the graph must allow it. One that reads its input after it has begun to write the output
//! gives nonsense here and no error; so only graphs are bound whose package says that they may be.

use std::sync::Arc;

use crate::tensor::{AlignedBytes, Dtype, Shape, Tensor};
use crate::{Error, ErrorKind, Result};

/// Memory that is one input and one output of a run.
#[derive(Debug)]
pub struct Bound<'a> {
    pub(super) input: &'a str,
    pub(super) output: &'a str,
    pub(super) dtype: Dtype,
    pub(super) shape: &'a [usize],
    pub(super) memory: &'a mut [u8],
}

impl<'a> Bound<'a> {
    /// Binds `memory` to the input and the output of these names.
    ///
    /// # Errors
    /// `InvalidArgument` when the memory is not as long as dtype and shape say, or does not lie as
    /// elements of the dtype do.
    pub fn new(
        (input, output): (&'a str, &'a str),
        dtype: Dtype,
        shape: &'a [usize],
        memory: &'a mut [u8],
    ) -> Result<Self> {
        let length = dtype.byte_length(Shape::new(shape)?.elements());
        let width = (dtype.bits().unwrap_or(8) / 8).max(1);
        if length != Some(memory.len()) || !memory.as_ptr().addr().is_multiple_of(width) {
            let message = format!("`{}` bytes are not {dtype}{shape:?}", memory.len());
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .with("input", input)
                .advise("bind as many bytes as the shape takes, aligned for its elements"));
        }
        Ok(Self {
            input,
            output,
            dtype,
            shape,
            memory,
        })
    }

    /// A copy of what is there now.
    ///
    /// # Errors
    /// None that memory which could be bound has.
    pub fn tensor(&self) -> Result<Tensor> {
        let copy = Arc::new(AlignedBytes::copy(self.memory));
        Tensor::from_buffer(self.dtype, self.shape, copy)
    }

    /// Takes over the elements of `tensor`.
    ///
    /// # Errors
    /// `InferenceFailed` when it is shaped otherwise.
    pub fn set(&mut self, tensor: &Tensor) -> Result<()> {
        if tensor.dtype() != self.dtype || **tensor.shape() != *self.shape {
            let message = format!(
                "output `{}` is {}{} where {}{:?} is bound",
                self.output,
                tensor.dtype(),
                tensor.shape(),
                self.dtype,
                self.shape
            );
            return Err(Error::new(ErrorKind::InferenceFailed, message)
                .advise("set `task.cache` to `growing` if the model's cache grows with its text"));
        }
        self.memory.copy_from_slice(tensor.bytes()?);
        Ok(())
    }
}
