//! A page of metrics, as Prometheus reads it.

use pyo3::prelude::*;

use crate::errors::Result;
use crate::service::Service;

#[pymethods]
impl Service {
    /// What its routes answered and what is in memory, in the text format of Prometheus.
    ///
    /// Names follow OpenTelemetry's conventions for generative AI. Neither inputs nor tenants are in it.
    ///
    /// >>> service.metrics_text()  # the answer to ``GET /metrics``
    fn metrics_text(&self, py: Python<'_>) -> Result<String> {
        let service = self.held.get()?;
        Ok(py.detach(|| service.metrics_text()))
    }
}
