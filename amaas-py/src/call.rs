//! What any call may say, from the keyword arguments `timeout`, `priority`, `key`, `tenant` and
//! `idempotency`.

use std::time::Duration;

use amaas_core::Call;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::errors::{Failure, Result, invalid};

/// A time in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seconds(pub(crate) Duration);

impl Seconds {
    /// After what time a guard begins counting anew.
    pub(crate) const WINDOW: Self = Self(Duration::from_secs(600));
    /// How often a watcher looks.
    pub(crate) const INTERVAL: Self = Self(Duration::from_secs(30));
    /// How long a watcher rests at most after failures in a row.
    pub(crate) const LONGEST: Self = Self(Duration::from_secs(600));
    /// How long tuning may take.
    pub(crate) const TUNING: Self = Self(Duration::from_secs(60));
}

impl<'py> FromPyObject<'_, 'py> for Seconds {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let wanted = |_| PyTypeError::new_err("a time must be a number of seconds");
        let seconds: f64 = given.extract().map_err(wanted)?;
        if seconds == f64::INFINITY {
            return Ok(Self(Duration::MAX));
        }
        let refused = |_| {
            let message = format!("a time of `{seconds}` seconds");
            Failure::from(invalid(message, "use a number that is not negative"))
        };
        Ok(Duration::try_from_secs_f64(seconds)
            .map(Self)
            .map_err(refused)?)
    }
}

/// The call that says this.
pub(crate) fn call(
    timeout: Option<Seconds>,
    priority: Option<&str>,
    key: Option<String>,
    tenant: Option<&str>,
    idempotency: Option<&str>,
) -> Result<Call> {
    Ok(Call {
        deadline: timeout.map(|Seconds(timeout)| timeout),
        priority: priority.map(str::parse).transpose()?.unwrap_or_default(),
        key,
        tenant: tenant.map(Into::into),
        idempotency: idempotency.map(Into::into),
        ..Call::default()
    })
}
