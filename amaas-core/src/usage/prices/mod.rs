//! Price tables: what requests, rows, tokens and seconds cost, for whom, and from when on.
//!
//! ```
//! use amaas_core::usage::PriceTable;
//!
//! let table = PriceTable::parse(r#"
//!     schema = 1
//!     version = "2026-11"
//!     currency = "EUR"
//!
//!     [[rate]]
//!     name = "embedding"
//!     model = "all-minilm-l6-v2"
//!     tokens_in = "0.02"            # a thousand
//!     free = { tokens_in = 1000 }   # a tenant and calendar month
//! "#)?;
//! assert_eq!(table.currency(), "EUR");
//!
//! let error = PriceTable::parse("schema = 1\nversion = \"1\"\ncurrency = \"euro\"").unwrap_err();
//! assert_eq!(error.context().find(|(key, _)| *key == "line"), Some(("line", "3")));
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! Of the rates that fit a receipt the most particular holds: one that names the tenant before one
//! that does not, then one that names the model, then one that names versions; of two alike the
//! first in the file. A receipt that no rate fits costs nothing and has no price.
//!
//! Each receipt is rounded once, to the table's places, and never again. So a sum of receipts is the
//! invoice, to the last digit.
//!
//! The trap: allowances and tiers count what a tenant used of a rate in the calendar month, in UTC.
//! The price of a receipt depends on those before it, and is found once, when it is settled.

mod file;
mod rate;
mod whole;

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

pub(crate) use self::rate::Rate;
use super::{Price, Rounding, Usage, Volumes, sheet};
use rust_decimal::Decimal;

use crate::Result;
use crate::clock::Day;

/// The most that one receipt may cost: sums of many of them then keep all their places.
const MOST: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0); // a million millions

/// Prices by model, version and tenant. Cheap to clone; clones are one table.
#[derive(Debug, Clone)]
pub struct PriceTable(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    version: Arc<str>,
    currency: Arc<str>,
    places: u32,
    rounding: Rounding,
    rates: Vec<Rate>,
}

impl PriceTable {
    /// Reads and checks the table in the file at `path`.
    ///
    /// # Errors
    /// `Io` when the file cannot be read; else as [`PriceTable::parse`], with the path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        sheet::open(file::WHAT, path.as_ref(), Self::parse)
    }

    /// Reads and checks a table.
    ///
    /// # Errors
    /// `InvalidArgument`, with the line at fault.
    pub fn parse(text: &str) -> Result<Self> {
        file::parse(text).map(|inner| Self(Arc::new(inner)))
    }

    /// What its author calls this state of the table.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// Three letters, as ISO 4217 has them.
    pub fn currency(&self) -> &str {
        &self.0.currency
    }

    /// To how many decimal places each receipt is rounded.
    pub fn places(&self) -> u32 {
        self.0.places
    }

    /// How each receipt is rounded.
    pub fn rounding(&self) -> Rounding {
        self.0.rounding
    }

    /// The name of the rate that holds for `usage` at this time.
    pub fn rate(&self, usage: &Usage, at: SystemTime) -> Option<&Arc<str>> {
        self.find(usage, Day::of(at)).map(Rate::name)
    }

    /// What `usage` costs at this time, where its tenant has used `used` of the same rate in the
    /// month so far; `None` where no rate fits.
    ///
    /// # Errors
    /// `InvalidArgument` when that is more than can be counted.
    pub fn price(&self, usage: &Usage, at: SystemTime, used: &Volumes) -> Result<Option<Price>> {
        let rate = self.find(usage, Day::of(at));
        rate.map(|rate| rate.price(usage, used)).transpose()
    }

    pub(crate) fn find(&self, usage: &Usage, day: Day) -> Option<&Rate> {
        let fitting = self.0.rates.iter().filter(|rate| rate.fits(usage, day));
        fitting.reduce(|best, rate| {
            if rate.rank() > best.rank() {
                rate
            } else {
                best
            }
        })
    }
}
