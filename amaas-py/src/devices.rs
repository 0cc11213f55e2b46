//! Where a model may run, as Python says it: a text, or a list in order of preference.

use amaas_core::runtime::DevicePolicy;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyString;

use crate::errors::{Failure, Result, invalid};

/// `"cuda:0"`, `"cuda:0+cpu"`, `"cuda:0,cpu"` or `["cuda:0", "cpu"]`.
#[derive(Debug)]
pub(crate) struct Devices(pub(crate) DevicePolicy);

impl<'py> FromPyObject<'_, 'py> for Devices {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if given.is_instance_of::<PyString>() {
            let text: PyBackedStr = given.extract()?;
            return Ok(Self(text.parse().map_err(Failure::Core)?));
        }
        let wanted = |_| PyTypeError::new_err("device must be a str or a list of str");
        let names: Vec<PyBackedStr> = given.extract().map_err(wanted)?;
        Ok(Self(prefer(&names)?))
    }
}

fn prefer(names: &[PyBackedStr]) -> Result<DevicePolicy> {
    if names.is_empty() {
        return Err(invalid(
            "`device` is an empty list",
            "name at least one device, as `cpu`",
        )
        .into());
    }
    let devices = names
        .iter()
        .map(|name| name.trim().parse())
        .collect::<Result<_, _>>()?;
    Ok(DevicePolicy::Prefer(devices))
}
