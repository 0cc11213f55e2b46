//! Receipts to enter into a ledger, and what a ledger then says.

use std::time::{Duration, SystemTime};

use amaas_core::clock::Day;
use amaas_core::model::Digest;
use amaas_core::usage::{Book, By, Entry, Filter, Ledger, PriceTable, Usage, Volumes};
use amaas_core::{ErrorKind, Result};

/// The first of November 2026.
pub(crate) fn november() -> SystemTime {
    "2026-11-01".parse::<Day>().unwrap().begins()
}

pub(crate) fn prices() -> PriceTable {
    let table =
        "schema = 1\nversion = \"7\"\ncurrency = \"EUR\"\n[[rate]]\nname = \"rows\"\nrow = \"0.1\"";
    PriceTable::parse(table).unwrap()
}

/// A priced receipt of so many rows, so many hours into the month.
pub(crate) fn receipt(tenant: &str, rows: u64, hours: u64) -> Entry {
    let (name, version) = ("ner".parse().unwrap(), "1.0.0".parse().unwrap());
    let mut usage = Usage::new(name, version, Digest::of(b"package"), "CPU".into());
    usage.tenant = Some(tenant.into());
    usage.rows = rows;
    usage.computed = Duration::from_millis(rows);
    let at = november() + Duration::from_secs(hours * 3600);
    usage.price = prices().price(&usage, at, &Volumes::default()).unwrap();
    Entry::new(at, usage, None)
}

/// The same with a key.
pub(crate) fn keyed(tenant: &str, rows: u64, key: &str) -> Entry {
    let mut entry = receipt(tenant, rows, 0);
    entry.idempotency = Some(key.into());
    entry
}

/// How many receipts, their rows and their sum; after a look that the sums of days agree.
pub(crate) fn state(ledger: &Ledger) -> Result<(u64, u64, String)> {
    let sums = ledger.sums(&Filter::default(), &[By::Tenant])?;
    for sum in &sums {
        let tenant = sum.tenant.as_deref().unwrap();
        let standing = ledger.standing(tenant, Day::of(november()))?;
        assert_eq!(
            standing.spent_this_month, sum.amount,
            "the days of {tenant}"
        );
        assert_eq!(standing.rows_today, sum.rows, "the days of {tenant}");
    }
    let total = sums.iter().fold(
        (0, 0, "0".parse().unwrap()),
        |(count, rows, amount), sum| (count + sum.requests, rows + sum.rows, sum.amount + amount),
    );
    let (count, rows, amount): (u64, u64, rust_decimal::Decimal) = total;
    Ok((count, rows, amount.to_string()))
}

/// The form that ledgers had before keys and sums of days.
pub(crate) const FIRST_FORM: &str = "
    CREATE TABLE receipts (id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, day TEXT NOT NULL,
        tenant TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,
        task TEXT, placement TEXT NOT NULL, requests INTEGER NOT NULL, rows INTEGER NOT NULL,
        tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, bytes_in INTEGER NOT NULL,
        bytes_out INTEGER NOT NULL, queued_ns INTEGER NOT NULL, computed_ns INTEGER NOT NULL,
        loaded_ns INTEGER NOT NULL, together INTEGER NOT NULL, amount TEXT NOT NULL,
        currency TEXT NOT NULL, rate TEXT NOT NULL, price_table TEXT NOT NULL) STRICT;
    CREATE INDEX receipts_by_day ON receipts (day, tenant);
    CREATE INDEX receipts_by_tenant ON receipts (tenant, day);
    INSERT INTO receipts (at_us, day, tenant, model, version, digest, placement, requests, rows,
        tokens_in, tokens_out, bytes_in, bytes_out, queued_ns, computed_ns, loaded_ns, together,
        amount, currency, rate, price_table)
    VALUES
        (1793491200000000, '2026-11-01', 'acme', 'ner', '1.0.0', 'sha256:0', 'CPU', 1, 2, 3, 0, 4,
        5, 6, 7, 0, 1, '0.200000', 'EUR', 'rows', '7'),
        (1793491200000001, '2026-11-01', 'acme', 'ner', '1.0.0', 'sha256:0', 'CPU', 1, 1, 3, 0, 4,
        5, 6, 7, 0, 1, '0.100000', 'EUR', 'rows', '7');
    PRAGMA application_id = 0x616d6173;
    PRAGMA user_version = 1;";

/// Whether an error is what a disk that refuses should end in. SQLite takes what cannot be read for
/// damage, and a lock that cannot be had for one that another holds.
pub(crate) fn is_refusal(error: &amaas_core::Error) -> bool {
    use ErrorKind::{Corrupt, Io, Overloaded};
    matches!(error.kind(), Io | Corrupt | Overloaded)
        && std::error::Error::source(error).is_some()
        && error.remedy().is_some()
        && error.message().contains("`/")
}
