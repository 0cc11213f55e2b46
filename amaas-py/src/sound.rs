//! Sound that Python gives: a file's bytes or path, or an array of samples; one, or a list of them.

use std::path::PathBuf;
use std::sync::Arc;

use amaas_core::{Audio, Buffer, Error};
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::errors::{Failure, Result, invalid};
use crate::memory;

/// One recording or many.
#[derive(Debug)]
pub(crate) struct Sounds {
    pub(crate) all: Vec<Audio>,
    /// A single recording was given, and no list.
    pub(crate) is_one: bool,
}

impl Sounds {
    /// Takes a recording or a list of them; arrays have `rate` samples a second where they do not
    /// say otherwise.
    pub(crate) fn take(given: &Bound<'_, PyAny>, rate: u32) -> Result<Self> {
        let (all, is_one) = if let Ok(list) = given.cast::<PyList>() {
            (list.iter().collect(), false)
        } else if let Ok(tuple) = given.cast::<PyTuple>() {
            (tuple.iter().collect::<Vec<_>>(), false)
        } else {
            (vec![given.clone()], true)
        };
        let all = all
            .iter()
            .map(|one| sound(one, rate))
            .collect::<Result<_>>()?;
        Ok(Self { all, is_one })
    }
}

/// One recording, or a piece of one.
pub(crate) fn sound(given: &Bound<'_, PyAny>, rate: u32) -> Result<Audio> {
    let py = given.py();
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(Audio::file(bytes.as_bytes()));
    }
    if let Ok(array) = given.cast::<PyUntypedArray>() {
        return samples(array, rate);
    }
    if let Ok(record) = given.cast::<PyDict>() {
        let array = record.get_item(intern!(py, "array"))?;
        let array = array.map_or_else(
            || record.get_item(intern!(py, "raw")),
            |array| Ok(Some(array)),
        )?;
        let rate = record.get_item(intern!(py, "sampling_rate"))?;
        let (Some(array), Some(rate)) = (array, rate) else {
            return Err(wanted());
        };
        return samples(array.cast().map_err(|_| wanted())?, rate.extract()?);
    }
    let path: PathBuf = given.extract().map_err(|_| wanted())?;
    Ok(py.detach(|| Audio::open(path))?)
}

/// Samples of one channel, or of several frame by frame.
fn samples(array: &Bound<'_, PyUntypedArray>, rate: u32) -> Result<Audio> {
    let channels = match *array.shape() {
        [_] => 1,
        [_, channels] => channels,
        _ => return Err(shape(array.ndim()).into()),
    };
    let descr = array.dtype();
    let audio = match (descr.kind(), descr.itemsize()) {
        (b'f', 4) => {
            let samples: Arc<[f32]> = bytemuck::cast_slice(memory::copy(array)?.bytes()).into();
            Audio::samples(samples, rate)
        }
        (b'i', 2) => {
            let samples: Arc<[i16]> = bytemuck::cast_slice(memory::copy(array)?.bytes()).into();
            Audio::integers(samples, rate)
        }
        (b'f', _) => {
            let narrow = array.call_method1(intern!(array.py(), "astype"), ("float32",))?;
            return samples(narrow.cast().map_err(PyErr::from)?, rate);
        }
        _ => return Err(dtype().into()),
    };
    Ok(audio.with_channels(channels))
}

fn wanted() -> Failure {
    let message = "a recording must be bytes, a path, a numpy array or a dict with \"array\" and \
                   \"sampling_rate\"";
    PyTypeError::new_err(message).into()
}

fn shape(rank: usize) -> Error {
    let message = format!("the samples have `{rank}` dimensions");
    invalid(message, "pass an array of [frames] or [frames, channels]")
}

fn dtype() -> Error {
    invalid(
        "the samples have no dtype of sound",
        "pass floats from -1 to 1, or int16",
    )
}
