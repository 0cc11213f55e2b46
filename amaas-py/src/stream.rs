//! `amaas.TextStream`: a text as it is written, for `for` and for `async for`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use amaas_core::runtime::Stop;
use amaas_core::{Call, TextReady, TextStream as CoreStream};
use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::prelude::*;

use crate::errors::{Failure, Result};
use crate::{interrupt, later, outside};

/// A text as it is written, piece by piece; no piece splits a character.
///
/// Made by ``Route.stream``. Dropping it gives the text up.
///
/// >>> stream = writer.stream("The capital of France is")
/// >>> "".join(stream), stream.finish_reason
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct TextStream {
    stream: Arc<Mutex<CoreStream>>,
    stop: Stop,
    ready: TextReady,
}

impl TextStream {
    pub(crate) fn new(stream: CoreStream) -> Self {
        Self {
            stop: stream.stop().clone(),
            ready: stream.ready(),
            stream: Arc::new(Mutex::new(stream)),
        }
    }
}

fn lock(stream: &Mutex<CoreStream>) -> MutexGuard<'_, CoreStream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl TextStream {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> Result<Option<String>> {
        interrupt::detached(py, Call::default(), |call| {
            let stop = self.stop.clone();
            let interrupted = call.stop.as_ref();
            let _guard = interrupted.and_then(|flag| flag.on_raise(move || stop.raise()));
            lock(&self.stream).next().transpose()
        })
    }

    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
        let future = event_loop.call_method0("create_future")?;
        let (event_loop, awaited) = (event_loop.unbind(), future.clone().unbind());
        let stream = Arc::clone(&self.stream);
        let tell = move || {
            let next = lock(&stream).poll_next(&Context::from_waker(Waker::noop()));
            outside::attached(|py| drop(later::settle(py, &event_loop, &awaited, item(py, next))));
        };
        py.detach(|| self.ready.when_ready(tell));
        Ok(future)
    }

    /// Give the text up between two tokens: the stream then ends with ``Cancelled``.
    fn cancel(&self) {
        self.stop.raise();
    }

    /// The whole text, once the last piece was taken; ``None`` before.
    #[getter]
    fn text(&self, py: Python<'_>) -> Option<String> {
        self.whole(py, |generated| {
            generated.answers.first().map(|answer| answer.text.clone())
        })
    }

    /// Why it ended: ``"stop"`` or ``"length"``; ``None`` before.
    #[getter]
    fn finish_reason(&self, py: Python<'_>) -> Option<&'static str> {
        self.whole(py, |generated| {
            generated.answers.first().map(|answer| answer.finish.name())
        })
    }
}

impl TextStream {
    fn whole<T: Send>(
        &self,
        py: Python<'_>,
        read: impl Fn(&amaas_core::Generated) -> Option<T> + Send,
    ) -> Option<T> {
        py.detach(|| lock(&self.stream).generated().and_then(read))
    }
}

/// What `await` gets of a piece, or of the end.
fn item(py: Python<'_>, next: Poll<Option<amaas_core::Result<String>>>) -> PyResult<Py<PyAny>> {
    match next {
        Poll::Ready(Some(Ok(piece))) => Ok(piece.into_pyobject(py)?.into_any().unbind()),
        Poll::Ready(Some(Err(error))) => Err(Failure::from(error).into()),
        Poll::Ready(None) | Poll::Pending => Err(PyStopAsyncIteration::new_err(())),
    }
}
