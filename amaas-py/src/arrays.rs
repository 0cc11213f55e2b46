//! Arrays of numpy as tensors, and tensors as arrays.
//!
//! The trap: an array is taken as it is. One of `float64` for an input of `float32` is the
//! caller's mistake, and the core says so; only lists and Python numbers, which have no dtype of
//! their own, get the dtype of the input they are for.

use std::sync::Arc;

use amaas_core::model::PortKind;
use amaas_core::{Dtype, Outputs, Route, Tensor};
use numpy::{
    Complex32, Complex64, PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods,
    dtype,
};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::errors::{Failure, Result, invalid};
use crate::{memory, narrow, texts};

/// Where numpy's own dtypes end and those that libraries register begin.
const USER_DEFINED: i32 = 256;

/// The inputs of a run.
pub(crate) fn inputs(
    given: &Bound<'_, PyDict>,
    route: &Route,
) -> Result<Vec<(PyBackedStr, Tensor)>> {
    let mut inputs = Vec::with_capacity(given.len());
    for (name, value) in given {
        let name: PyBackedStr = name.extract()?;
        let tensor = match value.cast::<PyUntypedArray>() {
            Ok(array) => tensor(array),
            Err(_) => of_value(&name, &value, route),
        };
        let tensor = tensor.map_err(|failure| at(failure, &name))?;
        inputs.push((name, tensor));
    }
    Ok(inputs)
}

/// The outputs of a run, by name.
pub(crate) fn outputs<'py>(py: Python<'py>, outputs: &Outputs) -> Result<Bound<'py, PyDict>> {
    let arrays = PyDict::new(py);
    for (name, tensor) in outputs.iter() {
        arrays.set_item(name, array(py, tensor)?)?;
    }
    Ok(arrays)
}

fn at(failure: Failure, input: &str) -> Failure {
    match failure {
        Failure::Core(error) => error.with("input", input).into(),
        python @ Failure::Python(_) => python,
    }
}

/// A tensor of what is no array yet.
fn of_value(name: &str, value: &Bound<'_, PyAny>, route: &Route) -> Result<Tensor> {
    let model = route.lease();
    match model.signature().input(name).map(|port| &port.kind) {
        Some(PortKind::Tensor(dtype, _)) => {
            let array = as_array(name, value, descr(value.py(), *dtype)?)?;
            tensor(array.cast().map_err(PyErr::from)?)
        }
        // There is no such input, or it takes no tensor: the core says so, whatever this holds.
        _ => Ok(Tensor::scalar(false)),
    }
}

/// An array of what is none yet: see `amaas/_arrays.py`.
fn as_array<'py>(
    name: &str,
    value: &Bound<'py, PyAny>,
    wanted: Bound<'py, PyArrayDescr>,
) -> Result<Bound<'py, PyAny>> {
    static AS_ARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let convert = AS_ARRAY.import(value.py(), "amaas._arrays", "as_array")?;
    convert.call1((value, wanted)).map_err(|cause| {
        let message = format!("input `{name}` cannot be made an array");
        Failure::from(invalid(message, "pass a numpy array").because(cause))
    })
}

/// A tensor with a copy of the array's elements.
pub(crate) fn tensor(array: &Bound<'_, PyUntypedArray>) -> Result<Tensor> {
    let dtype = dtype_of(&array.dtype())?;
    if dtype == Dtype::String {
        return strings(array);
    }
    let bytes = memory::copy(array)?;
    let Some(width) = narrow::width(dtype) else {
        return Ok(Tensor::from_buffer(dtype, array.shape(), Arc::new(bytes))?);
    };
    let packed = narrow::pack(amaas_core::Buffer::bytes(&bytes), width);
    Ok(Tensor::from_buffer(dtype, array.shape(), Arc::new(packed))?)
}

fn strings(array: &Bound<'_, PyUntypedArray>) -> Result<Tensor> {
    let list = array.call_method0("ravel")?.call_method0("tolist")?;
    let list = list.cast_into::<PyList>().map_err(PyErr::from)?;
    let texts = list
        .iter()
        .enumerate()
        .map(|(place, text)| texts::element(&text, place));
    Ok(Tensor::from_strings(
        array.shape(),
        texts.collect::<Result<Vec<_>>>()?,
    )?)
}

/// An array of the tensor's elements: its own memory where numpy can show it.
fn array<'py>(py: Python<'py>, tensor: &Tensor) -> Result<Bound<'py, PyAny>> {
    let dtype = tensor.dtype();
    let descr = descr(py, dtype)?;
    if dtype == Dtype::String {
        return objects(py, tensor, descr);
    }
    let Some(width) = narrow::width(dtype) else {
        return memory::show(py, tensor, descr);
    };
    let signed = matches!(dtype, Dtype::Int4 | Dtype::Int2);
    let count = tensor.shape().elements();
    let elements = narrow::unpack(tensor.bytes()?, width, count, signed);
    memory::show(py, &Tensor::from_vec(&**tensor.shape(), elements)?, descr)
}

fn objects<'py>(
    py: Python<'py>,
    tensor: &Tensor,
    descr: Bound<'py, PyArrayDescr>,
) -> Result<Bound<'py, PyAny>> {
    let list = PyList::new(py, tensor.strings()?)?;
    let shape = PyTuple::new(py, tensor.shape().iter())?;
    let array = py.import("numpy")?.call_method1("array", (list, descr))?;
    Ok(array.call_method1("reshape", (shape,))?)
}

/// What numpy's dtype is called here.
fn dtype_of(descr: &Bound<'_, PyArrayDescr>) -> Result<Dtype> {
    let known = match (descr.kind(), descr.itemsize()) {
        _ if descr.num() >= USER_DEFINED => None,
        (b'b', 1) => Some(Dtype::Bool),
        (b'i', 1) => Some(Dtype::Int8),
        (b'i', 2) => Some(Dtype::Int16),
        (b'i', 4) => Some(Dtype::Int32),
        (b'i', 8) => Some(Dtype::Int64),
        (b'u', 1) => Some(Dtype::Uint8),
        (b'u', 2) => Some(Dtype::Uint16),
        (b'u', 4) => Some(Dtype::Uint32),
        (b'u', 8) => Some(Dtype::Uint64),
        (b'f', 2) => Some(Dtype::Float16),
        (b'f', 4) => Some(Dtype::Float32),
        (b'f', 8) => Some(Dtype::Float64),
        (b'c', 8) => Some(Dtype::Complex64),
        (b'c', 16) => Some(Dtype::Complex128),
        (b'U' | b'O', _) => Some(Dtype::String),
        _ => None,
    };
    known.map_or_else(|| named(descr), Ok)
}

/// The dtypes that numpy itself lacks go by their names in `ml_dtypes`.
fn named(descr: &Bound<'_, PyArrayDescr>) -> Result<Dtype> {
    if descr.kind() == b'T' {
        return Ok(Dtype::String);
    }
    let name: String = descr.getattr("name")?.extract()?;
    name.parse().map_err(|_| {
        let remedy = "use bool, a number, str, or a dtype of `ml_dtypes`; decode bytes to str";
        invalid(format!("no tensor can hold numpy's dtype `{name}`"), remedy).into()
    })
}

/// numpy's dtype for ours.
fn descr(py: Python<'_>, wanted: Dtype) -> Result<Bound<'_, PyArrayDescr>> {
    Ok(match wanted {
        Dtype::Bool => dtype::<bool>(py),
        Dtype::Int8 => dtype::<i8>(py),
        Dtype::Int16 => dtype::<i16>(py),
        Dtype::Int32 => dtype::<i32>(py),
        Dtype::Int64 => dtype::<i64>(py),
        Dtype::Uint8 => dtype::<u8>(py),
        Dtype::Uint16 => dtype::<u16>(py),
        Dtype::Uint32 => dtype::<u32>(py),
        Dtype::Uint64 => dtype::<u64>(py),
        Dtype::Float16 => PyArrayDescr::new(py, "float16")?,
        Dtype::Float32 => dtype::<f32>(py),
        Dtype::Float64 => dtype::<f64>(py),
        Dtype::Complex64 => dtype::<Complex32>(py),
        Dtype::Complex128 => dtype::<Complex64>(py),
        Dtype::String => PyArrayDescr::object(py),
        other => ml_dtype(py, other)?,
    })
}

fn ml_dtype(py: Python<'_>, wanted: Dtype) -> Result<Bound<'_, PyArrayDescr>> {
    let name = PyString::new(py, wanted.name());
    let kind = py
        .import("ml_dtypes")
        .and_then(|library| library.getattr(name))
        .map_err(|cause| {
            let message = format!("numpy alone has no dtype `{wanted}`");
            let error = amaas_core::Error::new(amaas_core::ErrorKind::Unsupported, message);
            error
                .advise("run `pip install -U ml_dtypes`")
                .because(cause)
        })?;
    Ok(PyArrayDescr::new(py, kind)?)
}
