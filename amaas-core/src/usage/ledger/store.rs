//! The SQLite file: a transaction that enters receipts, and what is asked of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use rust_decimal::Decimal;

use super::fault::{damaged, fault};
use super::schema;
use crate::clock::Day;
use crate::usage::unit::nanoseconds;
use crate::usage::{Entry, Standing, Unit, Volumes};
use crate::{Error, ErrorKind, Result};

/// How long to wait for other processes.
const PATIENCE: Duration = Duration::from_secs(10);

const INSERT: &str = "INSERT INTO receipts (at_us, day, tenant, model, version, digest, task,
    placement, requests, rows, tokens_in, tokens_out, bytes_in, bytes_out, queued_ns, computed_ns,
    loaded_ns, together, amount, currency, rate, price_table, idempotency)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
    ?20, ?21, ?22, ?23)
    ON CONFLICT (tenant, idempotency) WHERE idempotency IS NOT NULL DO NOTHING";

const ADD: &str = "INSERT INTO days VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (tenant, day, rate) DO UPDATE SET
    requests = requests + excluded.requests, rows = rows + excluded.rows,
    tokens_in = tokens_in + excluded.tokens_in, tokens_out = tokens_out + excluded.tokens_out,
    computed_ns = computed_ns + excluded.computed_ns,
    loaded_ns = loaded_ns + excluded.loaded_ns,
    amount = decimal_add(amount, excluded.amount)";

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
        let entered = entries.iter().map(|entry| enter(&transaction, entry));
        let entered = entered.collect::<rusqlite::Result<_>>().map_err(written)?;
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

/// Enters one receipt; false where its key was entered before.
fn enter(connection: &Connection, entry: &Entry) -> rusqlite::Result<bool> {
    let row = Row::of(entry);
    let is_new = row.insert(connection)?;
    if is_new {
        row.add_to_day(connection)?;
    }
    Ok(is_new)
}

/// A receipt in the terms of the tables.
struct Row<'a> {
    entry: &'a Entry,
    day: String,
    /// Waiting, running, kept loaded.
    times: [i64; 3],
    amount: String,
    price: [&'a str; 3],
}

impl<'a> Row<'a> {
    fn of(entry: &'a Entry) -> Self {
        let usage = &entry.usage;
        let price = usage.price.as_ref();
        let times = [usage.queued, usage.computed, usage.loaded];
        Self {
            entry,
            day: Day::of(entry.at).to_string(),
            times: times.map(|time| whole(nanoseconds(time))),
            amount: price
                .map_or(Decimal::ZERO, |price| price.amount)
                .to_string(),
            price: price.map_or([""; 3], |price| {
                [&price.currency, &price.rate, &price.table]
            }),
        }
    }

    fn insert(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let (entry, usage) = (self.entry, &self.entry.usage);
        let since = entry.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let [queued, computed, loaded] = self.times;
        let [currency, rate, table] = self.price;
        let changed = connection.prepare_cached(INSERT)?.execute(params![
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            self.day,
            entry.tenant(),
            usage.model.as_str(),
            usage.version.to_string(),
            usage.digest.to_string(),
            usage.task,
            usage.placement,
            whole(usage.requests),
            whole(usage.rows),
            whole(usage.tokens),
            whole(usage.tokens_out),
            whole(usage.bytes_in),
            whole(usage.bytes_out),
            queued,
            computed,
            loaded,
            whole(usage.together),
            self.amount,
            currency,
            rate,
            table,
            entry.idempotency,
        ])?;
        Ok(changed > 0)
    }

    fn add_to_day(&self, connection: &Connection) -> rusqlite::Result<()> {
        let usage = &self.entry.usage;
        let [_, computed, loaded] = self.times;
        connection.prepare_cached(ADD)?.execute(params![
            self.entry.tenant(),
            self.day,
            self.price[1],
            whole(usage.requests),
            whole(usage.rows),
            whole(usage.tokens),
            whole(usage.tokens_out),
            computed,
            loaded,
            self.amount,
        ])?;
        Ok(())
    }
}

/// As SQLite has whole numbers.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
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

fn none() -> rusqlite::Error {
    rusqlite::Error::UserFunctionError("an amount is none".into())
}
