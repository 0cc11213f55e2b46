//! Quotas as an operator writes them, in TOML.
//!
//! The same rules stand as a JSON Schema in `docs/quotas.schema.json`, and a test holds the two
//! together.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::sheet::{self, Checked, Money, check_schema, fault};
use super::{Quota, Quotas, tenant};
use crate::Result;

/// As errors call it.
const WHAT: &str = "quota table";
/// The most that a bound may say.
const MOST: u64 = 1_000_000_000_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    schema: Spanned<u32>,
    #[serde(default)]
    others: Bounds,
    #[serde(default)]
    tenant: BTreeMap<Spanned<String>, Bounds>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    requests_per_second: Option<Spanned<f64>>,
    tokens_per_second: Option<Spanned<f64>>,
    in_flight: Option<Spanned<u64>>,
    rows_per_day: Option<Spanned<u64>>,
    money_per_day: Option<Money>,
    money_per_month: Option<Money>,
}

impl Quotas {
    /// Reads and checks the quotas in the file at `path`.
    ///
    /// # Errors
    /// `Io` when the file cannot be read; else as [`Quotas::parse`], with the path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        sheet::open(WHAT, path.as_ref(), Self::parse)
    }

    /// Reads and checks quotas in TOML: a table for each tenant, and `others`.
    ///
    /// ```
    /// use amaas_core::usage::Quotas;
    ///
    /// let quotas = Quotas::parse(r#"
    ///     schema = 1
    ///
    ///     [tenant."acme"]
    ///     money_per_day = "5.00"
    ///
    ///     [others]
    ///     requests_per_second = 10
    /// "#)?;
    /// assert_eq!(quotas.of("anyone").requests_per_second, Some(10.0));
    /// # Ok::<(), amaas_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument`, with the line at fault.
    pub fn parse(text: &str) -> Result<Self> {
        sheet::parse(WHAT, text, Table::check)
    }
}

impl Table {
    fn check(self) -> Checked<Quotas> {
        check_schema(&self.schema)?;
        let mut quotas = Quotas::default().others(self.others.check()?);
        for (name, bounds) in self.tenant {
            if !tenant::is_word(name.get_ref()) {
                let message = "a tenant's name is 1 to 128 characters that can be printed";
                return fault(&name, message);
            }
            quotas = quotas.with(name.into_inner(), bounds.check()?);
        }
        Ok(quotas)
    }
}

impl Bounds {
    fn check(self) -> Checked<Quota> {
        let money = |money: Option<Money>| money.map(|Money(amount)| amount);
        Ok(Quota {
            requests_per_second: rate(self.requests_per_second)?,
            tokens_per_second: rate(self.tokens_per_second)?,
            in_flight: count(self.in_flight)?,
            rows_per_day: count(self.rows_per_day)?,
            money_per_day: money(self.money_per_day),
            money_per_month: money(self.money_per_month),
        })
    }
}

fn rate(rate: Option<Spanned<f64>>) -> Checked<Option<f64>> {
    match rate {
        Some(rate) if !(0.0..=MOST as f64).contains(rate.get_ref()) => {
            fault(&rate, format!("a rate is a number from 0 to {MOST}"))
        }
        rate => Ok(rate.map(Spanned::into_inner)),
    }
}

fn count(count: Option<Spanned<u64>>) -> Checked<Option<u64>> {
    match count {
        Some(count) if *count.get_ref() > MOST => {
            fault(&count, format!("a bound is a number from 0 to {MOST}"))
        }
        count => Ok(count.map(Spanned::into_inner)),
    }
}
