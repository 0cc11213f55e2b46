//! How models are loaded, from the keyword arguments of `Service` and `load`.

use amaas_core::LoadSettings;
use pyo3::prelude::*;

use crate::call::Seconds;
use crate::devices::Devices;
use crate::errors::{Failure, invalid};

/// A number of things of which there must be one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count(pub(crate) usize);

impl<'py> FromPyObject<'_, 'py> for Count {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let number: i64 = given.extract()?;
        let refused = || invalid(format!("`{number}` instances or threads"), "use at least 1");
        let count = usize::try_from(number).ok().filter(|count| *count > 0);
        count
            .map(Self)
            .ok_or_else(|| Failure::from(refused()).into())
    }
}

/// `settings`, except for what is said.
pub(crate) fn settings(
    mut settings: LoadSettings,
    device: Option<Devices>,
    instances: Option<Count>,
    threads: Option<Count>,
    timeout: Option<Seconds>,
) -> LoadSettings {
    if let Some(Devices(devices)) = device {
        settings.devices = devices;
    }
    if let Some(Count(instances)) = instances {
        settings.instances = Some(instances);
    }
    if let Some(Count(threads)) = threads {
        settings.threads = Some(threads);
    }
    if let Some(Seconds(timeout)) = timeout {
        settings.deadline = Some(timeout);
    }
    settings
}
