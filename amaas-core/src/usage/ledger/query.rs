//! What a ledger is asked: sums by tenant, model and day.

use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

use rusqlite::{Row, params_from_iter};
use rust_decimal::Decimal;
use serde::Serialize;

use super::Ledger;
use super::fault::damaged;
use super::store::Store;
use crate::clock::Day;
use crate::{Error, ErrorKind, Result};

/// Which receipts are meant; all of them, where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Those of this tenant; an empty name means those that name none.
    pub tenant: Option<String>,
    /// Those of this model.
    pub model: Option<String>,
    /// Those from this day on, in UTC.
    pub from: Option<Day>,
    /// Those before this day.
    pub until: Option<Day>,
}

/// By what sums are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// For whom it was.
    Tenant,
    /// Which model answered.
    Model,
    /// The day on which it was settled, in UTC.
    Day,
    /// The rate by which it was priced.
    Rate,
}

impl By {
    fn column(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Model => "model",
            Self::Day => "day",
            Self::Rate => "rate",
        }
    }
}

impl FromStr for By {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut all = [Self::Tenant, Self::Model, Self::Day, Self::Rate].into_iter();
        all.find(|by| by.column() == text).ok_or_else(|| {
            let message = format!("sums are not told apart by `{text}`");
            Error::new(ErrorKind::InvalidArgument, message)
                .advise("use `tenant`, `model`, `day` or `rate`")
        })
    }
}

/// The sum of some receipts. Amounts of several currencies are never one sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Sum {
    /// The tenant, where sums are told apart by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The model, where sums are told apart by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The day as `2026-01-31`, where sums are told apart by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// The rate, where sums are told apart by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// Answered requests.
    pub requests: u64,
    /// Rows.
    pub rows: u64,
    /// Tokens read.
    pub tokens_in: u64,
    /// Tokens written.
    pub tokens_out: u64,
    /// Bytes asked.
    pub bytes_in: u64,
    /// Bytes answered.
    pub bytes_out: u64,
    /// Time of waiting.
    #[serde(rename = "queued_seconds", serialize_with = "seconds")]
    pub queued: Duration,
    /// Time of running.
    #[serde(rename = "computed_seconds", serialize_with = "seconds")]
    pub computed: Duration,
    /// Time of being kept loaded.
    #[serde(rename = "loaded_seconds", serialize_with = "seconds")]
    pub loaded: Duration,
    /// Money.
    #[serde(serialize_with = "text")]
    pub amount: Decimal,
    /// Of which currency; empty where nothing had a price.
    pub currency: String,
}

pub(super) fn seconds<S: serde::Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_secs_f64())
}

/// Amounts as text, for a number of JSON is a binary fraction to most readers.
pub(super) fn text<S: serde::Serializer>(amount: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&amount.to_string())
}

impl Ledger {
    /// The sums of the receipts that `filter` means, told apart by `by` and by currency, in that
    /// order. Receipts that wait are settled first.
    ///
    /// # Errors
    /// As [`Ledger::flush`], and `Corrupt` when the file is damaged.
    pub fn sums(&self, filter: &Filter, by: &[By]) -> Result<Vec<Sum>> {
        self.0.whole()?.sums(filter, by)
    }
}

impl Filter {
    /// The condition in SQL, and what stands for its question marks.
    pub(super) fn sql(&self) -> (String, Vec<String>) {
        let day = |day: Option<Day>| day.map(|day| day.to_string());
        let parts = [
            ("tenant = ?", self.tenant.clone()),
            ("model = ?", self.model.clone()),
            ("day >= ?", day(self.from)),
            ("day < ?", day(self.until)),
        ];
        let mut sql = String::from("1");
        let mut values = Vec::new();
        for (condition, value) in parts {
            if let Some(value) = value {
                let _ = write!(sql, " AND {condition}");
                values.push(value);
            }
        }
        (sql, values)
    }
}

impl Store {
    fn sums(&self, filter: &Filter, by: &[By]) -> Result<Vec<Sum>> {
        let (condition, values) = filter.sql();
        let columns: Vec<_> = by
            .iter()
            .map(|by| by.column())
            .chain(["currency"])
            .collect();
        let columns = columns.join(", ");
        let sql = format!(
            "SELECT sum(requests), sum(rows), sum(tokens_in), sum(tokens_out), sum(bytes_in),
                sum(bytes_out), sum(queued_ns), sum(computed_ns), sum(loaded_ns),
                decimal_sum(amount), {columns}
             FROM receipts WHERE {condition} GROUP BY {columns} ORDER BY {columns}"
        );
        let ask = || {
            let mut statement = self.connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), |row| read(row, by))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let sums = ask().map_err(|cause| self.unread(cause))?.into_iter();
        let checked = sums.map(|(mut sum, amount)| {
            sum.amount = amount.parse().map_err(|_| damaged(&self.path, "amount"))?;
            Ok(sum)
        });
        checked.collect()
    }
}

/// A sum, and its amount as text.
fn read(row: &Row<'_>, by: &[By]) -> rusqlite::Result<(Sum, String)> {
    let named = |wanted: By| {
        let place = by.iter().position(|by| *by == wanted);
        place.map(|place| row.get(10 + place)).transpose()
    };
    let time = |column| row.get(column).map(Duration::from_nanos);
    let sum = Sum {
        tenant: named(By::Tenant)?,
        model: named(By::Model)?,
        day: named(By::Day)?,
        rate: named(By::Rate)?,
        requests: row.get(0)?,
        rows: row.get(1)?,
        tokens_in: row.get(2)?,
        tokens_out: row.get(3)?,
        bytes_in: row.get(4)?,
        bytes_out: row.get(5)?,
        queued: time(6)?,
        computed: time(7)?,
        loaded: time(8)?,
        amount: Decimal::ZERO,
        currency: row.get(10 + by.len())?,
    };
    Ok((sum, row.get(9)?))
}
