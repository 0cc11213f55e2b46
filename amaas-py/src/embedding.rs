//! Answers of text embedding as arrays: `[texts, dimensions]`, of a single `str` `[dimensions]`.

use amaas_core::{EmbedOptions, Route as CoreRoute};
use numpy::IntoPyArray;
use numpy::ndarray::{Array2, Axis};
use pyo3::prelude::*;

use crate::call::{Seconds, call};
use crate::errors::{Result, invalid};
use crate::interrupt;
use crate::later;
use crate::receipt::{Payer, give};
use crate::route::{Route, parse};
use crate::texts::Texts;

#[pymethods]
impl Route {
    /// Embed one text or a list of texts: an array of float32, ``[texts, dimensions]``.
    ///
    /// A ``str`` gets an array of ``[dimensions]``. ``prompt`` names one of the package's
    /// prompts, which is put before each text; ``""`` is none. ``dimensions`` keeps that many
    /// numbers from the front of each vector, before ``normalize`` scales it to length 1;
    /// ``overflow``, for texts that are too long, is ``"error"``, ``"truncate"`` or
    /// ``"window"``. ``None`` is the package's own choice. The rest is as
    /// in a call of the route.
    ///
    /// Raises ``TypeError`` for what is no text, ``InputTooLong`` for a text over the limit,
    /// ``InvalidArgument`` for an unknown option or prompt or for more dimensions than the model
    /// has, and ``Unsupported`` for a model without the task.
    ///
    /// >>> route = service.load("all-minilm-l6-v2@^1")
    /// >>> cats, dogs = route.embed(["A cat sleeps.", "A dog barks."])
    /// >>> cats @ dogs
    #[pyo3(signature = (texts, *, prompt = None, dimensions = None, normalize = None, overflow = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn embed<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        prompt: Option<String>,
        dimensions: Option<i64>,
        normalize: Option<bool>,
        overflow: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let mut options = options(prompt, dimensions, normalize)?;
        options.overflow = parse(overflow)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        answer(py, &route, texts, &options, receipt.as_ref())
    }

    /// As ``embed``, for ``await``: nothing blocks meanwhile but the tokenising.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await route.embed_async(["A cat sleeps.", "A dog barks."])
    #[pyo3(signature = (texts, *, prompt = None, dimensions = None, normalize = None, overflow = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn embed_async<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        prompt: Option<String>,
        dimensions: Option<i64>,
        normalize: Option<bool>,
        overflow: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let mut options = options(prompt, dimensions, normalize)?;
        options.overflow = parse(overflow)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        let Texts { all, is_one } = Texts::take(texts)?;
        later::future(
            py,
            move || route.submit_embed(all, &options),
            move |py, embedded| {
                give(py, receipt.as_ref(), &embedded.usage)?;
                Ok(array(py, embedded.vectors, is_one).unbind())
            },
        )
    }
}

/// Embeds texts, and gives the receipt to who asks.
pub(crate) fn answer<'py>(
    py: Python<'py>,
    route: &CoreRoute,
    texts: &Bound<'py, PyAny>,
    options: &EmbedOptions,
    receipt: Option<&Payer>,
) -> Result<Bound<'py, PyAny>> {
    let texts = Texts::take(texts)?;
    let embedded = interrupt::detached(py, options.call.clone(), |call| {
        let call = call.clone();
        let options = EmbedOptions {
            call,
            ..options.clone()
        };
        route.embed_with(&texts.all, &options)
    })?;
    give(py, receipt, &embedded.usage)?;
    Ok(array(py, embedded.vectors, texts.is_one))
}

/// The options of a call. A count below zero is refused by name, as zero is by the core.
fn options(
    prompt: Option<String>,
    dimensions: Option<i64>,
    normalize: Option<bool>,
) -> Result<EmbedOptions> {
    let count = |number: i64| {
        usize::try_from(number).map_err(|_| {
            invalid(
                format!("`dimensions` is `{number}`"),
                "keep at least 1, or `None` for as many as the package says",
            )
        })
    };
    Ok(EmbedOptions {
        prompt,
        dimensions: dimensions.map(count).transpose()?,
        normalize,
        ..EmbedOptions::default()
    })
}

/// An array that takes over the vectors, without a copy.
fn array(py: Python<'_>, vectors: Array2<f32>, is_one: bool) -> Bound<'_, PyAny> {
    if is_one && vectors.nrows() == 1 {
        return vectors
            .index_axis_move(Axis(0), 0)
            .into_pyarray(py)
            .into_any();
    }
    vectors.into_pyarray(py).into_any()
}
