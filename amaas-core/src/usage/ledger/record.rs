//! One receipt as it is exported.

use std::time::{Duration, UNIX_EPOCH};

use rusqlite::Row;
use serde::{Serialize, Serializer};

use crate::clock::Day;

/// The columns, in the order of [`Record::read`].
pub(super) const COLUMNS: &str = "id, at_us, tenant, model, version, digest, task, placement,
    requests, rows, tokens_in, tokens_out, bytes_in, bytes_out, queued_ns, computed_ns, loaded_ns,
    together, amount, currency, rate, price_table, idempotency";

/// A line of an export. Amounts are text, so that no reader rounds them.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    pub(super) id: i64,
    /// Microseconds since 1970.
    #[serde(serialize_with = "time")]
    pub(super) at: u64,
    pub(super) tenant: String,
    pub(super) model: String,
    pub(super) version: String,
    pub(super) digest: String,
    pub(super) task: Option<String>,
    pub(super) placement: String,
    pub(super) requests: u64,
    pub(super) rows: u64,
    pub(super) tokens_in: u64,
    pub(super) tokens_out: u64,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) queued_ns: u64,
    pub(super) computed_ns: u64,
    pub(super) loaded_ns: u64,
    pub(super) together: u64,
    pub(super) amount: String,
    pub(super) currency: String,
    pub(super) rate: String,
    pub(super) price_table: String,
    pub(super) idempotency: Option<String>,
}

impl Record {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            tenant: row.get(2)?,
            model: row.get(3)?,
            version: row.get(4)?,
            digest: row.get(5)?,
            task: row.get(6)?,
            placement: row.get(7)?,
            requests: row.get(8)?,
            rows: row.get(9)?,
            tokens_in: row.get(10)?,
            tokens_out: row.get(11)?,
            bytes_in: row.get(12)?,
            bytes_out: row.get(13)?,
            queued_ns: row.get(14)?,
            computed_ns: row.get(15)?,
            loaded_ns: row.get(16)?,
            together: row.get(17)?,
            amount: row.get(18)?,
            currency: row.get(19)?,
            rate: row.get(20)?,
            price_table: row.get(21)?,
            idempotency: row.get(22)?,
        })
    }
}

/// As RFC 3339 has it, in UTC.
fn time<S: Serializer>(microseconds: &u64, to: S) -> Result<S::Ok, S::Error> {
    let day = Day::of(UNIX_EPOCH + Duration::from_micros(*microseconds));
    let (seconds, fraction) = (microseconds / 1_000_000 % 86_400, microseconds % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let clock = format_args!("{hour:02}:{minute:02}:{second:02}.{fraction:06}");
    to.collect_str(&format_args!("{day}T{clock}Z"))
}
