//! Answers of text classification in the nesting that users of `transformers` know.
//!
//! | given | no `top_k` | `top_k`, a number or `None` |
//! |---|---|---|
//! | `str` | `[{…}]`, the best label | `[{…}, …]`, best first |
//! | list | `[{…}, …]`, the best label of each text | `[[{…}, …], …]` |

use amaas_core::{Classification, ClassifyOptions, LabelScore, Route as CoreRoute};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyEllipsis, PyList};

use crate::errors::{Failure, Result, invalid};
use crate::interrupt;
use crate::receipt::{Payer, give};
use crate::texts::Texts;

/// What was said about `top_k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TopK {
    /// Nothing: one label a text, not nested.
    Unsaid,
    /// `None`: every label.
    All,
    /// A number.
    Most(usize),
}

impl<'py> FromPyObject<'_, 'py> for TopK {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if given.is_instance_of::<PyEllipsis>() {
            return Ok(Self::Unsaid);
        }
        if given.is_none() {
            return Ok(Self::All);
        }
        let number: i64 = given
            .extract()
            .map_err(|_| PyTypeError::new_err("top_k must be an int or None"))?;
        let refused = || {
            invalid(
                format!("`top_k` is `{number}`"),
                "ask for at least one label",
            )
        };
        usize::try_from(number)
            .map(Self::Most)
            .map_err(|_| Failure::from(refused()).into())
    }
}

impl TopK {
    /// How many labels that asks for; all for `None`.
    pub(crate) fn count(self) -> Option<usize> {
        match self {
            Self::Unsaid => Some(1),
            Self::All => None,
            Self::Most(count) => Some(count),
        }
    }

    /// The number, where one was said.
    pub(crate) fn most(self) -> Option<usize> {
        match self {
            Self::Most(count) => Some(count),
            Self::Unsaid | Self::All => None,
        }
    }

    /// The options of a call that says this.
    pub(crate) fn options(self) -> ClassifyOptions {
        ClassifyOptions {
            top_k: self.count(),
            ..ClassifyOptions::default()
        }
    }

    /// The answers to one text (`is_one`) or to a list, nested as the table says.
    pub(crate) fn nest<'py>(
        self,
        py: Python<'py>,
        answers: &[Classification],
        is_one: bool,
    ) -> Result<Bound<'py, PyAny>> {
        let row = |answer| entries(py, answer).collect::<Result<Vec<_>>>();
        let rows = answers.iter().map(row).collect::<Result<Vec<_>>>()?;
        self.nest_rows(py, rows, is_one)
    }

    /// Rows of entries, one for each text or image, nested so.
    pub(crate) fn nest_rows<'py>(
        self,
        py: Python<'py>,
        rows: Vec<Vec<Bound<'py, PyAny>>>,
        is_one: bool,
    ) -> Result<Bound<'py, PyAny>> {
        let rows = rows.into_iter();
        let list = if self == Self::Unsaid {
            PyList::new(
                py,
                rows.filter_map(|row| row.into_iter().next())
                    .collect::<Vec<_>>(),
            )?
        } else if is_one {
            PyList::new(py, rows.flatten().collect::<Vec<_>>())?
        } else {
            let lists = rows.map(|row| PyList::new(py, row));
            PyList::new(py, lists.collect::<PyResult<Vec<_>>>()?)?
        };
        Ok(list.into_any())
    }
}

/// Classifies texts, and gives the receipt to who asks.
pub(crate) fn answer<'py>(
    py: Python<'py>,
    route: &CoreRoute,
    texts: &Bound<'py, PyAny>,
    top_k: TopK,
    options: &ClassifyOptions,
    receipt: Option<&Payer>,
) -> Result<Bound<'py, PyAny>> {
    let texts = Texts::take(texts)?;
    let classified = interrupt::detached(py, options.call.clone(), |call| {
        let call = call.clone();
        let options = ClassifyOptions {
            call,
            ..options.clone()
        };
        route.classify_with(&texts.all, &options)
    })?;
    give(py, receipt, &classified.usage)?;
    top_k.nest(py, &classified.answers, texts.is_one)
}

fn entries<'a, 'py>(
    py: Python<'py>,
    answer: &'a Classification,
) -> impl Iterator<Item = Result<Bound<'py, PyAny>>> + use<'a, 'py> {
    answer
        .labels
        .iter()
        .map(move |label| entry(py, answer.truncated, label))
}

/// A label with its score, and how many tokens were lost where any were.
pub(crate) fn entry<'py>(
    py: Python<'py>,
    truncated: usize,
    found: &LabelScore,
) -> Result<Bound<'py, PyAny>> {
    let entry = PyDict::new(py);
    entry.set_item(intern!(py, "label"), &found.label)?;
    entry.set_item(intern!(py, "score"), found.score)?;
    if truncated > 0 {
        entry.set_item(intern!(py, "truncated"), truncated)?;
    }
    Ok(entry.into_any())
}
