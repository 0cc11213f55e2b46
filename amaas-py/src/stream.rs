//! `amaas.Stream`: calls that follow each other, each with the state that the one before left.

use std::sync::Arc;

use amaas_core::{
    Audio, DetectSpeechOptions, Route as CoreRoute, Stream as CoreStream, StreamOptions, Tensor,
};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyList};

use crate::arrays;
use crate::call::{Seconds, call};
use crate::errors::{Result, invalid};
use crate::generation::{refuse, unexpected};
use crate::held::Held;
use crate::interrupt;
use crate::later;
use crate::receipt::{Payer, give};
use crate::route::Route;
use crate::sound::sound;
use crate::speech::{heard, rate};

/// Calls that follow each other, each with the state that the one before left.
///
/// Made by ``Route.stream`` and ``Route.listen``. A call that fails leaves it as it was. Any number
/// of streams share a model; one stream has one call at a time.
///
/// >>> stream = voices.stream()
/// >>> stream.feed(samples)
/// {'speech': [], 'probabilities': array([0.98], dtype=float32), 'speaking': True}
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Stream {
    held: Held<CoreStream>,
    /// Closed with its service, and the stream with it.
    route: Arc<Held<CoreRoute>>,
}

#[pymethods]
impl Route {
    /// A stream. With ``prompt``, a text or the messages of a chat, a ``TextStream``: a text that a
    /// model writes, piece by piece, an iterator over ``str``, also for ``async for``. No piece splits
    /// a character; a stream that is dropped gives its text up. ``tools`` and the options are as in
    /// ``chat`` and ``generate``.
    ///
    /// Without a prompt a ``Stream`` that begins now, on the version that answers now. With ``follow``
    /// it goes on, before each call, with the version that the route serves then, if that keeps the
    /// same state.
    ///
    /// Raises ``Unsupported`` for a model that writes no text, or keeps no state between calls.
    ///
    /// >>> for piece in writer.stream("The capital of France is"):
    /// ...     print(piece, end="", flush=True)
    #[pyo3(signature = (prompt = None, *, follow = false, tools = None, **options))]
    fn stream<'py>(
        &self,
        py: Python<'py>,
        prompt: Option<&Bound<'py, PyAny>>,
        follow: bool,
        tools: Option<&Bound<'py, PyAny>>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyAny>> {
        match prompt {
            Some(_) if follow => Err(unexpected("follow").into()),
            Some(prompt) => {
                let stream = self.write(py, prompt, tools, options)?;
                Ok(Bound::new(py, stream)?.into_any())
            }
            None if tools.is_some() => Err(unexpected("tools").into()),
            None => {
                refuse(options)?;
                let stream = self.held.get()?.stream_with(&StreamOptions { follow })?;
                Ok(Bound::new(py, Stream::new(stream, &self.held))?.into_any())
            }
        }
    }

    /// A stream of sound in which speech is found by a rule of its own: the keyword arguments are as
    /// in ``detect_speech`` and ``stream``.
    ///
    /// >>> stream = route.listen(threshold=0.6)
    #[pyo3(signature = (*, threshold = None, release = None, min_speech_ms = None, min_silence_ms = None, padding_ms = None, follow = false))]
    fn listen(
        &self,
        threshold: Option<f64>,
        release: Option<f64>,
        min_speech_ms: Option<u32>,
        min_silence_ms: Option<u32>,
        padding_ms: Option<u32>,
        follow: bool,
    ) -> Result<Stream> {
        let options = DetectSpeechOptions {
            threshold,
            release,
            min_speech_ms,
            min_silence_ms,
            padding_ms,
            ..DetectSpeechOptions::default()
        };
        let stream = self
            .held
            .get()?
            .listen(&options, &StreamOptions { follow })?;
        Ok(Stream::new(stream, &self.held))
    }
}

impl Stream {
    fn new(stream: CoreStream, route: &Arc<Held<CoreRoute>>) -> Self {
        Self {
            held: Held::new("stream", stream),
            route: Arc::clone(route),
        }
    }

    fn get(&self) -> Result<CoreStream> {
        self.route.get()?;
        self.held.get()
    }

    fn piece(&self, given: &Bound<'_, PyAny>, said: Option<u32>) -> Result<Audio> {
        sound(given, rate(self.get()?.route(), said)?)
    }
}

#[pymethods]
impl Stream {
    /// Run the next call: named arrays in, named arrays out, as ``Route.run``. The state is neither
    /// given nor returned.
    ///
    /// >>> counts = stream.run({"x": numpy.ones((1, 2), "float32")})
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
        let stream = self.get()?;
        let inputs = arrays::inputs(inputs, stream.route())?;
        let inputs: Vec<(&str, &Tensor)> = inputs
            .iter()
            .map(|(name, tensor)| (&**name, tensor))
            .collect();
        let outputs = outputs.unwrap_or_default();
        let wanted: Vec<&str> = outputs.iter().map(|name| &**name).collect();
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let found = interrupt::detached(py, call, |call| stream.run_with(&inputs, &wanted, call))?;
        give(py, receipt.as_ref(), found.usage())?;
        arrays::outputs(py, &found)
    }

    /// As ``run``, for ``await``: nothing blocks meanwhile.
    ///
    /// >>> await stream.run_async({"input": window, "sr": rate})
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
        let stream = self.get()?;
        let inputs = arrays::inputs(inputs, stream.route())?;
        let outputs = outputs.unwrap_or_default();
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let submit = move || {
            let inputs: Vec<(&str, &Tensor)> = inputs
                .iter()
                .map(|(name, tensor)| (&**name, tensor))
                .collect();
            let wanted: Vec<&str> = outputs.iter().map(|name| &**name).collect();
            stream.submit(&inputs, &wanted, &call)
        };
        later::future(py, submit, move |py, found| {
            give(py, receipt.as_ref(), found.usage())?;
            Ok(arrays::outputs(py, &found)?.into_any().unbind())
        })
    }

    /// Take the next piece of sound in, of any length: an array of samples, as in
    /// ``Route.detect_speech``, at the model's own rate.
    ///
    /// The answer has ``"speech"``, the stretches that are certain now, in seconds from the first
    /// piece; ``"probabilities"`` of the windows that are whole now; and ``"speaking"``, whether speech
    /// is going on.
    ///
    /// >>> stream = route.listen()
    /// >>> stream.feed(microphone.read(512))["speaking"]
    #[pyo3(signature = (samples, *, sampling_rate = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn feed<'py>(
        &self,
        py: Python<'py>,
        samples: &Bound<'py, PyAny>,
        sampling_rate: Option<u32>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyDict>> {
        let (stream, piece) = (self.get()?, self.piece(samples, sampling_rate)?);
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let found = interrupt::detached(py, call, |call| stream.feed_with(&piece, call))?;
        give(py, receipt.as_ref(), &found.usage)?;
        heard(py, found)
    }

    /// As ``feed``, for ``await``: nothing blocks meanwhile.
    ///
    /// >>> await stream.feed_async(samples)
    #[pyo3(signature = (samples, *, sampling_rate = None, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn feed_async<'py>(
        &self,
        py: Python<'py>,
        samples: &Bound<'py, PyAny>,
        sampling_rate: Option<u32>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let (stream, piece) = (self.get()?, self.piece(samples, sampling_rate)?);
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let submit = move || stream.submit_feed(&piece, &call);
        later::future(py, submit, move |py, found| {
            give(py, receipt.as_ref(), &found.usage)?;
            Ok(heard(py, found)?.into_any().unbind())
        })
    }

    /// End the recording: the rest of the speech is certain, and the stream begins anew.
    ///
    /// >>> stream.finish()["speech"]
    #[pyo3(signature = (*, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn finish<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyDict>> {
        let stream = self.get()?;
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let found = interrupt::detached(py, call, |call| stream.finish_with(call))?;
        give(py, receipt.as_ref(), &found.usage)?;
        heard(py, found)
    }

    /// As ``finish``, for ``await``: nothing blocks meanwhile.
    ///
    /// >>> await stream.finish_async()
    #[pyo3(signature = (*, timeout = None, priority = None, key = None, tenant = None, idempotency = None, receipt = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments, as Python users expect"
    )]
    fn finish_async<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<Seconds>,
        priority: Option<&str>,
        key: Option<String>,
        tenant: Option<&str>,
        idempotency: Option<&str>,
        receipt: Option<Payer>,
    ) -> Result<Bound<'py, PyAny>> {
        let stream = self.get()?;
        let call = call(timeout, priority, key, tenant, idempotency)?;
        let submit = move || stream.submit_finish(&call);
        later::future(py, submit, move |py, found| {
            give(py, receipt.as_ref(), &found.usage)?;
            Ok(heard(py, found)?.into_any().unbind())
        })
    }

    /// Go on with the version that the route serves now, and carry the state over; ``True`` when that
    /// is another one.
    ///
    /// Raises ``Unsupported``, saying why, when that version does not keep the same state: the stream
    /// then goes on with its own.
    ///
    /// >>> service.update()
    /// >>> stream.update()
    /// True
    fn update(&self, py: Python<'_>) -> Result<bool> {
        let stream = self.get()?;
        Ok(py.detach(|| stream.update())?)
    }

    /// Begin anew, on the version that the route serves now.
    ///
    /// >>> stream.reset()
    fn reset(&self, py: Python<'_>) -> Result<()> {
        let stream = self.get()?;
        Ok(py.detach(|| stream.reset())?)
    }

    /// Another stream that goes on from where this one is.
    ///
    /// >>> other = stream.fork()
    fn fork(&self) -> Result<Self> {
        Ok(Self::new(self.get()?.fork()?, &self.route))
    }

    /// The version that it is on, as ``"1.1.0"``.
    #[getter]
    fn version(&self) -> Result<String> {
        Ok(self.get()?.version()?.to_string())
    }

    /// Whether its service was closed, or made before this process was forked.
    #[getter]
    fn closed(&self) -> bool {
        self.get().is_err()
    }

    fn __repr__(&self) -> String {
        let Ok(stream) = self.get() else {
            return "<Stream, closed>".to_owned();
        };
        format!("<Stream of {}>", stream.route().describe())
    }
}

/// Take the next piece of each stream in, all in one call: the windows of different streams run
/// together.
///
/// ``pieces`` are arrays at the model's own rate, one a stream. The answers are as those of
/// ``Stream.feed``. If it fails all streams are as they were.
///
/// >>> amaas.feed_together(streams, pieces)
#[pyfunction]
#[pyo3(signature = (streams, pieces, *, timeout = None, priority = None, key = None, tenant = None, idempotency = None))]
#[expect(
    clippy::too_many_arguments,
    reason = "keyword arguments, as Python users expect"
)]
pub(crate) fn feed_together<'py>(
    py: Python<'py>,
    streams: Vec<PyRef<'py, Stream>>,
    pieces: Vec<Bound<'py, PyAny>>,
    timeout: Option<Seconds>,
    priority: Option<&str>,
    key: Option<String>,
    tenant: Option<&str>,
    idempotency: Option<&str>,
) -> Result<Bound<'py, PyList>> {
    if streams.len() != pieces.len() {
        let message = format!("`{}` pieces for `{}` streams", pieces.len(), streams.len());
        return Err(invalid(message, "pass one piece a stream").into());
    }
    let feeds = streams
        .into_iter()
        .zip(pieces)
        .map(|(stream, piece)| Ok((stream.get()?, stream.piece(&piece, None)?)));
    let feeds = feeds.collect::<Result<Vec<_>>>()?;
    let call = call(timeout, priority, key, tenant, idempotency)?;
    let all = interrupt::detached(py, call, |call| {
        let feeds: Vec<_> = feeds
            .iter()
            .map(|(stream, piece)| (stream, piece))
            .collect();
        amaas_core::feed_together(&feeds, call)
    })?;
    let dicts = all.into_iter().map(|one| heard(py, one));
    Ok(PyList::new(py, dicts.collect::<Result<Vec<_>>>()?)?)
}
