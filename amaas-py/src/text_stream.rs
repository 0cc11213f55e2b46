//! `amaas.TextStream`: a text as it is written, for `for` and for `async for`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use amaas_core::runtime::Stop;
use amaas_core::{Call, TextReady, TextStream as CoreStream};
use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::prelude::*;

use crate::errors::{Failure, Result};
use crate::later::Awaited;
use crate::receipt::{Payer, give};
use crate::{interrupt, outside};

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
    /// Who is given the receipt, until it was given.
    payer: Arc<Mutex<Option<Payer>>>,
}

impl TextStream {
    pub(crate) fn new(stream: CoreStream, payer: Option<Payer>) -> Self {
        Self {
            payer: Arc::new(Mutex::new(payer)),
            stop: stream.stop().clone(),
            ready: stream.ready(),
            stream: Arc::new(Mutex::new(stream)),
        }
    }
}

fn lock<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the receipt of a text that has come to its end, once.
fn pay(py: Python<'_>, stream: &Mutex<CoreStream>, payer: &Mutex<Option<Payer>>) -> Result<()> {
    let usage = py.detach(|| lock(stream).generated().map(|whole| whole.usage.clone()));
    let Some(usage) = usage else {
        return Ok(());
    };
    let payer = lock(payer).take();
    give(py, payer.as_ref(), &usage)
}

#[pymethods]
impl TextStream {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> Result<Option<String>> {
        let piece = interrupt::detached(py, Call::default(), |call| {
            let stop = self.stop.clone();
            let interrupted = call.stop.as_ref();
            let _guard = interrupted.and_then(|flag| flag.on_raise(move || stop.raise()));
            lock(&self.stream).next().transpose()
        })?;
        if piece.is_none() {
            pay(py, &self.stream, &self.payer)?;
        }
        Ok(piece)
    }

    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        let awaited = Awaited::new(py)?;
        let future = awaited.future.bind(py).clone();
        let (stream, payer) = (Arc::clone(&self.stream), Arc::clone(&self.payer));
        let tell = move || {
            let next = lock(&stream).poll_next(&Context::from_waker(Waker::noop()));
            outside::attached(|py| awaited.settle(py, item(py, next, &stream, &payer)));
        };
        py.detach(|| self.ready.when_ready(tell));
        Ok(future)
    }

    /// Give the text up between two tokens: the stream then ends with ``Cancelled``.
    ///
    /// >>> stream = route.stream("Once upon a time")
    /// >>> stream.cancel()
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
fn item(
    py: Python<'_>,
    next: Poll<Option<amaas_core::Result<String>>>,
    stream: &Mutex<CoreStream>,
    payer: &Mutex<Option<Payer>>,
) -> PyResult<Py<PyAny>> {
    match next {
        Poll::Ready(Some(Ok(piece))) => Ok(piece.into_pyobject(py)?.into_any().unbind()),
        Poll::Ready(Some(Err(error))) => Err(Failure::from(error).into()),
        Poll::Ready(None) | Poll::Pending => {
            pay(py, stream, payer)?;
            Err(PyStopAsyncIteration::new_err(()))
        }
    }
}
