//! `amaas.Watcher`: a thread of the core's that follows the registry and tells a function of Python's.
//!
//! The trap: closing waits for the thread, and the thread may wait for the interpreter. So a watcher
//! is never let go of by a thread that holds the interpreter, and `amaas/_ending.py` closes those
//! that are open before the interpreter ends.

use std::sync::{Arc, Mutex, PoisonError};

use amaas_core::registry::remote::Remote;
use amaas_core::service::{WatchEvent, WatchOptions, Watcher as CoreWatcher};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::call::Seconds;
use crate::checks::Problem;
use crate::errors::Result;
use crate::held::{Handles, Held};
use crate::lifecycle::Updated;
use crate::outside;

type Callback = Option<Arc<Py<PyAny>>>;

/// Follows the registry until it is closed.
///
/// Made by ``Service.watch``.
///
/// >>> with service.watch(print):
/// ...     serve()
#[pyclass(frozen, weakref, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Watcher {
    held: Arc<Held<Arc<CoreWatcher>>>,
    callback: Mutex<Callback>,
}

/// How Python says that the registry is to be followed.
pub(crate) fn options(interval: Seconds, longest: Seconds, notifications: bool) -> WatchOptions {
    let (Seconds(interval), Seconds(longest)) = (interval, longest);
    WatchOptions {
        interval,
        longest,
        notifications,
    }
}

impl Watcher {
    /// Starts one, which closes with the others of `handles`.
    pub(crate) fn start<'py>(
        py: Python<'py>,
        service: &amaas_core::Service,
        (options, remote): (WatchOptions, Option<Remote>),
        callback: Option<Py<PyAny>>,
        handles: &Handles,
    ) -> Result<Bound<'py, Self>> {
        let callback: Callback = callback.map(Arc::new);
        let told = callback.clone();
        let told = move |event| tell(&told, event);
        let watcher = py.detach(|| match remote {
            Some(remote) => service.watch_remote(remote, options, told),
            None => service.watch(options, told),
        })?;
        let watcher = Bound::new(
            py,
            Self {
                held: handles.remember("watcher", Arc::new(watcher)),
                callback: Mutex::new(callback),
            },
        )?;
        py.import("amaas._ending")?
            .call_method1("remember", (&watcher,))?;
        Ok(watcher)
    }

    fn callback(&self) -> std::sync::MutexGuard<'_, Callback> {
        self.callback.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls the user's function; what it raises goes to `sys.unraisablehook`.
fn tell(callback: &Callback, event: WatchEvent) {
    let Some(callback) = callback else { return };
    // An interpreter that is ending is told nothing.
    outside::attached(|py| {
        let told = match event {
            WatchEvent::Updated(updated) => callback.call1(py, (Updated::from(updated),)),
            WatchEvent::Deaf(error) => callback.call1(py, (Problem::from(error),)),
            _ => return, // nothing that this version knows of
        };
        if let Err(error) = told {
            error.write_unraisable(py, Some(callback.bind(py)));
        }
    });
}

#[pymethods]
impl Watcher {
    /// Look now, whatever the time. Returns at once.
    ///
    /// >>> watcher.look()
    fn look(&self) -> Result<()> {
        self.held.get()?.look();
        Ok(())
    }

    /// Stop following the registry, after a look that is under way.
    ///
    /// >>> watcher.close()
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.held.close());
        self.callback().take();
    }

    fn __enter__(slf: Bound<'_, Self>) -> Result<Bound<'_, Self>> {
        slf.get().held.get()?;
        Ok(slf)
    }

    #[pyo3(signature = (*_details))]
    fn __exit__(&self, py: Python<'_>, _details: &Bound<'_, PyTuple>) {
        self.close(py);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.callback.try_lock().as_deref() {
            Ok(Some(callback)) => visit.call(&**callback),
            _ => Ok(()),
        }
    }

    fn __clear__(&self, py: Python<'_>) {
        self.close(py);
    }

    fn __repr__(&self) -> &'static str {
        match self.held.get() {
            Ok(_) => "<Watcher>",
            Err(_) => "<Watcher, closed>",
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        Python::try_attach(|py| self.close(py));
    }
}
