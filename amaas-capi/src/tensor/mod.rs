//! The tensor object: making one lies in [`make`], reading one here.

pub mod make;
mod memory;

use std::ffi::{c_char, c_void};
use std::sync::OnceLock;

use amaas_core::Tensor;

use crate::arguments::{Place, copy, object};
use crate::boundary::{call, free, give, read};
use crate::dtype::{self, AMAAS_DTYPE_UNDEFINED, amaas_dtype};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// A dense, row-major array of one dtype: what goes into a model and what comes out.
///
/// Owned by whoever made it and ended with `amaas_tensor_free`; the tensors of an
/// `amaas_outputs` belong to it and are not freed. A tensor never changes: any number of threads
/// may read it and run models on it.
#[derive(Debug)]
pub struct amaas_tensor {
    pub(crate) tensor: Tensor,
    /// The dimensions as C counts them, made when somebody asks for them.
    dimensions: OnceLock<Box<[i64]>>,
}

impl amaas_tensor {
    /// A tensor as C reads it.
    pub(crate) fn new(tensor: Tensor) -> Self {
        Self {
            tensor,
            dimensions: OnceLock::new(),
        }
    }

    fn dimensions(&self) -> &[i64] {
        // One fits, since all of them together fit in memory.
        let length = |length: &usize| i64::try_from(*length).unwrap_or(i64::MAX);
        let make = || self.tensor.shape().iter().map(length).collect();
        self.dimensions.get_or_init(make)
    }
}

/// A second handle to the same elements, for keeping an output beyond its `amaas_outputs`.
/// Nothing is copied. The caller owns `out`.
///
/// # Safety
/// `tensor` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_clone(
    tensor: *const amaas_tensor,
    out: *mut *mut amaas_tensor,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let clone = || unsafe {
        let tensor = object(tensor, "tensor")?;
        Place::new(out, "out")?.write(give(amaas_tensor::new(tensor.tensor.clone())));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, clone) }
}

/// Ends a tensor that the caller owns; NULL is allowed.
///
/// # Safety
/// `tensor` is NULL or live, belongs to no `amaas_outputs` and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_free(tensor: *mut amaas_tensor) {
    // SAFETY: the caller's promise.
    unsafe { free(tensor) };
}

/// The dtype; `AMAAS_DTYPE_UNDEFINED` for NULL.
///
/// # Safety
/// `tensor` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_dtype(tensor: *const amaas_tensor) -> amaas_dtype {
    // SAFETY: the caller's promise.
    unsafe {
        read(tensor, AMAAS_DTYPE_UNDEFINED, |tensor| {
            Some(dtype::of(tensor.tensor.dtype()))
        })
    }
}

/// How many dimensions it has; 0 for a scalar and for NULL.
///
/// # Safety
/// `tensor` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_rank(tensor: *const amaas_tensor) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(tensor, 0, |tensor| Some(tensor.tensor.shape().len())) }
}

/// The lengths of the dimensions, `amaas_tensor_rank` of them.
///
/// Never NULL for a tensor, not to be read where the rank is 0; NULL for NULL. Valid until the
/// tensor is freed.
///
/// # Safety
/// `tensor` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_dimensions(tensor: *const amaas_tensor) -> *const i64 {
    // SAFETY: the caller's promise.
    unsafe {
        read(tensor, std::ptr::null(), |tensor| {
            Some(tensor.dimensions().as_ptr())
        })
    }
}

/// How many elements it has: the product of its dimensions, 1 for a scalar; 0 for NULL.
///
/// # Safety
/// `tensor` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_element_count(tensor: *const amaas_tensor) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(tensor, 0, |tensor| Some(tensor.tensor.shape().elements())) }
}

/// The elements in row-major order and the machine's byte order, `amaas_tensor_byte_length`
/// bytes of them. Nothing is copied.
///
/// NULL for texts, which `amaas_tensor_string` reads, and for NULL. Valid until the tensor is
/// freed, for one of an `amaas_outputs` until that is. Aligned for the dtype, unless it is
/// memory that was lent unaligned to `amaas_tensor_borrow`.
///
/// # Safety
/// `tensor` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_data(tensor: *const amaas_tensor) -> *const c_void {
    // SAFETY: the caller's promise.
    unsafe {
        read(tensor, std::ptr::null(), |tensor| {
            Some(tensor.tensor.bytes().ok()?.as_ptr().cast())
        })
    }
}

/// How many bytes `amaas_tensor_data` points to; 0 for texts and for NULL.
///
/// # Safety
/// `tensor` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_byte_length(tensor: *const amaas_tensor) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(tensor, 0, |tensor| Some(tensor.tensor.bytes().ok()?.len())) }
}

/// Copies the elements into memory of the host's: `amaas_tensor_byte_length` bytes, in row-major order.
///
/// `byte_length` is how many bytes `buffer` has room for; more than are copied stay as they were. An
/// answer goes straight to where the host wants it, without an object to keep. Fails for texts, and
/// where there is too little room; then nothing is written. `buffer` may be NULL where there are no
/// elements.
///
/// # Safety
/// `tensor` is live; `buffer` can be written to for `byte_length` bytes and is not the tensor's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_copy(
    tensor: *const amaas_tensor,
    byte_length: usize,
    buffer: *mut c_void,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    unsafe {
        call(error, || {
            let bytes = object(tensor, "tensor")?.tensor.bytes()?;
            copy(bytes, buffer.cast(), byte_length, "buffer")
        })
    }
}

/// The text at `index` in row-major order: UTF-8, which does NOT end in NUL. Its length in bytes
/// is written to `length`. Nothing is copied.
///
/// NULL, with `length` left alone, where there is no such text and for NULL. Valid until the
/// tensor is freed, for one of an `amaas_outputs` until that is.
///
/// # Safety
/// `tensor` is NULL or live; `length` is NULL or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_string(
    tensor: *const amaas_tensor,
    index: usize,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: the caller's promises.
    unsafe {
        read(tensor, std::ptr::null(), |tensor| {
            let text = tensor.tensor.strings().ok()?.get(index)?;
            Place::new(length, "length").ok()?.write(text.len());
            Some(text.as_ptr().cast())
        })
    }
}
