//! `amaas.Route`: what `load` returns and requests go through.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use amaas_core::model::Task;
use amaas_core::registry::Registry as CoreRegistry;
use amaas_core::{
    EmbedOptions, Error, ErrorKind, LoadSettings, Route as CoreRoute, TagOptions, Tensor,
};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyTuple};

use crate::arrays;
use crate::call::{Seconds, call};
use crate::classification::{self, TopK};
use crate::embedding;
use crate::errors::{Result, invalid};
use crate::generation;
use crate::held::Held;
use crate::interrupt;
use crate::later;
use crate::origin::Origin;
use crate::pairs;
use crate::receipt::{Payer, give};
use crate::records::{Placement, Usage, Weights, quoted};
use crate::registry::Registry;
use crate::signature::Signature;
use crate::tagging;
use crate::texts::Texts;
use crate::vision::{self, Said};

/// Follows a reference and answers requests, from any number of threads at once.
///
/// Made by ``Service.load``. Call it with texts for a model that has a task, or ``run`` it with
/// arrays. Each request is answered by one version from start to end.
///
/// >>> reviews = service.load("sentiment@^1")
/// >>> reviews("I loved it")
/// [{'label': 'positive', 'score': 0.98}]
#[pyclass(frozen, weakref, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) held: Arc<Held<CoreRoute>>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) settings: LoadSettings,
}

impl Route {
    pub(crate) fn new(
        held: Arc<Held<CoreRoute>>,
        origin: Arc<Origin>,
        settings: LoadSettings,
    ) -> Self {
        Self {
            held,
            origin,
            settings,
        }
    }
}

#[pymethods]
impl Route {
    /// Classify one text or a list of texts.
    ///
    /// Without ``top_k`` each text gets its best label: ``[{"label", "score"}]`` for a ``str``,
    /// one dict a text for a list. With ``top_k``, a number or ``None`` for every label, a
    /// ``str`` gets a list of dicts, best first, and a list gets one such list a text: the
    /// nesting of the text-classification pipeline of ``transformers``.
    ///
    /// ``function_to_apply`` is ``"softmax"``, ``"sigmoid"`` or ``"none"``; ``overflow``, for
    /// texts that are too long, is ``"error"``, ``"truncate"`` or ``"window"``. ``None`` is the
    /// package's own choice. The dicts of a text that was cut say how many tokens were lost, in
    /// ``"truncated"``.
    ///
    /// A model for text embedding answers as ``embed`` does, one for token classification as ``tag``;
    /// both take what is not about labels. A pair of texts, the dict
    /// ``{"text", "text_pair"}`` or a list of such, is classified as by ``classify_pairs``. A model
    /// over images takes images, and answers as ``classify_images``, ``detect`` or ``read_images`` does;
    /// one over sound takes recordings, and answers as ``detect_speech`` or ``classify_audio`` does. One
    /// for text generation, of a decoder or of an encoder and its decoder, answers as ``generate`` does, and
    /// takes its options.
    ///
    /// After ``timeout`` seconds the call ends with ``DeadlineExceeded``, wherever it is.
    /// ``priority`` is ``"low"``, ``"normal"`` or ``"high"``, beside other calls that wait. Calls with
    /// one ``key`` meet one version while a canary is under way.
    /// ``tenant`` says who pays; of all its calls with one ``idempotency`` key one is charged.
    /// ``receipt`` is a function that is given the call's ``Receipt``.
    ///
    /// Raises ``TypeError`` for what is no text, ``InputTooLong`` for a text over the limit,
    /// ``InvalidArgument`` for an unknown option and ``Unsupported`` for a model without the
    /// task.
    ///
    /// >>> reviews(["I loved it", "dull"], top_k=None)  # two lists of two dicts
    #[pyo3(signature = (texts, *, top_k = TopK::Unsaid, function_to_apply = None, overflow = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None, **generation))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        top_k: TopK,
        function_to_apply: Option<&str>,
        overflow: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
        generation: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let model = route.lease();
        let task = model.manifest().task.as_ref();
        if let Some(Task::TextGeneration(_) | Task::Text2TextGeneration(_)) = task {
            let (mut options, _) = generation::options(generation)?;
            options.top_k = top_k.most().or(options.top_k);
            options.overflow = parse(overflow)?;
            options.call = call;
            return generation::generate(py, &route, texts, (options, receipt));
        }
        generation::refuse(generation)?;
        if vision::reads(task) {
            refuse_overflow(overflow)?;
            let said = Said {
                top_k,
                function_to_apply,
                call,
                receipt,
            };
            return self.see(py, texts, said);
        }
        let labels = (top_k, function_to_apply, overflow);
        if let Some(answer) = self.over_sound(py, texts, labels, call.clone(), receipt.as_ref())? {
            return Ok(answer);
        }
        let overflow = parse(overflow)?;
        if let Some(Task::TextEmbedding(_)) = task {
            refuse_labels("text-embedding", top_k, function_to_apply)?;
            let options = EmbedOptions {
                overflow,
                call,
                ..EmbedOptions::default()
            };
            return embedding::answer(py, &route, texts, &options, receipt.as_ref());
        }
        if let Some(Task::TokenClassification(_)) = task {
            refuse_labels("token-classification", top_k, function_to_apply)?;
            let options = TagOptions {
                overflow,
                call,
                ..TagOptions::default()
            };
            return tagging::answer(py, &route, texts, &options, receipt.as_ref());
        }
        let mut options = top_k.options();
        options.function_to_apply = parse(function_to_apply)?;
        options.overflow = overflow;
        options.call = call;
        if pairs::are_dicts(texts) {
            return pairs::answer(py, &route, texts, top_k, &options, receipt.as_ref());
        }
        classification::answer(py, &route, texts, top_k, &options, receipt.as_ref())
    }

    /// Run the model: named arrays in, named arrays out.
    ///
    /// ``inputs`` is a dict of numpy arrays of the dtypes and shapes that ``signature`` states;
    /// lists and Python numbers are made arrays of the input's dtype. ``outputs`` names what is
    /// wanted; ``None`` means all, in the model's order. The arrays of the answer are read-only
    /// and show the model's own memory; texts come as arrays of ``str`` objects.
    ///
    /// After ``timeout`` seconds the call ends with ``DeadlineExceeded``, wherever it is.
    /// ``priority`` is ``"low"``, ``"normal"`` or ``"high"``, beside other calls that wait.
    /// ``tenant`` says who pays; of all its calls with one ``idempotency`` key one is charged.
    /// ``receipt`` is a function that is given the call's ``Receipt``.
    ///
    /// Raises ``InvalidArgument`` naming the input that is missing, extra, or of the wrong dtype,
    /// rank or dimension; ``InferenceFailed`` when the run fails; ``Overloaded`` when too many
    /// wait.
    ///
    /// >>> reviews.run({"input_ids": np.zeros((1, 100), np.int64)})
    /// {'probability': array([[0.52]], dtype=float32)}
    #[pyo3(signature = (inputs, outputs = None, *, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn run<'py>(
        &self,
        py: Python<'py>,
        inputs: &Bound<'py, PyDict>,
        outputs: Option<Vec<PyBackedStr>>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyDict>> {
        let route = self.held.get()?;
        let inputs = arrays::inputs(inputs, &route)?;
        let inputs: Vec<(&str, &Tensor)> = inputs
            .iter()
            .map(|(name, tensor)| (&**name, tensor))
            .collect();
        let outputs = outputs.unwrap_or_default();
        let wanted: Vec<&str> = outputs.iter().map(|name| &**name).collect();
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let found = interrupt::detached(py, call, |call| route.run_with(&inputs, &wanted, call))?;
        give(py, receipt.as_ref(), found.usage())?;
        arrays::outputs(py, &found)
    }

    /// As calling the route with texts, for ``await``: nothing blocks meanwhile but the tokenising.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await reviews.classify_async("I loved it")
    #[pyo3(signature = (texts, *, top_k = TopK::Unsaid, function_to_apply = None, overflow = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn classify_async<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyAny>,
        top_k: TopK,
        function_to_apply: Option<&str>,
        overflow: Option<&str>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let mut options = top_k.options();
        options.function_to_apply = parse(function_to_apply)?;
        options.overflow = parse(overflow)?;
        options.call = call(timeout, priority, key, tenant, idempotency)?;
        let Texts { all, is_one } = Texts::take(texts)?;
        later::future(
            py,
            move || route.submit_classify(all, &options),
            move |py, classified| {
                give(py, receipt.as_ref(), &classified.usage)?;
                Ok(top_k.nest(py, &classified.answers, is_one)?.unbind())
            },
        )
    }

    /// As ``run``, for ``await``: nothing blocks meanwhile.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await reviews.run_async({"input_ids": np.zeros((1, 100), np.int64)})
    #[pyo3(signature = (inputs, outputs = None, *, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn run_async<'py>(
        &self,
        py: Python<'py>,
        inputs: &Bound<'py, PyDict>,
        outputs: Option<Vec<PyBackedStr>>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let inputs = arrays::inputs(inputs, &route)?;
        let outputs = outputs.unwrap_or_default();
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let submit = move || {
            let inputs: Vec<(&str, &Tensor)> = inputs
                .iter()
                .map(|(name, tensor)| (&**name, tensor))
                .collect();
            let wanted: Vec<&str> = outputs.iter().map(|name| &**name).collect();
            route.submit(&inputs, &wanted, &call)
        };
        later::future(py, submit, move |py, found| {
            give(py, receipt.as_ref(), found.usage())?;
            Ok(arrays::outputs(py, &found)?.into_any().unbind())
        })
    }

    /// Move to the version that the reference selects now; ``True`` when that is another one.
    ///
    /// Requests under way end on the version they began with. When anything fails the old
    /// version goes on serving and the error says why.
    ///
    /// Raises what ``Service.load`` raises.
    ///
    /// >>> reviews.update()
    /// True
    fn update(&self, py: Python<'_>) -> Result<bool> {
        let route = self.held.get()?;
        interrupt::held(py, || route.update())
    }

    /// The name of the model.
    #[getter]
    fn name(&self) -> Result<String> {
        Ok(self.held.get()?.lease().manifest().package.name.to_string())
    }

    /// The version that answers now, as ``"1.1.0"``.
    #[getter]
    fn version(&self) -> Result<String> {
        Ok(self.held.get()?.version().to_string())
    }

    /// The address of the package that answers now, as ``"sha256:…"``.
    #[getter]
    fn digest(&self) -> Result<String> {
        Ok(self.held.get()?.digest().to_string())
    }

    /// The reference this route follows, as ``"sentiment@^1"``.
    #[getter]
    fn reference(&self) -> Result<String> {
        Ok(self.held.get()?.reference().to_string())
    }

    /// The registry of its service.
    ///
    /// Raises ``NotFound`` for a service that was made without one.
    #[getter]
    fn registry(&self, py: Python<'_>) -> Result<Registry> {
        let root = self.origin.registry.clone();
        self.held.get()?;
        let open = || CoreRegistry::open(root.ok_or_else(no_registry)?);
        Ok(py.detach(open)?.into())
    }

    /// Where the nodes of the model really run.
    #[getter]
    fn placement(&self) -> Result<Placement> {
        Ok(self.held.get()?.lease().placement().into())
    }

    /// What its weights take in memory, and how much of that its instances share.
    ///
    /// >>> reviews.weights
    /// Weights(shared=2600000, unique=18432)
    #[getter]
    fn weights(&self) -> Result<Weights> {
        Ok(self.held.get()?.lease().weights().into())
    }

    /// Whether requests that wait run together, and what there is to know about it; it begins with
    /// ``"together"`` or ``"apart"``.
    #[getter]
    fn batching(&self) -> Result<String> {
        Ok(self.held.get()?.lease().together().to_string())
    }

    /// What the model takes and gives.
    #[getter]
    fn signature(&self) -> Result<Signature> {
        Ok(self.held.get()?.lease().signature().into())
    }

    /// Key and value pairs that the model's author stored in the graph.
    #[getter]
    fn metadata(&self) -> Result<BTreeMap<String, String>> {
        Ok(self
            .held
            .get()?
            .lease()
            .metadata()
            .iter()
            .cloned()
            .collect())
    }

    /// The labels, in the order of the model's output; empty for a model without labels.
    #[getter]
    fn labels(&self) -> Result<Vec<String>> {
        Ok(match &self.held.get()?.lease().manifest().task {
            Some(Task::TextClassification(settings)) => settings.labels.clone(),
            Some(Task::TokenClassification(settings)) => settings.labels.clone(),
            Some(Task::ImageClassification(settings)) => settings.labels.clone(),
            Some(Task::ObjectDetection(settings)) => settings.labels.clone(),
            Some(Task::AudioClassification(settings)) => settings.labels.clone(),
            _ => Vec::new(),
        })
    }

    /// The sums over all requests of this route.
    #[getter]
    fn usage(&self) -> Result<Usage> {
        Ok(self.held.get()?.usage().into())
    }

    /// Whether it or its service was closed, or made before this process was forked.
    #[getter]
    fn closed(&self) -> bool {
        self.held.get().is_err()
    }

    /// Let go of the version. Calls under way end; later ones raise ``Closed``.
    ///
    /// Other routes to it go on, and with the last of them the model leaves the memory.
    ///
    /// >>> reviews.close()
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.held.close());
    }

    fn __enter__(slf: Bound<'_, Self>) -> Result<Bound<'_, Self>> {
        slf.get().held.get()?;
        Ok(slf)
    }

    #[pyo3(signature = (*_details))]
    fn __exit__(&self, py: Python<'_>, _details: &Bound<'_, PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self, py: Python<'_>) -> Result<String> {
        let Ok(route) = self.held.get() else {
            return Ok("<Route, closed>".to_owned());
        };
        let reference = quoted(py, &route.reference().to_string())?;
        Ok(format!(
            "<Route {reference}: {} on {}>",
            route.describe(),
            route.lease().placement()
        ))
    }
}

impl Drop for Route {
    /// With the last route its version leaves the memory, which may take a while.
    fn drop(&mut self) {
        if Arc::strong_count(&self.held) == 1 {
            Python::try_attach(|py| py.detach(|| self.held.close()));
        }
    }
}

/// What only labels have must not pass for something when there are none.
pub(crate) fn refuse_labels(
    task: &str,
    top_k: TopK,
    function_to_apply: Option<&str>,
) -> Result<()> {
    let given = match function_to_apply {
        Some(_) => "function_to_apply",
        None if top_k != TopK::Unsaid => "top_k",
        None => return Ok(()),
    };
    let message = format!("`{given}` was given, and the model's task is `{task}`");
    Err(invalid(message, "leave it out, or load a model that classifies").into())
}

/// Images have no length that could be too long.
fn refuse_overflow(overflow: Option<&str>) -> Result<()> {
    match overflow {
        None => Ok(()),
        Some(_) => Err(invalid(
            "`overflow` was given, and the model takes images",
            "leave it out",
        )
        .into()),
    }
}

fn no_registry() -> Error {
    Error::new(
        ErrorKind::NotFound,
        "the service of this route has no registry",
    )
    .advise("publish the version, and load it from there")
}

/// A word among a few, where one was said.
pub(crate) fn parse<T: FromStr<Err = Error>>(text: Option<&str>) -> Result<Option<T>> {
    Ok(text.map(str::parse).transpose()?)
}
