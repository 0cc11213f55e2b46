//! `amaas usage`: what a ledger holds, as sums, as an invoice or as a file for other programs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use amaas_core::clock::Day;
use amaas_core::usage::{By, Filter, Ledger, Sum};
use amaas_core::{Error, ErrorKind};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::{Answer, Table, count};

/// Sum what a ledger holds by tenant, model or day, or write an invoice
#[derive(Debug, Args)]
#[command(after_help = "Example:
  amaas usage --ledger usage.db --by tenant,day
  amaas usage --ledger usage.db --tenant acme --from 2026-11-01 --until 2026-12-01 --invoice acme.html
  amaas usage --ledger usage.db --export receipts.csv

Days are in UTC; `--until` names the day after the last. What a file holds is told by its ending:
.html or .csv for an invoice; .csv, .json or .parquet for an export.")]
pub(crate) struct Usage {
    /// The ledger's file
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
    /// By what sums are told apart
    #[arg(long, value_name = "WHAT", value_delimiter = ',', default_values = ["tenant", "model"])]
    by: Vec<Column>,
    /// Only what this tenant used; an empty name means calls that named none
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Only what this model answered
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Only from this day on, as 2026-01-31
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// Only before this day
    #[arg(long, value_name = "DAY")]
    until: Option<Day>,
    /// Write the invoice of the tenant for these days into this file
    #[arg(long, value_name = "FILE", requires_all = ["tenant", "from", "until"])]
    #[arg(conflicts_with_all = ["by", "model", "export"])]
    invoice: Option<PathBuf>,
    /// Write every receipt into this file
    #[arg(long, value_name = "FILE", conflicts_with = "by")]
    export: Option<PathBuf>,
}

/// By what sums can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Column {
    Tenant,
    Model,
    Day,
    Rate,
}

impl From<Column> for By {
    fn from(column: Column) -> Self {
        match column {
            Column::Tenant => Self::Tenant,
            Column::Model => Self::Model,
            Column::Day => Self::Day,
            Column::Rate => Self::Rate,
        }
    }
}

#[derive(Debug, Serialize)]
struct Summed {
    ledger: PathBuf,
    sums: Vec<Sum>,
    #[serde(skip)]
    by: Vec<Column>,
}

#[derive(Debug, Serialize)]
struct Written {
    file: PathBuf,
    /// Receipts of an export, lines of an invoice.
    lines: u64,
    /// The totals of an invoice, by currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    totals: Vec<Total>,
}

#[derive(Debug, Serialize)]
struct Total {
    amount: String,
    currency: String,
}

impl Usage {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let ledger = Ledger::read(&self.ledger)?;
        match (&self.invoice, &self.export) {
            (Some(file), _) => context.answer(&self.write_invoice(&ledger, file)?)?,
            (_, Some(file)) => context.answer(&self.write_export(&ledger, file)?)?,
            _ => context.answer(&self.sums(&ledger)?)?,
        }
        Ok(exit::SUCCESS)
    }

    fn filter(&self) -> Filter {
        Filter {
            tenant: self.tenant.clone(),
            model: self.model.clone(),
            from: self.from,
            until: self.until,
        }
    }

    fn sums(&self, ledger: &Ledger) -> Result<Summed> {
        let mut by = self.by.clone();
        let mut seen = Vec::new();
        by.retain(|column| {
            !seen.contains(column) && {
                seen.push(*column);
                true
            }
        });
        let columns: Vec<_> = by.iter().copied().map(By::from).collect();
        Ok(Summed {
            ledger: self.ledger.clone(),
            sums: ledger.sums(&self.filter(), &columns)?,
            by,
        })
    }

    fn write_invoice(&self, ledger: &Ledger, file: &Path) -> Result<Written> {
        let (Some(tenant), Some(from), Some(until)) = (&self.tenant, self.from, self.until) else {
            let message = "an invoice is for a tenant and for some days";
            let remedy = "name them with `--tenant`, `--from` and `--until`";
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise(remedy)
                .into());
        };
        let invoice = ledger.invoice(tenant, from, until)?;
        invoice.write(file)?;
        let total = |(currency, amount): (String, _)| Total {
            amount: format!("{amount}"),
            currency,
        };
        Ok(Written {
            file: file.to_owned(),
            lines: invoice.lines.len() as u64,
            totals: invoice.totals.into_iter().map(total).collect(),
        })
    }

    fn write_export(&self, ledger: &Ledger, file: &Path) -> Result<Written> {
        let lines = ledger.export(&self.filter(), file)?;
        Ok(Written {
            file: file.to_owned(),
            lines,
            totals: Vec::new(),
        })
    }
}

const NUMBERS: [&str; 8] = [
    "REQUESTS",
    "ROWS",
    "TOKENS IN",
    "TOKENS OUT",
    "COMPUTE S",
    "LOADED S",
    "AMOUNT",
    "",
];

impl Answer for Summed {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.sums.is_empty() {
            return writeln!(out, "no receipts");
        }
        let mut table = Table::plain();
        let names = self.by.iter();
        let names = names.map(|column| format!("{column:?}").to_uppercase());
        table.cells(names.chain(NUMBERS.map(str::to_owned)));
        for place in 0..NUMBERS.len() - 1 {
            table = table.aligned_right(self.by.len() + place);
        }
        for sum in &self.sums {
            let names = self.by.iter().map(|column| name(sum, *column));
            table.cells(names.chain(numbers(sum)));
        }
        table.print("", out)
    }
}

fn numbers(sum: &Sum) -> [String; NUMBERS.len()] {
    [
        sum.requests.to_string(),
        sum.rows.to_string(),
        sum.tokens_in.to_string(),
        sum.tokens_out.to_string(),
        format!("{:.3}", sum.computed.as_secs_f64()),
        format!("{:.3}", sum.loaded.as_secs_f64()),
        sum.amount.to_string(),
        sum.currency.clone(),
    ]
}

/// What stands in a column; `-` where a call named nobody, or nothing had a price.
fn name(sum: &Sum, column: Column) -> String {
    let name = match column {
        Column::Tenant => &sum.tenant,
        Column::Model => &sum.model,
        Column::Day => &sum.day,
        Column::Rate => &sum.rate,
    };
    let name = name.as_deref().filter(|name| !name.is_empty());
    name.unwrap_or("-").to_owned()
}

impl Answer for Written {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let lines = count(usize::try_from(self.lines).unwrap_or(usize::MAX), "line");
        writeln!(out, "{lines} in {}", self.file.display())?;
        for Total { amount, currency } in &self.totals {
            writeln!(out, "total {amount} {currency}")?;
        }
        Ok(())
    }
}
