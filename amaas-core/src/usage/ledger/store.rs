//! The SQLite file: a transaction that enters receipts, and what is asked of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use rust_decimal::Decimal;

use super::fault::{damaged, fault};
use super::{batch, schema};
use crate::clock::Day;
use crate::usage::{Entry, Standing, Unit, Volumes};
use crate::{Error, ErrorKind, Result};

/// How long to wait for other processes.
const PATIENCE: Duration = Duration::from_secs(10);

const STANDING: &str = "SELECT day, rate, requests, rows, tokens_in, tokens_out, computed_ns,
    loaded_ns, amount FROM days WHERE tenant = ?1 AND day >= ?2 AND day < ?3";

/// An open ledger.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

impl Store {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut store = Self::connect(path, flags)?;
        schema::check(&store.connection, path)?;
        let opened = |cause| fault(path, "opened", cause);
        let journal = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let connection = &store.connection;
        connection
            .pragma_update_and_check(None, "journal_mode", "wal", journal)
            .map_err(opened)?;
        connection
            .pragma_update(None, "synchronous", "full")
            .map_err(opened)?;
        schema::migrate(&mut store.connection, path)?;
        Ok(store)
    }

    pub(super) fn read(path: &Path) -> Result<Self> {
        let exists = path.try_exists().map_err(|cause| {
            let message = format!("the ledger `{}` cannot be looked for", path.display());
            Error::new(ErrorKind::Io, message)
                .because(cause)
                .advise("let this process read its folder")
        })?;
        if !exists {
            let message = format!("no ledger lies at `{}`", path.display());
            return Err(Error::new(ErrorKind::NotFound, message).advise("check the path"));
        }
        let store = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        schema::check_present(&store.connection, path)?;
        Ok(store)
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self> {
        let opened = |cause| fault(path, "opened", cause);
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(opened)?;
        connection.busy_timeout(PATIENCE).map_err(opened)?;
        add_functions(&connection).map_err(opened)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    /// Enters receipts, all or none; for each whether it was new.
    pub(super) fn enter(&mut self, entries: &[Entry]) -> Result<Vec<bool>> {
        let written = |cause| fault(&self.path, "written", cause);
        let immediate = TransactionBehavior::Immediate;
        let begun = self.connection.transaction_with_behavior(immediate);
        let transaction = begun.map_err(written)?;
        let entered = batch::enter(&transaction, entries).map_err(written)?;
        transaction.commit().map_err(written)?;
        Ok(entered)
    }

    pub(super) fn knows(&self, tenant: &str, idempotency: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM receipts WHERE tenant = ?1 AND idempotency = ?2";
        let ask = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement
                .query_row([tenant, idempotency], |_| Ok(()))
                .optional()
        };
        let found = ask().map_err(|cause| self.unread(cause))?;
        Ok(found.is_some())
    }

    pub(super) fn standing(&self, tenant: &str, day: Day) -> Result<Standing> {
        let ask = || {
            let mut statement = self.connection.prepare_cached(STANDING)?;
            let month = (day.month().to_string(), day.next_month().to_string());
            let rows = statement.query_map(params![tenant, month.0, month.1], |row| {
                let mut volumes = Volumes::default();
                for (unit, column) in Unit::ALL.into_iter().zip(2..) {
                    volumes.set(unit, row.get(column)?);
                }
                let days: (String, String) = (row.get(0)?, row.get(1)?);
                Ok((days, volumes, row.get::<_, String>(8)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let today = day.to_string();
        let mut standing = Standing::default();
        for ((day, rate), volumes, amount) in ask().map_err(|cause| self.unread(cause))? {
            let amount: Decimal = amount.parse().map_err(|_| damaged(&self.path, "amount"))?;
            standing.spent_this_month += amount;
            if day == today {
                standing.spent_today += amount;
                standing.rows_today += volumes.get(Unit::Row);
            }
            if !rate.is_empty() {
                standing.used.entry(rate.into()).or_default().add(&volumes);
            }
        }
        Ok(standing)
    }

    pub(super) fn unread(&self, cause: rusqlite::Error) -> Error {
        fault(&self.path, "read", cause)
    }
}

/// Exact sums of amounts, which SQLite's own numbers are not.
fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("decimal_add", 2, flags, |context| {
        let sum = decimal(context, 0)?.checked_add(decimal(context, 1)?);
        sum.map(|sum| sum.to_string()).ok_or_else(none)
    })?;
    connection.create_aggregate_function("decimal_sum", 1, flags, DecimalSum)
}

struct DecimalSum;

impl Aggregate<Decimal, String> for DecimalSum {
    fn init(&self, _context: &mut Context<'_>) -> rusqlite::Result<Decimal> {
        Ok(Decimal::ZERO)
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Decimal) -> rusqlite::Result<()> {
        *sum = sum.checked_add(decimal(context, 0)?).ok_or_else(none)?;
        Ok(())
    }

    fn finalize(
        &self,
        _context: &mut Context<'_>,
        sum: Option<Decimal>,
    ) -> rusqlite::Result<String> {
        Ok(sum.unwrap_or_default().to_string())
    }
}

fn decimal(context: &Context<'_>, place: usize) -> rusqlite::Result<Decimal> {
    context.get::<String>(place)?.parse().map_err(|_| none())
}

pub(super) fn none() -> rusqlite::Error {
    rusqlite::Error::UserFunctionError("an amount is none".into())
}
