//! Images that Python gives: bytes of a file, a path, an array of numpy, or what shows its pixels as
//! Pillow's images do; one, or many.
//!
//! The trap: an array of rank 3 is one image of `[height, width, channels]`, never a list of grey
//! ones; many images are a list.

use amaas_core::tasks::Image;
use numpy::PyUntypedArray;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

use crate::arrays;
use crate::errors::{Failure, Result};

/// One image or many.
#[derive(Debug)]
pub(crate) struct Images {
    pub(crate) all: Vec<Image>,
    /// A single image was given, and no list.
    pub(crate) is_one: bool,
}

impl Images {
    /// Takes an image or an iterable of images.
    pub(crate) fn take(given: &Bound<'_, PyAny>) -> Result<Self> {
        if let Some(image) = image(given)? {
            return Ok(Self {
                all: vec![image],
                is_one: true,
            });
        }
        let opaque = given.is_instance_of::<PyDict>();
        let images = if opaque { None } else { given.try_iter().ok() };
        let images = images.ok_or_else(|| wanted("images", given))?;
        let each = |(place, one): (usize, PyResult<Bound<'_, PyAny>>)| {
            let one = one?;
            image(&one)?.ok_or_else(|| wanted(&format!("image {place}"), &one))
        };
        Ok(Self {
            all: images.enumerate().map(each).collect::<Result<_>>()?,
            is_one: false,
        })
    }
}

/// An image, where this is one.
fn image(given: &Bound<'_, PyAny>) -> Result<Option<Image>> {
    if let Ok(bytes) = given.extract::<PyBackedBytes>() {
        return Ok(Some(Image::encoded(bytes.to_vec())));
    }
    if given.is_instance_of::<PyString>() || given.hasattr("__fspath__")? {
        let path: std::path::PathBuf = given.extract()?;
        return Ok(Some(given.py().detach(|| Image::open(path))?));
    }
    if !given.hasattr("__array_interface__")? {
        return Ok(None);
    }
    let shown = as_pixels(given)?;
    let array = shown.cast::<PyUntypedArray>().map_err(PyErr::from)?;
    Ok(Some(Image::pixels(arrays::tensor(array)?)?))
}

/// Pixels as an array: see `amaas/_images.py`.
fn as_pixels<'py>(given: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>> {
    static AS_PIXELS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let convert = AS_PIXELS.import(given.py(), "amaas._images", "as_pixels")?;
    Ok(convert.call1((given,))?)
}

fn wanted(what: &str, given: &Bound<'_, PyAny>) -> Failure {
    let kind = given.get_type().name();
    let kind = kind
        .as_ref()
        .map_or_else(|_| "another type".into(), ToString::to_string);
    PyTypeError::new_err(format!(
        "{what} must be bytes of a file, a path, an array of uint8 or an image of Pillow's, not {kind}"
    ))
    .into()
}
