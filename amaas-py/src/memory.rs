//! Elements on their way between numpy and the core: all that touches numpy's memory.
//!
//! In: one copy, whatever the layout, since Python may write to the array while the model runs.
//! Out: none; the array shows the memory of the tensor and keeps it alive.
#![expect(unsafe_code, reason = "numpy shows its memory through a C API only")]

use std::ffi::{c_int, c_void};
use std::ptr;

use amaas_core::{Buffer, Tensor};
use numpy::npyffi::{
    self, NPY_ARRAY_ALIGNED, NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_WRITEABLE, NpyTypes, PY_ARRAY_API,
    PyArrayObject, npy_intp,
};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::errors::Result;
use crate::held::Kept;

const ROW_MAJOR: c_int = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED;

/// Bytes that start where any element may start.
#[derive(Debug)]
pub(crate) struct Bytes {
    words: Vec<u128>,
    length: usize,
}

impl Bytes {
    fn zeroed(length: usize) -> Self {
        Self {
            words: vec![0; length.div_ceil(size_of::<u128>())],
            length,
        }
    }
}

impl Buffer for Bytes {
    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.length]
    }
}

/// A copy of the elements, row by row, in the machine's byte order.
pub(crate) fn copy(array: &Bound<'_, PyUntypedArray>) -> Result<Bytes> {
    let descr = array.dtype();
    let native = descr.is_native_byteorder() != Some(false);
    let mut bytes = Bytes::zeroed(array.len() * descr.itemsize());
    if native && array.is_c_contiguous() {
        let from = data(array).cast_const().cast();
        let to = bytes.words.as_mut_ptr().cast::<u8>();
        // SAFETY: a contiguous array has so many bytes there, and so has the copy; they are apart.
        unsafe { ptr::copy_nonoverlapping::<u8>(from, to, bytes.length) };
        return Ok(bytes);
    }
    let descr = if native {
        descr
    } else {
        descr
            .call_method1("newbyteorder", ("=",))?
            .cast_into()
            .map_err(PyErr::from)?
    };
    gather(array, descr, &mut bytes)?;
    Ok(bytes)
}

/// Has numpy lay the elements of `array` out row by row in `bytes`.
fn gather<'py>(
    array: &Bound<'py, PyUntypedArray>,
    descr: Bound<'py, PyArrayDescr>,
    bytes: &mut Bytes,
) -> Result<()> {
    let py = array.py();
    let to = bytes.words.as_mut_ptr().cast();
    let target = wrap(
        py,
        descr,
        array.shape(),
        to,
        ROW_MAJOR | NPY_ARRAY_WRITEABLE,
    )?;
    // SAFETY: both are arrays of one shape, and the target's memory is as large as its elements.
    let status =
        unsafe { PY_ARRAY_API.PyArray_CopyInto(py, target.as_ptr().cast(), array.as_array_ptr()) };
    if status == 0 {
        Ok(())
    } else {
        Err(PyErr::fetch(py).into())
    }
}

/// A read-only array over the tensor's own memory.
pub(crate) fn show<'py>(
    py: Python<'py>,
    tensor: &Tensor,
    descr: Bound<'py, PyArrayDescr>,
) -> Result<Bound<'py, PyAny>> {
    let start = tensor.bytes()?.as_ptr().cast_mut().cast();
    let array = wrap(py, descr, tensor.shape(), start, ROW_MAJOR)?;
    let owner = Bound::new(py, Memory(Kept::new(tensor.clone())))?;
    // SAFETY: the array is new and has no base yet; the call takes over the reference to the
    // owner, whose tensor keeps the memory where it is.
    let status = unsafe {
        let array: *mut PyArrayObject = array.as_ptr().cast();
        PY_ARRAY_API.PyArray_SetBaseObject(py, array, owner.into_ptr())
    };
    if status == 0 {
        Ok(array)
    } else {
        Err(PyErr::fetch(py).into())
    }
}

/// What an array that shows a tensor has for its `base`.
#[pyclass(frozen, module = "amaas._amaas")]
#[derive(Debug)]
struct Memory(Kept<Tensor>);

#[pymethods]
impl Memory {
    fn __repr__(&self) -> String {
        let tensor = self.0.get();
        format!("<memory of {}{}>", tensor.dtype(), tensor.shape())
    }
}

/// An array that borrows the elements at `start`. The caller sees to it that they stay.
fn wrap<'py>(
    py: Python<'py>,
    descr: Bound<'py, PyArrayDescr>,
    shape: &[usize],
    start: *mut c_void,
    flags: c_int,
) -> Result<Bound<'py, PyAny>> {
    // Lengths of tensors and arrays are below `isize::MAX`, so they stay what they are.
    let mut shape: Vec<npy_intp> = shape.iter().map(|length| *length as npy_intp).collect();
    let rank = c_int::try_from(shape.len()).unwrap_or(c_int::MAX);
    // SAFETY: the type object is numpy's own, the call takes over the reference to the dtype, and
    // the shape has as many lengths as the rank says; numpy refuses too high a rank.
    let array = unsafe {
        let kind = npyffi::get_type_object(py, NpyTypes::PyArray_Type);
        let (dtype, shape) = (descr.into_dtype_ptr(), shape.as_mut_ptr());
        let (strides, parent) = (ptr::null_mut(), ptr::null_mut());
        PY_ARRAY_API
            .PyArray_NewFromDescr(py, kind, dtype, rank, shape, strides, start, flags, parent)
    };
    // SAFETY: the call above returned a new reference, or null with an exception set.
    Ok(unsafe { Bound::from_owned_ptr_or_err(py, array) }?)
}

fn data(array: &Bound<'_, PyUntypedArray>) -> *mut c_void {
    // SAFETY: it is an array, and those of numpy keep the field for good.
    unsafe { (*array.as_array_ptr()).fields.data.cast() }
}
