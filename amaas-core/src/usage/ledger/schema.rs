//! The tables of a ledger, and the steps from each form of them to the next.
//!
//! The trap: a step is never changed once it was released; a new form is a new step.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::fault::fault;
use crate::{Error, ErrorKind, Result};

/// What marks a SQLite file as a ledger: `amas`.
const APPLICATION: i32 = 0x616d_6173;

/// The steps, each from the form whose number is its place.
const STEPS: &[&str] = &[
    // Receipts as they come.
    "CREATE TABLE receipts (
        id INTEGER PRIMARY KEY,
        at_us INTEGER NOT NULL,
        day TEXT NOT NULL,
        tenant TEXT NOT NULL,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        digest TEXT NOT NULL,
        task TEXT,
        placement TEXT NOT NULL,
        requests INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        tokens_in INTEGER NOT NULL,
        tokens_out INTEGER NOT NULL,
        bytes_in INTEGER NOT NULL,
        bytes_out INTEGER NOT NULL,
        queued_ns INTEGER NOT NULL,
        computed_ns INTEGER NOT NULL,
        loaded_ns INTEGER NOT NULL,
        together INTEGER NOT NULL,
        amount TEXT NOT NULL,
        currency TEXT NOT NULL,
        rate TEXT NOT NULL,
        price_table TEXT NOT NULL
    ) STRICT;
    CREATE INDEX receipts_by_day ON receipts (day, tenant);
    CREATE INDEX receipts_by_tenant ON receipts (tenant, day);",
    // A key charges once; sums of days, so that a tenant's standing is read at once.
    "ALTER TABLE receipts ADD COLUMN idempotency TEXT;
    CREATE UNIQUE INDEX receipts_by_key ON receipts (tenant, idempotency)
        WHERE idempotency IS NOT NULL;
    CREATE TABLE days (
        tenant TEXT NOT NULL,
        day TEXT NOT NULL,
        rate TEXT NOT NULL,
        requests INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        tokens_in INTEGER NOT NULL,
        tokens_out INTEGER NOT NULL,
        computed_ns INTEGER NOT NULL,
        loaded_ns INTEGER NOT NULL,
        amount TEXT NOT NULL,
        PRIMARY KEY (tenant, day, rate)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO days SELECT tenant, day, rate, sum(requests), sum(rows), sum(tokens_in),
        sum(tokens_out), sum(computed_ns), sum(loaded_ns), decimal_sum(amount)
        FROM receipts GROUP BY tenant, day, rate;",
];

/// Brings the tables to the present form.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let opened = |cause| fault(path, "opened", cause);
    if form(connection).map_err(opened)? == STEPS.len() && is_ours(connection).map_err(opened)? {
        return Ok(());
    }
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(opened)?;
    check(&transaction, path)?;
    let form = form(&transaction).map_err(opened)?;
    for step in STEPS.iter().skip(form) {
        transaction.execute_batch(step).map_err(opened)?;
    }
    let done = || {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", STEPS.len())
    };
    done().map_err(opened)?;
    transaction.commit().map_err(opened)
}

/// Refuses what is no ledger, or one of a form that is not yet known.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<()> {
    let opened = |cause| fault(path, "opened", cause);
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection
        .query_row(count, [], |row| row.get(0))
        .map_err(opened)?;
    if tables > 0 && !is_ours(connection).map_err(opened)? {
        let message = format!("`{}` is a database of something else", path.display());
        return Err(
            Error::new(ErrorKind::InvalidArgument, message).advise("name a file of its own")
        );
    }
    let form = form(connection).map_err(opened)?;
    if form > STEPS.len() {
        let message = format!("the ledger `{}` has the form `{form}`", path.display());
        return Err(Error::new(ErrorKind::Unsupported, message)
            .advise("open it with the amaas that made it, or a newer one"));
    }
    Ok(())
}

/// Refuses a ledger that has yet to be brought to the present form.
pub(super) fn check_present(connection: &Connection, path: &Path) -> Result<()> {
    check(connection, path)?;
    match form(connection).map_err(|cause| fault(path, "opened", cause))? {
        form if form < STEPS.len() => {
            let message = format!("the ledger `{}` has the form `{form}`", path.display());
            Err(Error::new(ErrorKind::Unsupported, message)
                .advise("open it once with a process that may write it"))
        }
        _ => Ok(()),
    }
}

fn form(connection: &Connection) -> rusqlite::Result<usize> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(id == APPLICATION)
}
