//! Receipts that are entered together: each becomes a row, and what they add to a day becomes one.
//!
//! Most receipts of a batch are of one version on one day, so the texts of the last are kept for the
//! next.
//!
//! The trap: a receipt whose key was entered before adds nothing to its day, which only the table of
//! receipts knows; so days come last.

use std::collections::HashMap;
use std::time::UNIX_EPOCH;

use rusqlite::{CachedStatement, Connection, params};
use rust_decimal::Decimal;
use semver::Version;

use super::store::none;
use crate::clock::Day;
use crate::model::Digest;
use crate::usage::unit::nanoseconds;
use crate::usage::{Entry, Unit, Usage, Volumes};

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

/// What a batch adds to a tenant's day at a rate.
type Days<'a> = HashMap<(&'a str, Day, &'a str), (Volumes, Decimal)>;

/// Enters receipts; for each whether it was new.
pub(super) fn enter(connection: &Connection, entries: &[Entry]) -> rusqlite::Result<Vec<bool>> {
    let mut insert = connection.prepare_cached(INSERT)?;
    let mut days = Days::default();
    let mut texts: Option<Texts> = None;
    let mut entered = Vec::with_capacity(entries.len());
    for entry in entries {
        let day = Day::of(entry.at);
        let texts = match &mut texts {
            Some(texts) if texts.fit(day, &entry.usage) => texts,
            other => other.insert(Texts::of(day, &entry.usage)),
        };
        let is_new = write(&mut insert, entry, texts)?;
        if is_new {
            count(&mut days, day, entry)?;
        }
        entered.push(is_new);
    }
    let mut add = connection.prepare_cached(ADD)?;
    for ((tenant, day, rate), (volumes, amount)) in days {
        let [requests, rows, tokens_in, tokens_out, computed, loaded] =
            Unit::ALL.map(|unit| whole(volumes.get(unit)));
        let (day, amount) = (day.to_string(), amount.to_string());
        add.execute(params![
            tenant, day, rate, requests, rows, tokens_in, tokens_out, computed, loaded, amount
        ])?;
    }
    Ok(entered)
}

/// The texts of a receipt that have to be made.
struct Texts {
    key: (Day, Version, Digest),
    day: String,
    version: String,
    digest: String,
}

impl Texts {
    fn of(day: Day, usage: &Usage) -> Self {
        Self {
            key: (day, usage.version.clone(), usage.digest),
            day: day.to_string(),
            version: usage.version.to_string(),
            digest: usage.digest.to_string(),
        }
    }

    fn fit(&self, day: Day, usage: &Usage) -> bool {
        (&self.key.0, &self.key.1, &self.key.2) == (&day, &usage.version, &usage.digest)
    }
}

/// Writes one receipt; false where its key was entered before.
fn write(insert: &mut CachedStatement<'_>, entry: &Entry, texts: &Texts) -> rusqlite::Result<bool> {
    let usage = &entry.usage;
    let since = entry.at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let times = [usage.queued, usage.computed, usage.loaded];
    let [queued, computed, loaded] = times.map(|time| whole(nanoseconds(time)));
    let [currency, rate, table] = price(usage);
    let changed = insert.execute(params![
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        texts.day,
        entry.tenant(),
        usage.model.as_str(),
        texts.version,
        texts.digest,
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
        amount(usage).to_string(),
        currency,
        rate,
        table,
        entry.idempotency,
    ])?;
    Ok(changed > 0)
}

/// Adds a receipt to its day.
fn count<'a>(days: &mut Days<'a>, day: Day, entry: &'a Entry) -> rusqlite::Result<()> {
    let [_, rate, _] = price(&entry.usage);
    let (volumes, sum) = days.entry((entry.tenant(), day, rate)).or_default();
    volumes.add(&Volumes::of(&entry.usage));
    *sum = sum.checked_add(amount(&entry.usage)).ok_or_else(none)?;
    Ok(())
}

/// Currency, rate and table; empty without a price.
fn price(usage: &Usage) -> [&str; 3] {
    let price = usage.price.as_ref();
    price.map_or([""; 3], |price| {
        [&price.terms.currency, &price.terms.rate, &price.terms.table]
    })
}

fn amount(usage: &Usage) -> Decimal {
    let price = usage.price.as_ref();
    price.map_or(Decimal::ZERO, |price| price.amount)
}

/// As SQLite has whole numbers.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
