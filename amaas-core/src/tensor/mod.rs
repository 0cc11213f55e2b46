//! Tensors: what goes into a model and what comes out.
//!
//! A [`Tensor`] is a dtype, a shape and bytes. The bytes may be a `Vec` of the caller's, numpy's
//! memory or a buffer of ONNX Runtime: whoever owns them stays alive as long as the tensor does,
//! so that an output reaches Python without a copy.
//!
//! ```
//! use amaas_core::Tensor;
//! use ndarray::array;
//!
//! let tensor = Tensor::from_array(array![[1.0_f32, 2.0], [3.0, 4.0]])?;
//! assert_eq!(tensor.shape().to_vec(), [2, 2]);
//! assert_eq!(tensor.view::<f32>()?[[1, 0]], 3.0);
//!
//! let scalar = Tensor::scalar(16_000_i64);
//! assert_eq!(scalar.shape().rank(), 0);
//!
//! let words = Tensor::from_strings([2], ["left", "right"])?;
//! assert_eq!(words.strings()?[1], "right");
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! The trap: a `bool` is one byte that must be 0 or 1. Bytes from elsewhere are checked when
//! they are viewed, not when the tensor is made.

mod axes;
mod buffer;
mod dtype;
mod rows;
mod shape;

use std::sync::Arc;

use ndarray::{ArrayBase, ArrayViewD, Data as ArrayData, Dimension, IxDyn};

pub(crate) use self::axes::alike_along;
pub use self::axes::{join_along, split_along};
pub use self::buffer::{AlignedBytes, Buffer};
pub use self::dtype::{Dtype, Element};
pub(crate) use self::rows::alike;
pub use self::rows::{Fill, join_rows, split_rows};
pub use self::shape::Shape;
use crate::{Error, ErrorKind, Result};

/// A dense, row-major array of one dtype.
///
/// Cloning is cheap: the elements are shared and never change.
#[derive(Debug, Clone)]
pub struct Tensor {
    dtype: Dtype,
    shape: Shape,
    data: Data,
}

#[derive(Debug, Clone)]
enum Data {
    Bytes(Arc<dyn Buffer>),
    Strings(Arc<[String]>),
}

impl Tensor {
    /// Takes over the elements of an `ndarray`; copies once if they are not in row-major order.
    pub fn from_array<T, S, D>(array: ArrayBase<S, D>) -> Result<Self>
    where
        T: Element,
        S: ArrayData<Elem = T>,
        D: Dimension,
    {
        let shape = Shape::new(array.shape())?;
        let elements = if array.is_standard_layout() {
            let count = shape.elements();
            let (elements, offset) = array.into_owned().into_raw_vec_and_offset();
            // An array cut out of a larger one still owns all of the larger one's elements.
            if elements.len() == count {
                elements
            } else {
                elements
                    .into_iter()
                    .skip(offset.unwrap_or(0))
                    .take(count)
                    .collect()
            }
        } else {
            array.iter().copied().collect()
        };
        Self::from_vec(&*shape, elements)
    }

    /// Takes over `elements`, laid out row by row, without a copy.
    ///
    /// # Errors
    /// `InvalidArgument` when the shape asks for another count of elements.
    pub fn from_vec<T: Element>(shape: impl AsRef<[usize]>, elements: Vec<T>) -> Result<Self> {
        let shape = Shape::new(shape)?;
        check_count(&shape, elements.len())?;
        Ok(Self {
            dtype: T::DTYPE,
            shape,
            data: Data::Bytes(Arc::new(elements)),
        })
    }

    /// A tensor of rank 0.
    pub fn scalar<T: Element>(value: T) -> Self {
        let shape = Shape::scalar();
        Self {
            dtype: T::DTYPE,
            shape,
            data: Data::Bytes(Arc::new(vec![value])),
        }
    }

    /// A tensor of texts.
    ///
    /// # Errors
    /// `InvalidArgument` when the shape asks for another count of texts.
    pub fn from_strings<S: Into<String>>(
        shape: impl AsRef<[usize]>,
        texts: impl IntoIterator<Item = S>,
    ) -> Result<Self> {
        let shape = Shape::new(shape)?;
        let texts: Arc<[String]> = texts.into_iter().map(Into::into).collect();
        check_count(&shape, texts.len())?;
        Ok(Self {
            dtype: Dtype::String,
            shape,
            data: Data::Strings(texts),
        })
    }

    /// Shares bytes that somebody else owns: the one road for dtypes without a Rust type, for
    /// memory of numpy and for outputs of ONNX Runtime.
    ///
    /// # Errors
    /// `InvalidArgument` for texts, and when the length is not what dtype and shape ask for.
    pub fn from_buffer(
        dtype: Dtype,
        shape: impl AsRef<[usize]>,
        buffer: Arc<dyn Buffer>,
    ) -> Result<Self> {
        let shape = Shape::new(shape)?;
        let expected = dtype.byte_length(shape.elements()).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("`{dtype}` cannot be made from bytes"),
            )
            .advise("use `Tensor::from_strings` for texts")
        })?;
        let length = buffer.bytes().len();
        if length != expected {
            let message =
                format!("{dtype}{shape} takes {expected} bytes and `{length}` were given");
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("pass elements that are contiguous and of the stated dtype"));
        }
        Ok(Self {
            dtype,
            shape,
            data: Data::Bytes(buffer),
        })
    }

    /// The element type.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The lengths of the dimensions.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The elements in row-major order.
    ///
    /// # Errors
    /// `InvalidArgument` when `T` is not the dtype, and for a `bool` that is neither 0 nor 1.
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        if T::DTYPE != self.dtype {
            let message = format!(
                "the tensor holds {} and was read as {}",
                self.dtype,
                T::DTYPE
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise(format!("read it as {}", self.dtype)));
        }
        let bytes = self.bytes()?;
        if bytes.is_empty() {
            return Ok(&[]); // wherever no bytes lie, they need not be aligned
        }
        bytemuck::checked::try_cast_slice(bytes).map_err(|cause| {
            Error::new(
                ErrorKind::InvalidArgument,
                "the bytes of the tensor are not valid elements",
            )
            .with("dtype", self.dtype)
            .with("cause", cause)
            .advise("bool takes only 0 and 1, and elements must be aligned")
        })
    }

    /// The elements as an `ndarray`, without a copy.
    ///
    /// # Errors
    /// As [`Tensor::as_slice`].
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        let elements = self.as_slice::<T>()?;
        ArrayViewD::from_shape(IxDyn(&self.shape), elements).map_err(|cause| {
            Error::new(ErrorKind::Internal, "a tensor does not fit its own shape").because(cause)
        })
    }

    /// The elements as numbers of double precision, whatever the numeric dtype.
    ///
    /// # Errors
    /// `InvalidArgument` for dtypes without a Rust type of their own, and for texts.
    pub fn to_f64(&self) -> Result<Vec<f64>> {
        macro_rules! convert {
            ($($dtype:ident as $rust:ty => $convert:expr),* $(,)?) => {
                match self.dtype {
                    $(Dtype::$dtype => Ok(self.as_slice::<$rust>()?.iter().map($convert).collect()),)*
                    dtype => Err(wrong_kind(dtype, "numbers of a common width", "read its bytes")),
                }
            };
        }
        convert! {
            Bool as bool => |x| f64::from(*x), Int8 as i8 => |x| f64::from(*x),
            Int16 as i16 => |x| f64::from(*x), Int32 as i32 => |x| f64::from(*x),
            Int64 as i64 => |x| *x as f64, Uint8 as u8 => |x| f64::from(*x),
            Uint16 as u16 => |x| f64::from(*x), Uint32 as u32 => |x| f64::from(*x),
            Uint64 as u64 => |x| *x as f64, Float16 as half::f16 => |x| x.to_f64(),
            Bfloat16 as half::bf16 => |x| x.to_f64(), Float32 as f32 => |x| f64::from(*x),
            Float64 as f64 => |x| *x,
        }
    }

    /// The texts in row-major order.
    ///
    /// # Errors
    /// `InvalidArgument` when the dtype is not string.
    pub fn strings(&self) -> Result<&[String]> {
        match &self.data {
            Data::Strings(texts) => Ok(texts),
            Data::Bytes(_) => Err(wrong_kind(self.dtype, "texts", "read its elements instead")),
        }
    }

    /// The raw bytes in row-major order, in the machine's byte order.
    ///
    /// # Errors
    /// `InvalidArgument` when the dtype is string.
    pub fn bytes(&self) -> Result<&[u8]> {
        Ok(self.buffer()?.bytes())
    }

    /// How many bytes its elements have; of texts, in UTF-8.
    pub fn byte_count(&self) -> usize {
        match &self.data {
            Data::Bytes(buffer) => buffer.bytes().len(),
            Data::Strings(texts) => texts.iter().map(String::len).sum(),
        }
    }

    /// Whether both hold the same elements in the same shape; of what is not one memory, up to
    /// `most` bytes are looked at, and more are taken to differ.
    pub(crate) fn is_same(&self, other: &Self, most: usize) -> bool {
        if self.dtype != other.dtype || self.shape != other.shape {
            return false;
        }
        match (&self.data, &other.data) {
            (Data::Strings(ours), Data::Strings(theirs)) => ours == theirs,
            (Data::Bytes(ours), Data::Bytes(theirs)) => {
                let is_small = ours.bytes().len() <= most;
                std::ptr::addr_eq(Arc::as_ptr(ours), Arc::as_ptr(theirs))
                    || (is_small && ours.bytes() == theirs.bytes())
            }
            _ => false,
        }
    }

    /// The owner of the bytes, to keep them alive beyond this tensor.
    ///
    /// # Errors
    /// `InvalidArgument` when the dtype is string.
    pub fn buffer(&self) -> Result<&Arc<dyn Buffer>> {
        match &self.data {
            Data::Bytes(buffer) => Ok(buffer),
            Data::Strings(_) => Err(wrong_kind(self.dtype, "bytes", "read its texts instead")),
        }
    }
}

fn check_count(shape: &Shape, given: usize) -> Result<()> {
    let expected = shape.elements();
    if expected == given {
        return Ok(());
    }
    let message = format!("shape {shape} takes {expected} elements and `{given}` were given");
    Err(Error::new(ErrorKind::InvalidArgument, message).advise("pass as many as the shape says"))
}

fn wrong_kind(dtype: Dtype, wanted: &str, remedy: &str) -> Error {
    let message = format!("a tensor of {dtype} holds no {wanted}");
    Error::new(ErrorKind::InvalidArgument, message).advise(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buffer of no bytes at an odd address.
    #[derive(Debug)]
    struct Odd([u8; 9]);

    impl Buffer for Odd {
        fn bytes(&self) -> &[u8] {
            let odd = usize::from(self.0.as_ptr().addr().is_multiple_of(2));
            &self.0[odd..odd]
        }
    }

    #[test]
    fn an_empty_tensor_can_be_read_wherever_it_lies() {
        let tensor = Tensor::from_buffer(Dtype::Float64, [0, 2], Arc::new(Odd([0; 9]))).unwrap();
        assert_eq!(tensor.view::<f64>().unwrap().shape(), [0, 2]);
    }

    #[test]
    fn arrays_are_taken_over_in_any_layout() {
        let array = ndarray::array![[1_i32, 2, 3], [4, 5, 6]];
        let turned = Tensor::from_array(array.t()).unwrap();
        assert_eq!(turned.as_slice::<i32>().unwrap(), [1, 4, 2, 5, 3, 6]);
        let rows = array.slice_move(ndarray::s![1.., ..]);
        let cut = Tensor::from_array(rows).unwrap();
        assert_eq!(cut.as_slice::<i32>().unwrap(), [4, 5, 6]);
    }

    #[test]
    fn a_bool_must_be_0_or_1() {
        let tensor = Tensor::from_buffer(Dtype::Bool, [2], Arc::new(vec![1_u8, 2])).unwrap();
        assert_eq!(
            tensor.as_slice::<bool>().unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }

    #[test]
    fn lengths_and_dtypes_are_held_against_each_other() {
        for error in [
            Tensor::from_vec([2, 2], vec![0_f32; 3]).unwrap_err(),
            Tensor::from_strings([2], ["one"]).unwrap_err(),
            Tensor::from_buffer(Dtype::Int4, [3], Arc::new(vec![0_u8; 3])).unwrap_err(),
            Tensor::from_buffer(Dtype::String, [1], Arc::new(vec![0_u8])).unwrap_err(),
            Tensor::scalar(1_f32).as_slice::<f64>().unwrap_err(),
            Tensor::scalar(1_f32).strings().unwrap_err(),
            Tensor::from_strings([1], ["x"])
                .unwrap()
                .bytes()
                .unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
            assert!(error.remedy().is_some(), "{error}");
        }
    }
}
