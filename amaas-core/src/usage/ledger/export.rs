//! Receipts for other programs: CSV by RFC 4180, or one JSON array.

use std::io::Write;

use rusqlite::params_from_iter;

use super::record::{COLUMNS, Record};
use super::store::Store;
use super::{Filter, Ledger};
use crate::{Error, ErrorKind, Result};

impl Ledger {
    /// Writes the receipts that `filter` means as CSV, with a line of names above; how many there
    /// were.
    ///
    /// # Errors
    /// As [`Ledger::sums`], and `Io` when `to` cannot be written.
    pub fn export_csv(&self, filter: &Filter, to: &mut dyn Write) -> Result<u64> {
        let mut to = csv::WriterBuilder::new().has_headers(false).from_writer(to);
        let names = COLUMNS.split(',').map(|name| match name.trim() {
            "at_us" => "at",
            name => name,
        });
        to.write_record(names).map_err(unwritten)?;
        let count = self
            .0
            .whole()?
            .each(filter, |record| to.serialize(&record).map_err(unwritten))?;
        to.flush().map_err(unwritten)?;
        Ok(count)
    }

    /// Writes the receipts that `filter` means as one JSON array of objects; how many there were.
    ///
    /// # Errors
    /// As [`Ledger::export_csv`].
    pub fn export_json(&self, filter: &Filter, to: &mut dyn Write) -> Result<u64> {
        let mut before = "[\n";
        let count = self.0.whole()?.each(filter, |record| {
            to.write_all(before.as_bytes()).map_err(unwritten)?;
            before = ",\n";
            serde_json::to_writer(&mut *to, &record).map_err(unwritten)
        })?;
        let end = if count == 0 { "[]\n" } else { "\n]\n" };
        to.write_all(end.as_bytes()).map_err(unwritten)?;
        Ok(count)
    }
}

impl Store {
    /// Hands every receipt that `filter` means to `take`, in order; how many there were.
    pub(super) fn each(
        &self,
        filter: &Filter,
        mut take: impl FnMut(Record) -> Result<()>,
    ) -> Result<u64> {
        let unread = |cause| self.unread(cause);
        let (condition, values) = filter.sql();
        let sql = format!("SELECT {COLUMNS} FROM receipts WHERE {condition} ORDER BY id");
        let mut statement = self.connection.prepare_cached(&sql).map_err(unread)?;
        let records = statement.query_map(params_from_iter(values), Record::read);
        let mut count = 0;
        for record in records.map_err(unread)? {
            take(record.map_err(unread)?)?;
            count += 1;
        }
        Ok(count)
    }
}

pub(super) fn unwritten(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Io, "the export cannot be written")
        .because(cause)
        .advise("check where it is written to")
}
