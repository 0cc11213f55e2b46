//! How models are loaded, from the keyword arguments of `Service` and `load`.
//!
//! The trap: what `load` leaves out is the service's, and what neither says is the core's. So what
//! was asked for is kept apart from what it comes to.

use std::time::Duration;

use amaas_core::LoadSettings;
use amaas_core::service::WarmUp as CoreWarmUp;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::call::Seconds;
use crate::devices::Devices;
use crate::errors::{Failure, invalid};
use crate::record::shown;

/// A number of things of which there must be one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count(pub(crate) usize);

impl<'py> FromPyObject<'_, 'py> for Count {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let number: i64 = given.extract()?;
        let refused = || invalid(format!("a count of `{number}`"), "use at least 1");
        let count = usize::try_from(number).ok().filter(|count| *count > 0);
        count
            .map(Self)
            .ok_or_else(|| Failure::from(refused()).into())
    }
}

/// What was asked for of how a model is loaded.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) device: Option<Devices>,
    pub(crate) instances: Option<Count>,
    pub(crate) threads: Option<Count>,
    pub(crate) rows: Option<Count>,
    pub(crate) timeout: Option<Seconds>,
    pub(crate) idle_unload: Option<Seconds>,
    pub(crate) warm_up: Option<Warm>,
    pub(crate) tokens: Option<Count>,
    pub(crate) waiting: Option<usize>,
    pub(crate) window: Option<Seconds>,
    pub(crate) eager: Option<bool>,
}

impl Asked {
    /// `settings`, except for what was asked for.
    pub(crate) fn over(self, mut settings: LoadSettings) -> LoadSettings {
        if let Some(Devices(devices)) = self.device {
            settings.devices = devices;
        }
        if let Some(Count(rows)) = self.rows {
            settings.limits.rows = rows;
        }
        if let Some(Warm(warm_up)) = self.warm_up {
            settings.warm_up = warm_up;
        }
        let count = |asked: Option<Count>| asked.map(|Count(count)| count);
        let time = |asked: Option<Seconds>| asked.map(|Seconds(time)| time);
        settings.instances = count(self.instances).or(settings.instances);
        settings.threads = count(self.threads).or(settings.threads);
        settings.deadline = time(self.timeout).or(settings.deadline);
        settings.idle_unload = time(self.idle_unload).or(settings.idle_unload);
        let limits = &mut settings.limits;
        limits.tokens = count(self.tokens).unwrap_or(limits.tokens);
        limits.waiting = self.waiting.unwrap_or(limits.waiting);
        limits.window = time(self.window).or(limits.window);
        settings.eager = self.eager.unwrap_or(settings.eager);
        settings
    }
}

/// How a version is made ready before it serves.
///
/// No further run is begun that would end after ``budget`` seconds; 0 for none at all. ``deadline``
/// is how many seconds all of it may take, golden examples included. ``rows`` are the numbers of
/// rows to run over, ``lengths`` the lengths of texts, as shares of the longest that the model takes.
///
/// >>> service.load("sentiment", warm_up=amaas.WarmUp(budget=10, rows=[1, 64]))
#[pyclass(frozen, eq, module = "amaas")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WarmUp(pub(crate) CoreWarmUp);

#[pymethods]
impl WarmUp {
    #[new]
    #[pyo3(signature = (*, budget = None, deadline = None, rows = None, lengths = None),
           text_signature = "(*, budget=0.2, deadline=60.0, rows=(1, 16), lengths=(0.125, 0.5, 1.0))")]
    fn new(
        budget: Option<Seconds>,
        deadline: Option<Seconds>,
        rows: Option<Vec<Count>>,
        lengths: Option<Vec<f64>>,
    ) -> Self {
        let usual = CoreWarmUp::default();
        let time = |asked: Option<Seconds>, usual| asked.map_or(usual, |Seconds(time)| time);
        let rows = rows.map(|rows| rows.into_iter().map(|Count(count)| count).collect());
        let budget = time(budget, usual.budget);
        Self(CoreWarmUp {
            budget,
            first: Some(budget),
            deadline: time(deadline, usual.deadline),
            rows: rows.unwrap_or(usual.rows),
            lengths: lengths.unwrap_or(usual.lengths),
        })
    }

    /// After how many seconds no further run is begun.
    #[getter]
    fn budget(&self) -> f64 {
        self.0.budget.as_secs_f64()
    }

    /// How many seconds it may take in all.
    #[getter]
    fn deadline(&self) -> f64 {
        self.0.deadline.as_secs_f64()
    }

    /// Numbers of rows to run over.
    #[getter]
    fn rows(&self) -> Vec<usize> {
        self.0.rows.clone()
    }

    /// Lengths of texts, as shares of the longest.
    #[getter]
    fn lengths(&self) -> Vec<f64> {
        self.0.lengths.clone()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        shown(slf.as_any(), &["budget", "deadline", "rows", "lengths"])
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        crate::record::rebuilt(slf.as_any(), &["budget", "deadline", "rows", "lengths"])
    }
}

/// A `WarmUp`, or `False` for none.
#[derive(Debug)]
pub(crate) struct Warm(CoreWarmUp);

impl<'py> FromPyObject<'_, 'py> for Warm {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if given.is_instance_of::<PyBool>() {
            let usual = CoreWarmUp::default();
            let is_on = given.extract()?;
            return Ok(Self(if is_on { usual } else { CoreWarmUp::off() }));
        }
        let wanted = |_| PyTypeError::new_err("warm_up must be an amaas.WarmUp or a bool");
        let warm_up = given.cast::<WarmUp>().map_err(wanted)?;
        Ok(Self(warm_up.get().0.clone()))
    }
}

/// Seconds, where there are any.
pub(crate) fn seconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| time.as_secs_f64())
}
