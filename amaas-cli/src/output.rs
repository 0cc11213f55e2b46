//! How answers look: aligned columns for people, JSON for programs.
//!
//! The trap: what people read may change from version to version; the JSON only grows.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

/// What a command has to say.
pub(crate) trait Answer: Serialize {
    /// Prints it for people.
    fn print(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// Rows whose columns stand under each other, two spaces apart.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    /// Columns of numbers, which end under each other.
    right: Vec<usize>,
}

impl Table {
    /// A table without a head.
    pub(crate) fn plain() -> Self {
        Self::default()
    }

    /// A table with a head; the columns in `right` hold numbers.
    pub(crate) fn with_head<const N: usize>(head: [&str; N], right: &[usize]) -> Self {
        Self {
            rows: vec![head.map(str::to_owned).to_vec()],
            right: right.to_vec(),
        }
    }

    /// The same with numbers in one more column.
    pub(crate) fn aligned_right(mut self, column: usize) -> Self {
        self.right.push(column);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(Vec::from(cells));
    }

    /// A row with as many cells as there are.
    pub(crate) fn cells(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints it, each line after `indent`.
    pub(crate) fn print(&self, indent: &str, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<_> = (0..columns).map(|column| self.width(column)).collect();
        for row in &self.rows {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let gap = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
                match self.right.contains(&column) {
                    true => format!("{gap}{cell}"),
                    false => format!("{cell}{gap}"),
                }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            writeln!(out, "{indent}{}", line.trim_end())?;
        }
        Ok(())
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    }
}

/// What is printed below the answer, if anything, after an empty line.
pub(crate) fn section_break(below: Option<&impl Answer>, out: &mut dyn Write) -> io::Result<()> {
    let Some(below) = below else { return Ok(()) };
    writeln!(out)?;
    below.print(out)
}

/// A number of bytes as `70.3 MiB`.
pub(crate) fn bytes(count: u64) -> String {
    indicatif::HumanBytes(count).to_string()
}

/// A number of things as `1 version` or `2 versions`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A time as `2026-02-03T04:05:06Z`.
pub(crate) fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Milliseconds with a fraction.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}

/// For `serde`: a time in RFC 3339, with its fraction.
pub(crate) fn rfc3339<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&humantime::format_rfc3339(*time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_and_no_line_ends_in_blanks() {
        let mut table = Table::with_head(["NAME", "BYTES", "NOTE"], &[1]);
        table.row(["a→b".into(), "12".into(), String::new()]);
        table.row(["longer".into(), "123456".into(), "x".into()]);
        let mut out = Vec::new();
        table.print("  ", &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "  NAME     BYTES  NOTE\n  a→b         12\n  longer  123456  x\n"
        );
    }

    #[test]
    fn numbers_have_units() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(2_359_296), "2.25 MiB");
        assert_eq!(count(1, "version"), "1 version");
        assert_eq!(count(2, "version"), "2 versions");
        assert_eq!(time(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00Z");
    }
}
