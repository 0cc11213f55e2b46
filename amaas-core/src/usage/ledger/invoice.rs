//! An invoice: what a tenant owes for some days, as CSV and as a page.
//!
//! Its total is the sum of its receipts, to the last digit: each was rounded when it was priced, and
//! nothing is rounded here.
//!
//! The trap: names come from whoever named them, so the page escapes every text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::Serialize;

use super::query::{seconds, text};
use super::{By, Filter, Ledger, Sum};
use crate::clock::Day;
use crate::{Error, ErrorKind, Result};

/// What a tenant owes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invoice {
    /// Who owes it; empty for calls that named no tenant.
    pub tenant: String,
    /// The first day, in UTC.
    pub from: Day,
    /// The day after the last.
    pub until: Day,
    /// One for each model and rate, in that order.
    pub lines: Vec<InvoiceLine>,
    /// The total of each currency.
    pub totals: BTreeMap<String, Decimal>,
}

/// What one model cost by one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InvoiceLine {
    /// The model.
    pub model: String,
    /// The rate; empty for what had no price.
    pub rate: String,
    /// Answered requests.
    pub requests: u64,
    /// Rows.
    pub rows: u64,
    /// Tokens read.
    pub tokens_in: u64,
    /// Tokens written.
    pub tokens_out: u64,
    /// Time of running.
    #[serde(rename = "computed_seconds", serialize_with = "seconds")]
    pub computed: Duration,
    /// Time of being kept loaded.
    #[serde(rename = "loaded_seconds", serialize_with = "seconds")]
    pub loaded: Duration,
    /// Money.
    #[serde(serialize_with = "text")]
    pub amount: Decimal,
    /// Of which currency.
    pub currency: String,
}

impl Ledger {
    /// What `tenant` owes for the days from `from` up to and without `until`, in UTC. Receipts that
    /// wait are settled first.
    ///
    /// # Errors
    /// As [`Ledger::sums`], and `InvalidArgument` when the days are none.
    pub fn invoice(&self, tenant: &str, from: Day, until: Day) -> Result<Invoice> {
        if from >= until {
            let message = format!("there is no day from `{from}` up to `{until}`");
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("the second day is the one after the last"));
        }
        let filter = Filter {
            tenant: Some(tenant.to_owned()),
            from: Some(from),
            until: Some(until),
            ..Filter::default()
        };
        let sums = self.sums(&filter, &[By::Model, By::Rate])?;
        let mut totals = BTreeMap::new();
        for sum in sums.iter().filter(|sum| !sum.currency.is_empty()) {
            *totals.entry(sum.currency.clone()).or_default() += sum.amount;
        }
        Ok(Invoice {
            tenant: tenant.to_owned(),
            from,
            until,
            lines: sums.into_iter().map(line).collect(),
            totals,
        })
    }
}

fn line(sum: Sum) -> InvoiceLine {
    InvoiceLine {
        model: sum.model.unwrap_or_default(),
        rate: sum.rate.unwrap_or_default(),
        requests: sum.requests,
        rows: sum.rows,
        tokens_in: sum.tokens_in,
        tokens_out: sum.tokens_out,
        computed: sum.computed,
        loaded: sum.loaded,
        amount: sum.amount,
        currency: sum.currency,
    }
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;\
    padding:0 1rem;color:#222}table{border-collapse:collapse;width:100%}\
    th,td{padding:.4rem .6rem;border-bottom:1px solid #ddd;text-align:right}\
    th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}tfoot td{font-weight:bold;border:0}";

const HEADS: [&str; 9] = [
    "Model",
    "Rate",
    "Requests",
    "Rows",
    "Tokens in",
    "Tokens out",
    "Compute s",
    "Loaded s",
    "Amount",
];

impl Invoice {
    /// The lines as CSV, with names above; the totals are sums of the amounts.
    ///
    /// # Errors
    /// `Internal`, which says that there is a bug.
    pub fn to_csv(&self) -> Result<String> {
        let bug =
            |cause: String| Error::new(ErrorKind::Internal, cause).advise("please report this");
        let mut to = csv::Writer::from_writer(Vec::new());
        for line in &self.lines {
            to.serialize(line).map_err(|cause| bug(cause.to_string()))?;
        }
        let bytes = to.into_inner().map_err(|cause| bug(cause.to_string()))?;
        String::from_utf8(bytes).map_err(|cause| bug(cause.to_string()))
    }

    /// A page that people can read and print; it needs nothing from elsewhere.
    pub fn to_html(&self) -> String {
        let tenant = match self.tenant.as_str() {
            "" => "calls without a tenant".to_owned(),
            name => escaped(name),
        };
        let heads: String = HEADS
            .iter()
            .map(|head| format!("<th>{head}</th>"))
            .collect();
        let lines: String = self.lines.iter().map(row).collect();
        let totals: String = self.totals.iter().map(total).collect();
        let (from, until) = (self.from, self.until);
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <title>Invoice: {tenant}, {from}</title><style>{STYLE}</style></head><body>\n\
             <h1>Invoice</h1>\n<p>For <b>{tenant}</b>, from {from} up to and without {until} \
             (UTC).</p>\n<table><thead><tr>{heads}</tr></thead>\n<tbody>\n{lines}</tbody>\n\
             <tfoot>\n{totals}</tfoot></table>\n\
             <p>Each receipt was rounded once; the total is their exact sum.</p>\n</body></html>\n"
        )
    }
}

fn row(line: &InvoiceLine) -> String {
    let mut row = String::from("<tr>");
    let cells = [
        escaped(&line.model),
        escaped(&line.rate),
        line.requests.to_string(),
        line.rows.to_string(),
        line.tokens_in.to_string(),
        line.tokens_out.to_string(),
        format!("{:.3}", line.computed.as_secs_f64()),
        format!("{:.3}", line.loaded.as_secs_f64()),
        format!("{} {}", line.amount, escaped(&line.currency)),
    ];
    for cell in cells {
        let _ = write!(row, "<td>{cell}</td>");
    }
    row + "</tr>\n"
}

fn total((currency, amount): (&String, &Decimal)) -> String {
    let before = HEADS.len() - 1;
    let currency = escaped(currency);
    format!("<tr><td colspan=\"{before}\">Total</td><td>{amount} {currency}</td></tr>\n")
}

/// Text that a browser shows as it is.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
