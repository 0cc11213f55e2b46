//! `await`: a ticket of the core's as a future of asyncio's.
//!
//! The answer is made on the thread that finishes the request and handed to the event loop. A future
//! that is cancelled, as by `asyncio.wait_for` or a task that ends, cancels its ticket.
//!
//! The trap: the texts and arrays of a request are read on the thread of the event loop, before it
//! waits. Many thousand texts at once belong in a thread (`asyncio.to_thread`).

use std::sync::Arc;

use amaas_core::Ticket;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};

use crate::errors::{Failure, Result};
use crate::outside;

/// What Python awaits for the ticket of `submit`; `convert` makes a Python object of its answer.
pub(crate) fn future<'py, T: Send + 'static>(
    py: Python<'py>,
    submit: impl FnOnce() -> Ticket<T> + Send,
    convert: impl FnOnce(Python<'_>, T) -> Result<Py<PyAny>> + Send + 'static,
) -> Result<Bound<'py, PyAny>> {
    let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
    let future = event_loop.call_method0("create_future")?;
    let ticket = Arc::new(py.detach(submit));
    let held = Arc::clone(&ticket);
    let cancel = move |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| held.cancel();
    let cancel = PyCFunction::new_closure(py, None, None, cancel)?;
    future.call_method1("add_done_callback", (cancel,))?;
    let (event_loop, awaited) = (event_loop.unbind(), future.clone().unbind());
    let done = Arc::clone(&ticket);
    ticket.on_done(move || {
        let answer = done.wait();
        // Neither an interpreter that is ending nor a loop that is closed awaits anything.
        outside::attached(|py| {
            let answer = answer.map_err(Failure::from);
            let answer = answer.and_then(|answer| convert(py, answer));
            drop(settle(
                py,
                &event_loop,
                &awaited,
                answer.map_err(PyErr::from),
            ));
        });
    });
    Ok(future)
}

/// Asks the event loop to end the future.
pub(crate) fn settle(
    py: Python<'_>,
    event_loop: &Py<PyAny>,
    future: &Py<PyAny>,
    answer: PyResult<Py<PyAny>>,
) -> PyResult<()> {
    let settle = py.import("amaas._later")?.getattr("settle")?;
    let (answer, error) = match answer {
        Ok(answer) => (Some(answer), None),
        Err(error) => (None, Some(error)),
    };
    let arguments = (settle, future, answer, error);
    event_loop.call_method1(py, "call_soon_threadsafe", arguments)?;
    Ok(())
}
