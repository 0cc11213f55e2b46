//! Making tensors from the memory of C.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use amaas_core::tensor::AlignedBytes;
use amaas_core::{Dtype, Result, Shape, Tensor};

use super::amaas_tensor;
use super::memory::Lent;
use crate::arguments::{At, Place, refuse, slice, texts};
use crate::boundary::{call, give};
use crate::dtype::{self, amaas_dtype};
use crate::error::amaas_error;
use crate::status::amaas_status;

/// The most dimensions that a tensor can be made with.
pub const AMAAS_TENSOR_MAX_RANK: usize = 64;

/// Makes a tensor of numbers from a copy of `data`.
///
/// `dimensions` are `rank` lengths; both may be NULL and 0 for a scalar. `data` are `byte_length`
/// bytes in row-major order and the machine's byte order, as many as dtype and dimensions ask
/// for; NULL is allowed where that is none. All are free for other use when the call returns.
/// The caller owns `out`.
///
/// # Safety
/// `dimensions` and `data` point to as much as stated, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_new(
    dtype: amaas_dtype,
    dimensions: *const i64,
    rank: usize,
    data: *const c_void,
    byte_length: usize,
    out: *mut *mut amaas_tensor,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises; nothing is read from `data` before its length is checked.
    let copy = || unsafe {
        let out = Place::new(out, "out")?;
        let (dtype, shape) = (dtype::parse(dtype, "dtype")?, shape(dimensions, rank)?);
        let bytes = slice(data.cast::<u8>(), byte_length, "data")?;
        check(dtype, &shape, bytes)?;
        let copied = Arc::new(AlignedBytes::copy(bytes));
        out.write(give(amaas_tensor::new(Tensor::from_buffer(
            dtype, shape, copied,
        )?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, copy) }
}

/// Makes a tensor of numbers that reads `data` where it lies; nothing is copied.
///
/// As `amaas_tensor_new`, but `data` is lent: it stays where it is, and nobody writes to it,
/// until `release` is called with `context`. That happens once, when nothing uses the memory any
/// more: as the tensor is freed or later, on whichever thread that is. `release` must not call
/// amaas. With NULL for `release` the memory is lent until the tensor, its clones and every request
/// that was given them have ended. When the call fails nothing is lent and `release` is not
/// called.
///
/// # Safety
/// As `amaas_tensor_new`, and `data` stays as described.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_borrow(
    dtype: amaas_dtype,
    dimensions: *const i64,
    rank: usize,
    data: *const c_void,
    byte_length: usize,
    release: Option<unsafe extern "C" fn(context: *mut c_void)>,
    context: *mut c_void,
    out: *mut *mut amaas_tensor,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let borrow = || unsafe {
        let out = Place::new(out, "out")?;
        let (dtype, shape) = (dtype::parse(dtype, "dtype")?, shape(dimensions, rank)?);
        let bytes = slice(data.cast::<u8>(), byte_length, "data")?;
        check(dtype, &shape, bytes)?;
        let lent = Lent::new(bytes).releasing(release, context);
        out.write(give(amaas_tensor::new(Tensor::from_buffer(
            dtype,
            shape,
            Arc::new(lent),
        )?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, borrow) }
}

/// Makes a tensor of texts from copies of `texts`.
///
/// `dimensions` as in `amaas_tensor_new`; `count` is how many texts there are. `lengths` are
/// their lengths in bytes, or NULL where each text ends in NUL. The texts are UTF-8; one of
/// length 0 may be NULL. All are free for other use when the call returns. The caller owns
/// `out`.
///
/// # Safety
/// `dimensions`, `texts` and `lengths` point to as much as stated, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_tensor_new_strings(
    dimensions: *const i64,
    rank: usize,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    out: *mut *mut amaas_tensor,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let copy = || unsafe {
        let out = Place::new(out, "out")?;
        let shape = shape(dimensions, rank)?;
        let texts = self::texts(texts, lengths, count, "texts")?;
        out.write(give(amaas_tensor::new(Tensor::from_strings(shape, texts)?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, copy) }
}

/// The lengths of the dimensions.
///
/// # Safety
/// `dimensions` points to `rank` lengths.
unsafe fn shape(dimensions: *const i64, rank: usize) -> Result<Shape> {
    if rank > AMAAS_TENSOR_MAX_RANK {
        let remedy = format!("a tensor has at most {AMAAS_TENSOR_MAX_RANK} dimensions");
        return Err(refuse("rank", &format!("is `{rank}`"), &remedy));
    }
    // SAFETY: the caller's promise.
    let lengths = unsafe { slice(dimensions, rank, "dimensions") }?;
    let mut counted = [0; AMAAS_TENSOR_MAX_RANK];
    for (index, (to, length)) in counted.iter_mut().zip(lengths).enumerate() {
        let what = || format!("is `{length}`");
        let refuse = |_| refuse(At("dimensions", index), &what(), "pass 0 or more");
        *to = usize::try_from(*length).map_err(refuse)?;
    }
    Shape::new(&counted[..rank])
}

/// Refuses bytes that dtype and shape do not ask for, before any of them is read.
///
/// # Safety
/// `bytes` stays as it is during the call.
unsafe fn check(dtype: Dtype, shape: &Shape, bytes: &[u8]) -> Result<()> {
    if dtype.byte_length(shape.elements()) == Some(bytes.len()) {
        return Ok(());
    }
    // A tensor says what is wrong; this one is for the call only.
    // SAFETY: the caller's promise.
    let lent = unsafe { Lent::new(bytes) };
    Tensor::from_buffer(dtype, shape, Arc::new(lent)).map(drop)
}
