//! `await`: a ticket of the core's, or a call on a thread of its own, as a future of asyncio's.
//!
//! The answer is made on the thread that finishes the request and handed to the event loop. A future
//! that is cancelled, as by `asyncio.wait_for` or a task that ends, cancels its ticket, or what its
//! call is at.
//!
//! The trap: the texts and arrays of a request are read on the thread of the event loop, before it
//! waits. Many thousand texts at once belong in a thread (`asyncio.to_thread`).

use std::sync::Arc;

use amaas_core::runtime::Stop;
use amaas_core::{Error, ErrorKind, Ticket};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};

use crate::errors::{Failure, Result};
use crate::interrupt;
use crate::outside;

/// What Python awaits for the ticket of `submit`; `convert` makes a Python object of its answer.
pub(crate) fn future<'py, T: Send + 'static>(
    py: Python<'py>,
    submit: impl FnOnce() -> Ticket<T> + Send,
    convert: impl FnOnce(Python<'_>, T) -> Result<Py<PyAny>> + Send + 'static,
) -> Result<Bound<'py, PyAny>> {
    let awaited = Awaited::new(py)?;
    let future = awaited.future.bind(py).clone();
    let ticket = Arc::new(py.detach(submit));
    let held = Arc::clone(&ticket);
    awaited.at_end(py, move || held.cancel())?;
    let done = Arc::clone(&ticket);
    ticket.on_done(move || {
        let answer = done.wait();
        // An interpreter that is ending awaits nothing.
        outside::attached(|py| {
            let answer = answer.map_err(Failure::from);
            let answer = answer.and_then(|answer| convert(py, answer));
            awaited.settle(py, answer.map_err(PyErr::from));
        });
    });
    Ok(future)
}

/// What Python awaits for ``call``, which is made on a thread of its own.
#[pyfunction(name = "_later")]
pub(crate) fn later(py: Python<'_>, call: Py<PyAny>) -> Result<Py<PyAny>> {
    let awaited = Awaited::new(py)?;
    let future = awaited.future.clone_ref(py);
    let stop = Stop::new();
    let raised = stop.clone();
    awaited.at_end(py, move || raised.raise())?;
    let work = move || {
        let _ended = outside::ends(&stop);
        let call = |py: Python<'_>| awaited.settle(py, call.call0(py));
        interrupt::until(&stop, || outside::attached(call));
    };
    let thread = std::thread::Builder::new().name("amaas-later".to_owned());
    thread.spawn(work).map_err(no_thread)?;
    Ok(future)
}

fn no_thread(cause: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        "no thread can be started for what is awaited",
    )
    .because(cause)
    .advise("raise the limit of threads, or await less at once")
}

/// A future of the event loop that runs on this thread.
pub(crate) struct Awaited {
    event_loop: Py<PyAny>,
    pub(crate) future: Py<PyAny>,
}

impl Awaited {
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
        let future = event_loop.call_method0("create_future")?;
        Ok(Self {
            event_loop: event_loop.unbind(),
            future: future.unbind(),
        })
    }

    /// Calls `action` when the future is done, as when it is cancelled.
    fn at_end(&self, py: Python<'_>, action: impl Fn() + Send + Sync + 'static) -> PyResult<()> {
        let action = move |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| action();
        let action = PyCFunction::new_closure(py, None, None, action)?;
        self.future
            .call_method1(py, "add_done_callback", (action,))?;
        Ok(())
    }

    /// Asks the event loop to end the future; one that is closed awaits nothing.
    pub(crate) fn settle(&self, py: Python<'_>, answer: PyResult<Py<PyAny>>) {
        let (answer, error) = match answer {
            Ok(answer) => (Some(answer), None),
            Err(error) => (None, Some(error)),
        };
        let settle = || {
            let settle = py.import("amaas._later")?.getattr("settle")?;
            let arguments = (settle, &self.future, answer, error);
            self.event_loop
                .call_method1(py, "call_soon_threadsafe", arguments)
        };
        drop(settle());
    }
}
