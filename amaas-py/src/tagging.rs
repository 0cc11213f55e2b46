//! Spans of texts in the dicts that users of `transformers` know.
//!
//! With an aggregation a span is `{"entity_group", "score", "word", "start", "end"}`; without one a
//! token is `{"entity", "score", "index", "word", "start", "end"}`. Places count characters, as
//! Python's `str` does.

use amaas_core::{Entity, Route as CoreRoute, TagOptions, Tagging};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::call::{Seconds, call};
use crate::errors::Result;
use crate::interrupt;
use crate::later;
use crate::receipt::{Payer, give};
use crate::route::{Route, parse};
use crate::texts::Texts;

#[pymethods]
impl Route {
    /// Find the spans of one text or of a list of texts: names, places, parts of speech.
    ///
    /// A ``str`` gets a list of dicts with ``"entity_group"``, ``"score"``, ``"word"``, ``"start"`` and
    /// ``"end"``, in the order of the text; a list gets one such list a text.
    /// ``aggregation_strategy`` is ``"none"``, ``"simple"``, ``"first"``, ``"average"`` or ``"max"``;
    /// with ``"none"`` each token has a dict with ``"entity"`` and ``"index"``. ``ignore_labels`` are
    /// left out. ``overflow``, for texts that are too long, is ``"error"``, ``"truncate"`` or
    /// ``"window"``. ``None`` is the package's own choice; the rest is as in a call of the route.
    ///
    /// Places count characters: ``text[span["start"]:span["end"]] == span["word"]``.
    ///
    /// Raises ``TypeError`` for what is no text, ``InputTooLong`` for a text over the limit,
    /// ``InvalidArgument`` for an unknown option and ``Unsupported`` for a model without the task.
    ///
    /// >>> names.tag("Ada Lovelace lived in London.")
    /// [{'entity_group': 'PER', 'score': 0.99, 'word': 'Ada Lovelace', 'start': 0, 'end': 12}, …]
    #[pyo3(signature = (texts, *, aggregation_strategy = None, ignore_labels = None, overflow = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn tag<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        aggregation_strategy: Option<&str>,
        ignore_labels: Option<Vec<String>>,
        overflow: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let mut options = options(aggregation_strategy, ignore_labels, overflow)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        answer(py, &route, texts, &options, receipt.as_ref())
    }

    /// As ``tag``, for ``await``: nothing blocks meanwhile but the tokenising.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await names.tag_async("Ada Lovelace lived in London.")
    #[pyo3(signature = (texts, *, aggregation_strategy = None, ignore_labels = None, overflow = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn tag_async<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        aggregation_strategy: Option<&str>,
        ignore_labels: Option<Vec<String>>,
        overflow: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let mut options = options(aggregation_strategy, ignore_labels, overflow)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        let Texts { all, is_one } = Texts::take(texts)?;
        later::future(
            py,
            move || route.submit_tag(all, &options),
            move |py, tagged| {
                give(py, receipt.as_ref(), &tagged.usage)?;
                Ok(nest(py, &tagged.answers, is_one)?.unbind())
            },
        )
    }
}

/// Finds the spans of texts, and gives the receipt to who asks.
pub(crate) fn answer<'py>(
    py: Python<'py>,
    route: &CoreRoute,
    texts: &Bound<'py, PyAny>,
    options: &TagOptions,
    receipt: Option<&Payer>,
) -> Result<Bound<'py, PyAny>> {
    let texts = Texts::take(texts)?;
    let tagged = interrupt::detached(py, options.call.clone(), |call| {
        let call = call.clone();
        let options = TagOptions {
            call,
            ..options.clone()
        };
        route.tag_with(&texts.all, &options)
    })?;
    give(py, receipt, &tagged.usage)?;
    nest(py, &tagged.answers, texts.is_one)
}

fn options(
    aggregation: Option<&str>,
    ignore_labels: Option<Vec<String>>,
    overflow: Option<&str>,
) -> Result<TagOptions> {
    Ok(TagOptions {
        aggregation: parse(aggregation)?,
        ignore_labels,
        overflow: parse(overflow)?,
        ..TagOptions::default()
    })
}

/// The spans of one text (`is_one`), or a list of them for each text.
fn nest<'py>(py: Python<'py>, answers: &[Tagging], is_one: bool) -> Result<Bound<'py, PyAny>> {
    if let ([only], true) = (answers, is_one) {
        return Ok(spans(py, only)?.into_any());
    }
    let lists = answers.iter().map(|answer| spans(py, answer));
    Ok(PyList::new(py, lists.collect::<Result<Vec<_>>>()?)?.into_any())
}

fn spans<'py>(py: Python<'py>, answer: &Tagging) -> Result<Bound<'py, PyList>> {
    let entries = answer
        .entities
        .iter()
        .map(|entity| entry(py, answer, entity));
    Ok(PyList::new(py, entries.collect::<Result<Vec<_>>>()?)?)
}

fn entry<'py>(py: Python<'py>, answer: &Tagging, entity: &Entity) -> Result<Bound<'py, PyDict>> {
    let entry = PyDict::new(py);
    let name = match entity.index {
        Some(_) => intern!(py, "entity"),
        None => intern!(py, "entity_group"),
    };
    entry.set_item(name, &entity.label)?;
    entry.set_item(intern!(py, "score"), entity.score)?;
    if let Some(index) = entity.index {
        entry.set_item(intern!(py, "index"), index)?;
    }
    entry.set_item(intern!(py, "word"), &entity.word)?;
    entry.set_item(intern!(py, "start"), entity.start)?;
    entry.set_item(intern!(py, "end"), entity.end)?;
    if answer.truncated > 0 {
        entry.set_item(intern!(py, "truncated"), answer.truncated)?;
    }
    Ok(entry)
}
