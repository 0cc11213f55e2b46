//! `amaas.Kept`: versions that stay loaded whether or not some route serves them.

use std::sync::Arc;

use amaas_core::registry::Policy;
use amaas_core::service::Kept as CoreKept;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::errors::{Failure, Result, invalid};
use crate::held::{Handles, Held};
use crate::interrupt;
use crate::names::exact;
use crate::origin::Origin;
use crate::route::Route;

/// Versions of one model that stay loaded.
///
/// Made by ``Service.keep``; each version takes the memory that loading it takes, until this is
/// closed or the service is.
///
/// >>> with service.keep("sentiment", 2) as kept:
/// ...     kept.routes[0]("I loved it")
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Kept {
    held: Arc<Held<CoreKept>>,
    handles: Arc<Handles>,
    origin: Arc<Origin>,
}

impl Kept {
    pub(crate) fn new(kept: CoreKept, handles: Arc<Handles>, origin: Arc<Origin>) -> Self {
        let held = handles.remember("kept", kept);
        Self {
            held,
            handles,
            origin,
        }
    }
}

#[pymethods]
impl Kept {
    /// The versions that are kept, the highest first.
    #[getter]
    fn versions(&self) -> Result<Vec<String>> {
        let versions = self.held.get()?.versions();
        Ok(versions.iter().map(ToString::to_string).collect())
    }

    /// A route to each version that is kept, the highest first. Each is pinned to its version.
    #[getter]
    fn routes(&self) -> Result<Vec<Route>> {
        let routes = self.held.get()?.routes().into_iter();
        let route = |route| {
            let (held, origin) = (self.handles.remember("route", route), &self.origin);
            Route::new(held, Arc::clone(origin), origin.settings.clone())
        };
        Ok(routes.map(route).collect())
    }

    /// Load what is to be kept now, then let go of the rest; ``True`` when that changed anything.
    ///
    /// If a version cannot be loaded everything stays as it was, and the error says why.
    ///
    /// Raises what ``Service.keep`` raises.
    ///
    /// >>> service.publish("packages/sentiment-1.2.0")
    /// >>> kept.update()
    /// True
    fn update(&self, py: Python<'_>) -> Result<bool> {
        let kept = self.held.get()?;
        interrupt::held(py, || kept.update())
    }

    /// Let go of the versions. Those that a route serves stay with it.
    ///
    /// >>> kept.close()
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

    fn __repr__(&self) -> String {
        match self.versions() {
            Ok(versions) => format!("<Kept {}>", versions.join(", ")),
            Err(_) => "<Kept, closed>".to_owned(),
        }
    }
}

/// Which versions are kept, as Python says it: a number, `"all"`, or a list.
#[derive(Debug)]
pub(crate) struct Wanted(pub(crate) Policy);

impl Wanted {
    pub(crate) const ALL: Self = Self(Policy::All);
}

impl<'py> FromPyObject<'_, 'py> for Wanted {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if given.is_instance_of::<PyString>() {
            return match given.extract()? {
                "all" => Ok(Self::ALL),
                word => Err(refused(word)),
            };
        }
        if let Ok(count) = given.extract::<i64>() {
            let count = usize::try_from(count).ok().filter(|count| *count > 0);
            return count
                .map(|count| Self(Policy::Latest(count)))
                .ok_or_else(|| refused("a number below 1"));
        }
        let wanted = |_| PyTypeError::new_err("versions must be an int, \"all\" or a list of str");
        let versions: Vec<String> = given.extract().map_err(wanted)?;
        let versions = versions.iter().map(|version| exact(version));
        let versions = versions.collect::<amaas_core::Result<_>>();
        Ok(Self(Policy::Specific(versions.map_err(Failure::from)?)))
    }
}

fn refused(what: &str) -> PyErr {
    let message = format!("`{what}` says not which versions to keep");
    Failure::from(invalid(
        message,
        "use a number, \"all\" or a list of versions",
    ))
    .into()
}
