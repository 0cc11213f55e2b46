//! Tasks over pairs of texts: classification of pairs, ranking, zero-shot labels, similarity.
//!
//! A pair is a tuple of two `str`, or the dict `{"text", "text_pair"}` of `transformers`.

use amaas_core::{
    Classification, ClassifyOptions, EmbedOptions, RankOptions, Ranked, Route as CoreRoute,
    SimilarityOptions, ZeroShotOptions,
};
use numpy::IntoPyArray;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::call::{Seconds, call};
use crate::classification::TopK;
use crate::errors::{Failure, Result, invalid};
use crate::interrupt;
use crate::later;
use crate::receipt::{Payer, give};
use crate::route::{Route, parse};
use crate::texts::Texts;

/// Pairs that Python gave.
#[derive(Debug)]
pub(crate) struct Pairs {
    all: Vec<(PyBackedStr, PyBackedStr)>,
    is_one: bool,
}

impl Pairs {
    /// Takes a pair, or an iterable of pairs.
    pub(crate) fn take(given: &Bound<'_, PyAny>) -> Result<Self> {
        if is_pair(given) {
            return Ok(Self {
                all: vec![pair(given)?],
                is_one: true,
            });
        }
        let pairs = given.try_iter().map_err(|_| wanted())?;
        let all = pairs.map(|one| pair(&one?)).collect::<Result<_>>()?;
        Ok(Self { all, is_one: false })
    }
}

/// Whether this is one pair, rather than a list of them.
fn is_pair(given: &Bound<'_, PyAny>) -> bool {
    let of_two = |tuple: &Bound<'_, PyTuple>| tuple.extract::<(PyBackedStr, PyBackedStr)>().is_ok();
    given.is_instance_of::<PyDict>() || given.cast::<PyTuple>().is_ok_and(of_two)
}

/// Whether these are dicts of pairs: one, or a list that begins with one.
pub(crate) fn are_dicts(given: &Bound<'_, PyAny>) -> bool {
    let first = given
        .cast::<PyList>()
        .ok()
        .and_then(|list| list.get_item(0).ok());
    first.as_ref().unwrap_or(given).is_instance_of::<PyDict>()
}

fn pair(given: &Bound<'_, PyAny>) -> Result<(PyBackedStr, PyBackedStr)> {
    let Ok(dict) = given.cast::<PyDict>() else {
        return given.extract().map_err(|_| wanted());
    };
    Ok((entry(dict, "text")?, entry(dict, "text_pair")?))
}

fn entry(dict: &Bound<'_, PyDict>, key: &str) -> Result<PyBackedStr> {
    let found = dict.get_item(key)?.ok_or_else(wanted)?;
    found.extract().map_err(|_| wanted())
}

fn wanted() -> Failure {
    let words = "a pair must be two str, or a dict with \"text\" and \"text_pair\"";
    PyTypeError::new_err(words).into()
}

#[pymethods]
impl Route {
    /// Classify one pair of texts or a list of pairs, each read as one row.
    ///
    /// A pair is a tuple of two ``str``, or a dict with ``"text"`` and ``"text_pair"``. Answers are
    /// nested, and options mean, as in a call of the route. ``pair_truncation`` says which text is cut
    /// with the overflow ``"truncate"``: ``"longest-first"`` or ``"only-second"``.
    ///
    /// >>> inference.classify_pairs(("A man plays a guitar.", "Somebody makes music."))
    /// [{'label': 'entailment', 'score': 0.97}]
    #[pyo3(signature = (pairs, *, top_k = TopK::Unsaid, function_to_apply = None, overflow = None, pair_truncation = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn classify_pairs<'py>(
        &self,
        py: Python<'py>,
        pairs: &Bound<'py, PyAny>,
        top_k: TopK,
        function_to_apply: Option<&str>,
        overflow: Option<&str>,
        pair_truncation: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let mut options = pair_options(top_k, function_to_apply, overflow, pair_truncation)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        answer(py, &route, pairs, top_k, &options, receipt.as_ref())
    }

    /// As ``classify_pairs``, for ``await``: nothing blocks meanwhile but the tokenising.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await inference.classify_pairs_async([("A cat sleeps.", "An animal rests.")])
    #[pyo3(signature = (pairs, *, top_k = TopK::Unsaid, function_to_apply = None, overflow = None, pair_truncation = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn classify_pairs_async<'py>(
        &self,
        py: Python<'py>,
        pairs: &Bound<'py, PyAny>,
        top_k: TopK,
        function_to_apply: Option<&str>,
        overflow: Option<&str>,
        pair_truncation: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let mut options = pair_options(top_k, function_to_apply, overflow, pair_truncation)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        let Pairs { all, is_one } = Pairs::take(pairs)?;
        later::future(
            py,
            move || route.submit_classify_pairs(all, &options),
            move |py, classified| {
                give(py, receipt.as_ref(), &classified.usage)?;
                Ok(top_k.nest(py, &classified.answers, is_one)?.unbind())
            },
        )
    }

    /// Rank documents by how well they answer a query, best first.
    ///
    /// Gives dicts with ``"index"``, the document's place in the list, and ``"score"``; the ``top_k``
    /// best, or all. Options are as in ``classify_pairs``.
    ///
    /// >>> ranker.rank("Where is Berlin?", ["A cat sleeps.", "Berlin is in Germany."], top_k=1)
    /// [{'index': 1, 'score': 0.99}]
    #[pyo3(signature = (query, documents, *, top_k = None, function_to_apply = None, overflow = None, pair_truncation = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn rank<'py>(
        &self,
        py: Python<'py>,
        query: &str,
        documents: &Bound<'py, PyAny>,
        top_k: Option<i64>,
        function_to_apply: Option<&str>,
        overflow: Option<&str>,
        pair_truncation: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let options = rank_options(top_k, function_to_apply, overflow, pair_truncation)?;
        let documents = Texts::take(documents)?.all;
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let ranked = interrupt::detached(py, call, |call| {
            let call = call.clone();
            let options = RankOptions {
                call,
                ..options.clone()
            };
            route.rank_with(query, &documents, &options)
        })?;
        give(py, receipt.as_ref(), &ranked.usage)?;
        ranking(py, &ranked)
    }

    /// As ``rank``, for ``await``: nothing blocks meanwhile but the tokenising.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await ranker.rank_async("Where is Berlin?", ["Berlin is in Germany."])
    #[pyo3(signature = (query, documents, *, top_k = None, function_to_apply = None, overflow = None, pair_truncation = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn rank_async<'py>(
        &self,
        py: Python<'py>,
        query: String,
        documents: &Bound<'py, PyAny>,
        top_k: Option<i64>,
        function_to_apply: Option<&str>,
        overflow: Option<&str>,
        pair_truncation: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let mut options = rank_options(top_k, function_to_apply, overflow, pair_truncation)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        let documents = Texts::take(documents)?.all;
        later::future(
            py,
            move || route.submit_rank(&query, &documents, &options),
            move |py, ranked| {
                give(py, receipt.as_ref(), &ranked.usage)?;
                Ok(ranking(py, &ranked)?.unbind())
            },
        )
    }

    /// Score labels that the call names, for one text or a list of texts.
    ///
    /// A ``str`` gets a dict with ``"sequence"``, ``"labels"``, best first, and ``"scores"``; a list gets
    /// one such dict a text. ``hypothesis_template`` is the sentence about a label, with ``{}`` where
    /// the label stands; with ``multi_label`` each label holds for itself. ``None`` is the package's
    /// own choice; the rest is as in ``classify_pairs``.
    ///
    /// >>> topics.classify_zero_shot("The match ended in a draw.", ["sport", "music"])
    /// {'sequence': 'The match ended in a draw.', 'labels': ['sport', 'music'], 'scores': [0.98, 0.02]}
    #[pyo3(signature = (texts, candidate_labels, *, hypothesis_template = None, multi_label = None, overflow = None, pair_truncation = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn classify_zero_shot<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        candidate_labels: Vec<String>,
        hypothesis_template: Option<String>,
        multi_label: Option<bool>,
        overflow: Option<&str>,
        pair_truncation: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let options = zero_shot(hypothesis_template, multi_label, overflow, pair_truncation)?;
        let texts = Texts::take(texts)?;
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let classified = interrupt::detached(py, call, |call| {
            let call = call.clone();
            let options = ZeroShotOptions {
                call,
                ..options.clone()
            };
            route.classify_zero_shot_with(&texts.all, &candidate_labels, &options)
        })?;
        give(py, receipt.as_ref(), &classified.usage)?;
        sequences(py, &texts, &classified.answers)
    }

    /// As ``classify_zero_shot``, for ``await``: nothing blocks meanwhile but the tokenising.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await topics.classify_zero_shot_async("The match ended in a draw.", ["sport", "music"])
    #[pyo3(signature = (texts, candidate_labels, *, hypothesis_template = None, multi_label = None, overflow = None, pair_truncation = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn classify_zero_shot_async<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        candidate_labels: Vec<String>,
        hypothesis_template: Option<String>,
        multi_label: Option<bool>,
        overflow: Option<&str>,
        pair_truncation: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let mut options = zero_shot(hypothesis_template, multi_label, overflow, pair_truncation)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        let texts = std::sync::Arc::new(Texts::take(texts)?);
        let given = std::sync::Arc::clone(&texts);
        later::future(
            py,
            move || route.submit_classify_zero_shot(&given.all, &candidate_labels, &options),
            move |py, classified| {
                give(py, receipt.as_ref(), &classified.usage)?;
                Ok(sequences(py, &texts, &classified.answers)?.unbind())
            },
        )
    }

    /// How alike texts are, by their vectors: an array of float32, ``[texts, others]``.
    ///
    /// ``similarity_fn_name`` is ``"cosine"`` or ``"dot"``; the rest is as in ``embed``.
    ///
    /// >>> route.similarity(["A cat sleeps."], ["A kitten naps.", "Stocks fell."])
    /// array([[0.71, 0.02]], dtype=float32)
    #[pyo3(signature = (texts, others, *, similarity_fn_name = None, prompt = None, overflow = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn similarity<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        others: &Bound<'py, PyAny>,
        similarity_fn_name: Option<&str>,
        prompt: Option<String>,
        overflow: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let options = SimilarityOptions {
            function: parse(similarity_fn_name)?.unwrap_or_default(),
            embed: EmbedOptions {
                prompt,
                overflow: parse(overflow)?,
                ..EmbedOptions::default()
            },
        };
        let (texts, others) = (Texts::take(texts)?.all, Texts::take(others)?.all);
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let found = interrupt::detached(py, call, |call| {
            let mut options = options.clone();
            options.embed.call = call.clone();
            route.similarity_with(&texts, &others, &options)
        })?;
        give(py, receipt.as_ref(), &found.usage)?;
        Ok(found.table.into_pyarray(py).into_any())
    }
}

/// Classifies pairs, and gives the receipt to who asks.
pub(crate) fn answer<'py>(
    py: Python<'py>,
    route: &CoreRoute,
    pairs: &Bound<'py, PyAny>,
    top_k: TopK,
    options: &ClassifyOptions,
    receipt: Option<&Payer>,
) -> Result<Bound<'py, PyAny>> {
    let pairs = Pairs::take(pairs)?;
    let classified = interrupt::detached(py, options.call.clone(), |call| {
        let call = call.clone();
        let options = ClassifyOptions {
            call,
            ..options.clone()
        };
        route.classify_pairs_with(&pairs.all, &options)
    })?;
    give(py, receipt, &classified.usage)?;
    top_k.nest(py, &classified.answers, pairs.is_one)
}

fn pair_options(
    top_k: TopK,
    function_to_apply: Option<&str>,
    overflow: Option<&str>,
    pair_truncation: Option<&str>,
) -> Result<ClassifyOptions> {
    let mut options = top_k.options();
    options.function_to_apply = parse(function_to_apply)?;
    options.overflow = parse(overflow)?;
    options.pair_truncation = parse(pair_truncation)?;
    Ok(options)
}

fn rank_options(
    top_k: Option<i64>,
    function_to_apply: Option<&str>,
    overflow: Option<&str>,
    pair_truncation: Option<&str>,
) -> Result<RankOptions> {
    let count = |number: i64| {
        let message = format!("`top_k` is `{number}`");
        usize::try_from(number).map_err(|_| invalid(message, "ask for at least one document"))
    };
    Ok(RankOptions {
        top_k: top_k.map(count).transpose()?,
        function_to_apply: parse(function_to_apply)?,
        overflow: parse(overflow)?,
        pair_truncation: parse(pair_truncation)?,
        ..RankOptions::default()
    })
}

fn zero_shot(
    hypothesis_template: Option<String>,
    multi_label: Option<bool>,
    overflow: Option<&str>,
    pair_truncation: Option<&str>,
) -> Result<ZeroShotOptions> {
    Ok(ZeroShotOptions {
        hypothesis_template,
        multi_label,
        overflow: parse(overflow)?,
        pair_truncation: parse(pair_truncation)?,
        ..ZeroShotOptions::default()
    })
}

fn ranking<'py>(py: Python<'py>, ranked: &Ranked) -> Result<Bound<'py, PyAny>> {
    let list = PyList::empty(py);
    for document in &ranked.documents {
        let entry = PyDict::new(py);
        entry.set_item(intern!(py, "index"), document.index)?;
        entry.set_item(intern!(py, "score"), document.score)?;
        if document.truncated > 0 {
            entry.set_item(intern!(py, "truncated"), document.truncated)?;
        }
        list.append(entry)?;
    }
    Ok(list.into_any())
}

fn sequences<'py>(
    py: Python<'py>,
    texts: &Texts,
    answers: &[Classification],
) -> Result<Bound<'py, PyAny>> {
    let list = PyList::empty(py);
    for (text, answer) in texts.all.iter().zip(answers) {
        let entry = PyDict::new(py);
        let labels: Vec<_> = answer.labels.iter().map(|found| &found.label).collect();
        let scores: Vec<_> = answer.labels.iter().map(|found| found.score).collect();
        entry.set_item(intern!(py, "sequence"), text.as_ref())?;
        entry.set_item(intern!(py, "labels"), labels)?;
        entry.set_item(intern!(py, "scores"), scores)?;
        list.append(entry)?;
    }
    if texts.is_one {
        return Ok(list.get_item(0)?);
    }
    Ok(list.into_any())
}
