//! Exports and invoices as files, whose ending tells what is written.
//!
//! The trap: a file is written anew. What was there before is gone, also where the new one fails.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use super::{Filter, Invoice, Ledger};
use crate::{Error, ErrorKind, Result};

impl Ledger {
    /// Writes the receipts that `filter` means to `path`, as its ending says: `.csv`, `.json` or
    /// `.parquet`; how many there were.
    ///
    /// # Errors
    /// `InvalidArgument` for another ending; else as [`Ledger::export_csv`].
    pub fn export(&self, filter: &Filter, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let ending = ending(path);
        if !["csv", "json", "parquet"].contains(&ending) {
            return Err(unknown(path, "`.csv`, `.json` or `.parquet`"));
        }
        let unwritten = |cause| unwritten(path, cause);
        let mut to = BufWriter::new(File::create(path).map_err(unwritten)?);
        let count = match ending {
            "csv" => self.export_csv(filter, &mut to)?,
            "json" => self.export_json(filter, &mut to)?,
            _ => self.export_parquet(filter, &mut to)?,
        };
        to.flush().map_err(unwritten)?;
        Ok(count)
    }
}

impl Invoice {
    /// Writes the invoice to `path`, as its ending says: a page as `.html`, or `.csv`.
    ///
    /// # Errors
    /// `InvalidArgument` for another ending, `Io` when the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let text = match ending(path) {
            "html" => self.to_html(),
            "csv" => self.to_csv()?,
            _ => return Err(unknown(path, "`.html` or `.csv`")),
        };
        std::fs::write(path, text).map_err(|cause| unwritten(path, cause))
    }
}

fn ending(path: &Path) -> &str {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.unwrap_or_default()
}

fn unknown(path: &Path, known: &str) -> Error {
    let message = format!("`{}` does not tell what to write", path.display());
    Error::new(ErrorKind::InvalidArgument, message).advise(format!("let its name end in {known}"))
}

fn unwritten(path: &Path, cause: std::io::Error) -> Error {
    let message = format!("`{}` cannot be written", path.display());
    Error::new(ErrorKind::Io, message)
        .because(cause)
        .advise("name a file in a folder that is there and may be written")
}
