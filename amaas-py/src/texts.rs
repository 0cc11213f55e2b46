//! Texts that Python gives: one, or many, or a column of Arrow's.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyDict, PySlice, PyString};

use crate::arrow::{self, Column};
use crate::errors::{Failure, Result, invalid};

/// A text that is read where it lies.
#[derive(Debug)]
pub(crate) enum Text {
    /// In a `str`.
    Python(PyBackedStr),
    /// In a column, at this row.
    Arrow(Arc<Column>, usize),
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        match self {
            Self::Python(text) => text,
            Self::Arrow(column, row) => column.text(*row),
        }
    }
}

/// One text or many, without a copy.
#[derive(Debug)]
pub(crate) struct Texts {
    pub(crate) all: Vec<Text>,
    /// A single `str` was given, and no list.
    pub(crate) is_one: bool,
}

impl Texts {
    /// Takes a `str`, a column of Arrow's or an iterable of `str`.
    pub(crate) fn take(given: &Bound<'_, PyAny>) -> Result<Self> {
        if given.is_instance_of::<PyString>() {
            return Ok(Self {
                all: vec![Text::Python(backed(given, 0)?)],
                is_one: true,
            });
        }
        if let Some(part) = Part::of(given)? {
            let all = part.rows.map(|row| at(&part.column, row));
            return Ok(Self {
                all: all.collect::<Result<_>>()?,
                is_one: false,
            });
        }
        let opaque = given.is_instance_of::<PyBytes>() || given.is_instance_of::<PyDict>();
        let texts = if opaque { None } else { given.try_iter().ok() }
            .ok_or_else(|| wanted("texts", given))?;
        let all = texts
            .enumerate()
            .map(|(place, text)| backed(&text?, place).map(Text::Python))
            .collect::<Result<_>>()?;
        Ok(Self { all, is_one: false })
    }
}

fn at(column: &Arc<Column>, row: usize) -> Result<Text> {
    if column.is_null(row) {
        let message = format!("row `{row}` of a column is null");
        return Err(invalid(message, "fill or drop what is missing first").into());
    }
    Ok(Text::Arrow(Arc::clone(column), row))
}

/// Some rows of a column; for `amaas/_map.py`, which takes them a few at a time.
#[pyclass(frozen, name = "_Part", module = "amaas._amaas")]
#[derive(Debug, Clone)]
pub(crate) struct Part {
    column: Arc<Column>,
    rows: Range<usize>,
}

impl Part {
    fn of(given: &Bound<'_, PyAny>) -> Result<Option<Self>> {
        if let Ok(part) = given.cast::<Self>() {
            return Ok(Some(part.get().clone()));
        }
        Ok(Column::of(given)?.map(Self::from))
    }
}

impl From<Column> for Part {
    /// All of it.
    fn from(column: Column) -> Self {
        Self {
            rows: 0..column.len(),
            column: Arc::new(column),
        }
    }
}

#[pymethods]
impl Part {
    fn __len__(&self) -> usize {
        self.rows.len()
    }

    fn __getitem__(&self, rows: &Bound<'_, PySlice>) -> Result<Self> {
        let length = isize::try_from(self.rows.len()).unwrap_or(isize::MAX);
        let found = rows.indices(length)?;
        let row = |index: isize| self.rows.start + usize::try_from(index).unwrap_or_default();
        Ok(Self {
            column: Arc::clone(&self.column),
            rows: row(found.start)..row(found.stop.max(found.start)),
        })
    }
}

/// A column of Arrow's chunk by chunk; for `amaas/_map.py`, which takes no more than it needs.
#[pyclass(frozen, name = "_Chunks", module = "amaas._amaas")]
#[derive(Debug)]
pub(crate) struct Chunks(Mutex<Source>);

#[derive(Debug)]
enum Source {
    Whole(Option<Part>),
    Stream(arrow::Chunks),
}

#[pymethods]
impl Chunks {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> Result<Option<Part>> {
        // As of generators: who reads at the same time gets an error, since waiting could be for ever.
        let busy = |_| PyValueError::new_err("the rows are being read by another thread");
        let mut source = self.0.try_lock().map_err(busy)?;
        match &mut *source {
            Source::Whole(part) => Ok(part.take()),
            Source::Stream(chunks) => Ok(chunks.next(py)?.map(Part::from)),
        }
    }
}

/// The chunks of a column of Arrow's; ``None`` for what is none.
#[pyfunction(name = "_chunks")]
pub(crate) fn chunks(given: &Bound<'_, PyAny>) -> Result<Option<Chunks>> {
    let source = if given.hasattr("__arrow_c_array__")? {
        Part::of(given)?.map(|part| Source::Whole(Some(part)))
    } else {
        let chunks = arrow::Chunks::of(given)?;
        // Of a frame a column is to be named; a stream has no other way to say it.
        let is_stream = !given.hasattr("__len__")?;
        chunks.map(|chunks| match is_stream {
            true => Source::Stream(chunks.flat()),
            false => Source::Stream(chunks),
        })
    };
    Ok(source.map(|source| Chunks(Mutex::new(source))))
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
