//! `amaas.Ledger`: what was kept of receipts, as sums, exports and invoices.

use std::collections::BTreeMap;
use std::path::PathBuf;

use amaas_core::clock::Day;
use amaas_core::usage::{
    By, Filter, Invoice as CoreInvoice, InvoiceLine as CoreLine, Ledger as CoreLedger,
    Sum as CoreSum,
};
use pyo3::prelude::*;
use rust_decimal::Decimal;

use crate::errors::{Result, invalid};
use crate::held::Held;
use crate::record::record;
use crate::service::Service;

/// Receipts on disk, which ``Service(ledger=…)`` writes.
///
/// ``path`` is a ledger that is there; it is read and not written.
///
/// Raises ``NotFound`` when it is not there, ``InvalidArgument`` when it is something else's,
/// ``Corrupt`` when it is damaged.
///
/// >>> amaas.Ledger("usage.db").sums(by=["tenant", "day"])
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Ledger(Held<CoreLedger>);

impl From<CoreLedger> for Ledger {
    fn from(ledger: CoreLedger) -> Self {
        Self(Held::new("ledger", ledger))
    }
}

#[pymethods]
impl Ledger {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> Result<Self> {
        Ok(py.detach(|| CoreLedger::read(path))?.into())
    }

    /// The sums of receipts, told apart by currency and by any of ``"tenant"``, ``"model"``, ``"day"``
    /// and ``"rate"``.
    ///
    /// ``tenant``, ``model``, ``since`` and ``until`` say which receipts are meant; the days are in UTC,
    /// as ``"2026-01-31"``, and ``until`` is the one after the last.
    ///
    /// Raises ``InvalidArgument`` for another column or what is no day, ``Corrupt`` for damage.
    ///
    /// >>> ledger.sums(by=["model"], tenant="acme", since="2026-01-01")[0].amount
    /// Decimal('0.300000')
    #[pyo3(signature = (by = Vec::new(), *, tenant = None, model = None, since = None, until = None),
           text_signature = "(self, by=(), *, tenant=None, model=None, since=None, until=None)")]
    fn sums(
        &self,
        py: Python<'_>,
        by: Vec<String>,
        tenant: Option<String>,
        model: Option<String>,
        since: Option<&str>,
        until: Option<&str>,
    ) -> Result<Vec<Sum>> {
        let ledger = self.0.get()?;
        let filter = filter(tenant, model, since, until)?;
        let by = by.iter().map(|by| by.parse());
        let by = by.collect::<amaas_core::Result<Vec<By>>>()?;
        let sums = py.detach(|| ledger.sums(&filter, &by))?;
        Ok(sums.into_iter().map(Sum::from).collect())
    }

    /// Write receipts to ``path``, as its ending says: ``.csv``, ``.json`` or ``.parquet``; how many.
    ///
    /// ``tenant``, ``model``, ``since`` and ``until`` are as in ``sums``.
    ///
    /// Raises ``InvalidArgument`` for another ending, ``Io`` when the file cannot be written.
    ///
    /// >>> ledger.export("january.parquet", since="2026-01-01", until="2026-02-01")
    /// 4
    #[pyo3(signature = (path, *, tenant = None, model = None, since = None, until = None))]
    fn export(
        &self,
        py: Python<'_>,
        path: PathBuf,
        tenant: Option<String>,
        model: Option<String>,
        since: Option<&str>,
        until: Option<&str>,
    ) -> Result<u64> {
        let ledger = self.0.get()?;
        let filter = filter(tenant, model, since, until)?;
        Ok(py.detach(|| ledger.export(&filter, path))?)
    }

    /// What ``tenant`` owes for the days from ``since`` up to and without ``until``, in UTC.
    ///
    /// Raises ``InvalidArgument`` when there are no such days.
    ///
    /// >>> ledger.invoice("acme", "2026-01-01", "2026-02-01").totals
    /// {'EUR': Decimal('0.300000')}
    fn invoice(&self, py: Python<'_>, tenant: &str, since: &str, until: &str) -> Result<Invoice> {
        let ledger = self.0.get()?;
        let (since, until) = (day(since)?, day(until)?);
        Ok(Invoice(py.detach(|| ledger.invoice(tenant, since, until))?))
    }
}

#[pymethods]
impl Service {
    /// The ledger it writes; ``None`` without one. What waits to be written is settled before an answer.
    ///
    /// >>> service.ledger.sums(by=["tenant"])
    #[getter]
    fn ledger(&self) -> Result<Option<Ledger>> {
        self.held.get()?;
        let ledger = self.ledger.as_ref().map(Held::get).transpose()?;
        Ok(ledger.map(Ledger::from))
    }
}

record! {
    /// The sum of some receipts. Amounts of several currencies are never one sum.
    Sum {
        /// The tenant, where sums are told apart by it.
        tenant: Option<String>,
        /// The model, where sums are told apart by it.
        model: Option<String>,
        /// The day as ``"2026-01-31"``, where sums are told apart by it.
        day: Option<String>,
        /// The rate, where sums are told apart by it.
        rate: Option<String>,
        /// Answered requests.
        requests: u64,
        /// Rows.
        rows: u64,
        /// Tokens read.
        tokens_in: u64,
        /// Tokens written.
        tokens_out: u64,
        /// Bytes asked.
        bytes_in: u64,
        /// Bytes answered.
        bytes_out: u64,
        /// Seconds of waiting.
        queued_seconds: f64,
        /// Seconds of running.
        computed_seconds: f64,
        /// Seconds of being kept loaded.
        loaded_seconds: f64,
        /// Money.
        amount: Decimal,
        /// Of which currency; empty where nothing had a price.
        currency: String,
    }
}

impl From<CoreSum> for Sum {
    fn from(sum: CoreSum) -> Self {
        Self {
            tenant: sum.tenant,
            model: sum.model,
            day: sum.day,
            rate: sum.rate,
            requests: sum.requests,
            rows: sum.rows,
            tokens_in: sum.tokens_in,
            tokens_out: sum.tokens_out,
            bytes_in: sum.bytes_in,
            bytes_out: sum.bytes_out,
            queued_seconds: sum.queued.as_secs_f64(),
            computed_seconds: sum.computed.as_secs_f64(),
            loaded_seconds: sum.loaded.as_secs_f64(),
            amount: sum.amount,
            currency: sum.currency,
        }
    }
}

record! {
    /// What one model cost by one rate.
    InvoiceLine {
        /// The model.
        model: String,
        /// The rate; empty for what had no price.
        rate: String,
        /// Answered requests.
        requests: u64,
        /// Rows.
        rows: u64,
        /// Tokens read.
        tokens_in: u64,
        /// Tokens written.
        tokens_out: u64,
        /// Seconds of running.
        computed_seconds: f64,
        /// Seconds of being kept loaded.
        loaded_seconds: f64,
        /// Money.
        amount: Decimal,
        /// Of which currency.
        currency: String,
    }
}

impl From<&CoreLine> for InvoiceLine {
    fn from(line: &CoreLine) -> Self {
        Self {
            model: line.model.clone(),
            rate: line.rate.clone(),
            requests: line.requests,
            rows: line.rows,
            tokens_in: line.tokens_in,
            tokens_out: line.tokens_out,
            computed_seconds: line.computed.as_secs_f64(),
            loaded_seconds: line.loaded.as_secs_f64(),
            amount: line.amount,
            currency: line.currency.clone(),
        }
    }
}

/// What a tenant owes; its total is the sum of its receipts, to the last digit.
#[pyclass(frozen, module = "amaas")]
#[derive(Debug)]
pub(crate) struct Invoice(CoreInvoice);

#[pymethods]
impl Invoice {
    /// Who owes it.
    #[getter]
    fn tenant(&self) -> &str {
        &self.0.tenant
    }

    /// The first day, in UTC.
    #[getter]
    fn since(&self) -> String {
        self.0.from.to_string()
    }

    /// The day after the last.
    #[getter]
    fn until(&self) -> String {
        self.0.until.to_string()
    }

    /// One for each model and rate.
    #[getter]
    fn lines(&self) -> Vec<InvoiceLine> {
        self.0.lines.iter().map(InvoiceLine::from).collect()
    }

    /// The total of each currency.
    #[getter]
    fn totals(&self) -> BTreeMap<String, Decimal> {
        self.0.totals.clone()
    }

    /// The lines as CSV, with names above.
    ///
    /// >>> print(invoice.to_csv())
    fn to_csv(&self) -> Result<String> {
        Ok(self.0.to_csv()?)
    }

    /// A page that people can read and print.
    ///
    /// >>> page = invoice.to_html()
    fn to_html(&self) -> String {
        self.0.to_html()
    }

    /// Write it to ``path``, as its ending says: a page as ``.html``, or ``.csv``.
    ///
    /// Raises ``InvalidArgument`` for another ending, ``Io`` when the file cannot be written.
    ///
    /// >>> invoice.write("acme.html")
    fn write(&self, py: Python<'_>, path: PathBuf) -> Result<()> {
        Ok(py.detach(|| self.0.write(path))?)
    }

    fn _repr_html_(&self) -> String {
        self.0.to_html()
    }

    fn __repr__(&self) -> String {
        let CoreInvoice {
            tenant,
            from,
            until,
            ..
        } = &self.0;
        format!("<Invoice {tenant:?}, {from} to {until}>")
    }
}

fn filter(
    tenant: Option<String>,
    model: Option<String>,
    since: Option<&str>,
    until: Option<&str>,
) -> Result<Filter> {
    Ok(Filter {
        tenant,
        model,
        from: since.map(day).transpose()?,
        until: until.map(day).transpose()?,
    })
}

fn day(text: &str) -> Result<Day> {
    let refused = |cause: &'static str| {
        invalid(format!("`{text}` is no day"), "write it as `2026-01-31`").because(cause)
    };
    Ok(text.parse().map_err(refused)?)
}
