//! The receipt of a request, and how a caller gets it.
//!
//! Answers keep the shapes that users know, so a receipt goes beside them: to the function that a call
//! was given as `receipt`.

use std::sync::Arc;

use amaas_core::usage::Usage as CoreUsage;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use rust_decimal::Decimal;

use crate::errors::Result;
use crate::outside;
use crate::record::record;

record! {
    /// What one request used, and what it costs.
    Receipt {
        /// For whom it was, as the call said.
        tenant: Option<String>,
        /// The model's name.
        model: String,
        /// The version that answered, from start to end, as ``"1.2.0"``.
        version: String,
        /// The package that answered, as ``"sha256:…"``.
        digest: String,
        /// The task that read the answer; ``None`` where arrays were asked for.
        task: Option<String>,
        /// 1, or 0 on a receipt for time that a version was kept loaded.
        requests: u64,
        /// Texts, or the first dimension of the first input.
        rows: u64,
        /// Tokens that the model read, padding not counted.
        tokens: u64,
        /// Tokens that the model wrote.
        tokens_out: u64,
        /// Bytes of the texts or arrays that were asked.
        bytes_in: u64,
        /// Bytes of the tensors that the model answered.
        bytes_out: u64,
        /// Seconds it waited for an instance.
        queued_seconds: f64,
        /// Seconds it ran; in a shared run the share of its rows.
        computed_seconds: f64,
        /// Seconds that the version was kept loaded; 0 for a request.
        loaded_seconds: f64,
        /// The most requests that ran together with it, itself included.
        together: u64,
        /// The providers that ran it, as ``"CPUExecutionProvider"``, joined by ``+``.
        placement: String,
        /// What it costs; ``None`` without a price table, or where no rate fits.
        price: Option<Decimal>,
        /// The currency of ``price``.
        currency: Option<String>,
        /// The rate of ``price``.
        rate: Option<String>,
        /// The version of the price table.
        price_table: Option<String>,
        /// Whether its idempotency key was charged before, so that this receipt is not.
        repeated: bool,
    }
}

impl From<&CoreUsage> for Receipt {
    fn from(usage: &CoreUsage) -> Self {
        let price = usage.price.as_ref();
        Self {
            tenant: usage.tenant.as_deref().map(str::to_owned),
            model: usage.model.to_string(),
            version: usage.version.to_string(),
            digest: usage.digest.to_string(),
            task: usage.task.map(str::to_owned),
            requests: usage.requests,
            rows: usage.rows,
            tokens: usage.tokens,
            tokens_out: usage.tokens_out,
            bytes_in: usage.bytes_in,
            bytes_out: usage.bytes_out,
            queued_seconds: usage.queued.as_secs_f64(),
            computed_seconds: usage.computed.as_secs_f64(),
            loaded_seconds: usage.loaded.as_secs_f64(),
            together: usage.together,
            placement: usage.placement.to_string(),
            price: price.map(|price| price.amount),
            currency: price.map(|price| price.terms.currency.to_string()),
            rate: price.map(|price| price.terms.rate.to_string()),
            price_table: price.map(|price| price.terms.table.to_string()),
            repeated: usage.repeated,
        }
    }
}

/// Who is given the receipt of a call.
#[derive(Debug)]
pub(crate) struct Payer(Py<PyAny>);

impl<'py> FromPyObject<'_, 'py> for Payer {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if !given.is_callable() {
            let message = "receipt must be a function that takes an amaas.Receipt";
            return Err(PyTypeError::new_err(message));
        }
        Ok(Self(given.to_owned().unbind()))
    }
}

/// A function that is told of each receipt of a service.
#[derive(Debug, Clone)]
pub(crate) struct Listener(Arc<Py<PyAny>>);

impl<'py> FromPyObject<'_, 'py> for Listener {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if !given.is_callable() {
            let message = "on_receipt must be a function that takes an amaas.Receipt";
            return Err(PyTypeError::new_err(message));
        }
        Ok(Self(Arc::new(given.to_owned().unbind())))
    }
}

impl Listener {
    /// Calls the function; what it raises goes to `sys.unraisablehook`.
    pub(crate) fn tell(&self, usage: &CoreUsage) {
        // An interpreter that is ending is told nothing.
        outside::attached(|py| {
            if let Err(error) = self.0.call1(py, (Receipt::from(usage),)) {
                error.write_unraisable(py, Some(self.0.bind(py)));
            }
        });
    }
}

/// Hands a receipt over, if somebody asked for it; what the function raises ends the call.
pub(crate) fn give(py: Python<'_>, payer: Option<&Payer>, usage: &CoreUsage) -> Result<()> {
    if let Some(Payer(function)) = payer {
        function.call1(py, (Receipt::from(usage),))?;
    }
    Ok(())
}
