//! Texts that Python gives: one, or many.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::errors::{Failure, Result, invalid};

/// One text or many, without a copy: Python's strings are kept and read where they are.
#[derive(Debug)]
pub(crate) struct Texts {
    pub(crate) all: Vec<PyBackedStr>,
    /// A single `str` was given, and no list.
    pub(crate) is_one: bool,
}

impl Texts {
    /// Takes a `str` or an iterable of `str`.
    pub(crate) fn take(given: &Bound<'_, PyAny>) -> Result<Self> {
        if given.is_instance_of::<PyString>() {
            return Ok(Self {
                all: vec![backed(given, 0)?],
                is_one: true,
            });
        }
        let opaque = given.is_instance_of::<PyBytes>() || given.is_instance_of::<PyDict>();
        let texts = if opaque { None } else { given.try_iter().ok() }
            .ok_or_else(|| wanted("texts", given))?;
        let all = texts
            .enumerate()
            .map(|(place, text)| backed(&text?, place))
            .collect::<Result<_>>()?;
        Ok(Self { all, is_one: false })
    }
}

/// A copy of one element of an array of texts.
pub(crate) fn element(text: &Bound<'_, PyAny>, place: usize) -> Result<String> {
    if !text.is_instance_of::<PyString>() {
        let kind = text.get_type().name()?;
        let message = format!("element `{place}` of an array of objects is {kind}, not str");
        return Err(invalid(
            message,
            "give numbers a dtype of their own, and decode bytes",
        )
        .into());
    }
    backed(text, place).map(|text| text.to_owned())
}

fn backed(text: &Bound<'_, PyAny>, place: usize) -> Result<PyBackedStr> {
    let string = text
        .cast::<PyString>()
        .map_err(|_| wanted(&format!("text {place}"), text))?;
    PyBackedStr::try_from(string.clone()).map_err(|cause| {
        let message = format!("text `{place}` is not Unicode: it holds half a surrogate pair");
        invalid(message, "decode it with `errors=\"replace\"`")
            .because(cause)
            .into()
    })
}

fn wanted(what: &str, given: &Bound<'_, PyAny>) -> Failure {
    let kind = given.get_type().name();
    let kind = kind
        .as_ref()
        .map_or_else(|_| "another type".into(), ToString::to_string);
    let expected = if what == "texts" {
        "a str or a list of str"
    } else {
        "a str"
    };
    PyTypeError::new_err(format!("{what} must be {expected}, not {kind}")).into()
}
