//! Time by which a tenant is charged, and what a tenant used so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use amaas_core::service::Tenancy as CoreTenancy;
use amaas_core::usage::{Standing as CoreStanding, Unit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rust_decimal::Decimal;

use crate::errors::Result;
use crate::held::Held;
use crate::receipt::Receipt;
use crate::record::record;
use crate::route::Route;
use crate::service::Service;

record! {
    /// What a tenant used so far today and this month, in UTC.
    Standing {
        /// Rows of answered requests today.
        rows_today: u64,
        /// Money spent today.
        spent_today: Decimal,
        /// Money spent this month.
        spent_this_month: Decimal,
        /// By rate and unit what was used this month: requests, rows, tokens, nanoseconds.
        used: BTreeMap<String, BTreeMap<String, u64>>,
    }
}

impl From<CoreStanding> for Standing {
    fn from(standing: CoreStanding) -> Self {
        let used = standing.used.into_iter().map(|(rate, volumes)| {
            let units = Unit::ALL.map(|unit| (unit.name().to_owned(), volumes.get(unit)));
            (rate.to_string(), units.into())
        });
        Self {
            rows_today: standing.rows_today,
            spent_today: standing.spent_today,
            spent_this_month: standing.spent_this_month,
            used: used.collect(),
        }
    }
}

/// Keeps what a route serves in memory on behalf of a tenant, who pays for the time.
///
/// Made by ``Route.keep_for``. What was not settled is charged when it is closed.
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Tenancy(Held<Arc<CoreTenancy>>);

#[pymethods]
impl Tenancy {
    /// Charge for the time since it began or was last settled.
    ///
    /// Settle each hour or so: what was not settled when the process dies is never charged.
    ///
    /// Raises what the ledger ends with; the time is then charged with the next receipt.
    ///
    /// >>> tenancy.settle().loaded_seconds
    /// 3600.2
    fn settle(&self, py: Python<'_>) -> Result<Receipt> {
        let tenancy = self.0.get()?;
        let usage = py.detach(|| tenancy.settle())?;
        Ok(Receipt::from(&usage))
    }

    /// Charge for the rest, and keep nothing any more. An error of that is logged.
    ///
    /// >>> tenancy.close()
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.close());
    }

    fn __enter__(slf: Bound<'_, Self>) -> Result<Bound<'_, Self>> {
        slf.get().0.get()?;
        Ok(slf)
    }

    #[pyo3(signature = (*_details))]
    fn __exit__(&self, py: Python<'_>, _details: &Bound<'_, PyTuple>) {
        self.close(py);
    }
}

#[pymethods]
impl Route {
    /// Keep what the route serves in memory for ``tenant``, who is charged for the time from now on.
    ///
    /// It pins the route, and leaves it pinned.
    ///
    /// Raises ``InvalidArgument`` for a name that cannot be written down.
    ///
    /// >>> with reviews.keep_for("acme") as tenancy:
    /// ...     tenancy.settle().price
    fn keep_for(&self, py: Python<'_>, tenant: &str) -> Result<Tenancy> {
        let route = self.held.get()?;
        let tenancy = py.detach(|| route.keep_for(tenant))?;
        Ok(Tenancy(Held::new("tenancy", Arc::new(tenancy))))
    }
}

#[pymethods]
impl Service {
    /// What ``tenant`` used so far today and this month; ``None`` asks for all calls that name none.
    ///
    /// Raises what the ledger ends with.
    ///
    /// >>> service.standing("acme").spent_today
    /// Decimal('0.200000')
    #[pyo3(signature = (tenant = None))]
    fn standing(&self, py: Python<'_>, tenant: Option<&str>) -> Result<Standing> {
        let service = self.held.get()?;
        Ok(py.detach(|| service.standing(tenant))?.into())
    }
}
