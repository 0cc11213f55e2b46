//! Errors of the core as exceptions of the package `amaas`.
//!
//! The classes are written in Python, in `amaas/_errors.py`, where each is also the built-in
//! exception that Python expects. Here one function asks for the right one.

use amaas_core::{Error, ErrorKind, Phase};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// Whatever ends a call early: an error of the core, or an exception that is one already.
#[derive(Debug)]
pub(crate) enum Failure {
    Core(Error),
    Python(PyErr),
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Core(error) => {
                Python::attach(|py| exception(py, &error).unwrap_or_else(|other| other))
            }
            Failure::Python(error) => error,
        }
    }
}

/// An `InvalidArgument` with what to do about it.
pub(crate) fn invalid(message: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, message).advise(remedy)
}

/// Asks `amaas._errors.make` for the exception of `error`.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let context = PyDict::new(py);
    for (key, value) in error.context() {
        context.set_item(key, value)?;
    }
    let make = MAKE.import(py, "amaas._errors", "make")?;
    let kind = error.kind().name();
    let facts = (
        kind,
        error.to_string(),
        error.is_retryable(),
        error.remedy(),
        context,
        causes(error),
        error.phase().map(Phase::name),
        error.retry_after().map(|wait| wait.as_secs_f64()),
    );
    make.call1(facts).map(PyErr::from_value)
}

/// The texts of all sources, the nearest first.
fn causes(error: &Error) -> Vec<String> {
    let first = std::error::Error::source(error);
    std::iter::successors(first, |cause| cause.source())
        .map(ToString::to_string)
        .collect()
}
