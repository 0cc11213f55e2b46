//! What any call may say, from the keyword arguments `timeout`, `priority`, `tenant` and
//! `idempotency`.

use std::time::Duration;

use amaas_core::Call;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::errors::{Failure, Result, invalid};

/// A time in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seconds(pub(crate) Duration);

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
    tenant: Option<&str>,
    idempotency: Option<&str>,
) -> Result<Call> {
    Ok(Call {
        deadline: timeout.map(|Seconds(timeout)| timeout),
        priority: priority.map(str::parse).transpose()?.unwrap_or_default(),
        tenant: tenant.map(Into::into),
        idempotency: idempotency.map(Into::into),
        ..Call::default()
    })
}
