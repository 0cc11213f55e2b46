//! Receipts as Parquet, for tools that work on columns.
//!
//! Amounts are decimals of twelve places, which hold every price exactly; `at` is a time in UTC.
//!
//! The trap: a group of rows is held in memory until it is written, column by column.

use std::io::Write;
use std::sync::Arc;

use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use rust_decimal::Decimal;

use super::record::Record;
use super::{Filter, Ledger};
use crate::{Error, ErrorKind, Result};

/// Receipts of one group.
const GROUP: usize = 16_384;
/// The places of an amount, of which a price has at most so many.
const PLACES: u32 = 12;

/// What a cell of a column is.
enum Cell {
    Number(fn(&Record) -> u64),
    Text(fn(&Record) -> &str),
    MaybeText(fn(&Record) -> Option<&str>),
    Money(fn(&Record) -> &str),
    Time(fn(&Record) -> u64),
}

impl Cell {
    /// The column as Parquet declares it.
    fn declare(&self, name: &str) -> String {
        match self {
            Self::Number(_) => format!("required int64 {name} (integer(64, false));"),
            Self::Text(_) => format!("required binary {name} (string);"),
            Self::MaybeText(_) => format!("optional binary {name} (string);"),
            Self::Money(_) => {
                format!("required fixed_len_byte_array(16) {name} (decimal(38, {PLACES}));")
            }
            Self::Time(_) => format!("required int64 {name} (timestamp(micros, true));"),
        }
    }
}

/// Every column, in the order of the other exports.
const COLUMNS: [(&str, Cell); 23] = [
    ("id", Cell::Number(|record| record.id.unsigned_abs())),
    ("at", Cell::Time(|record| record.at)),
    ("tenant", Cell::Text(|record| &record.tenant)),
    ("model", Cell::Text(|record| &record.model)),
    ("version", Cell::Text(|record| &record.version)),
    ("digest", Cell::Text(|record| &record.digest)),
    ("task", Cell::MaybeText(|record| record.task.as_deref())),
    ("placement", Cell::Text(|record| &record.placement)),
    ("requests", Cell::Number(|record| record.requests)),
    ("rows", Cell::Number(|record| record.rows)),
    ("tokens_in", Cell::Number(|record| record.tokens_in)),
    ("tokens_out", Cell::Number(|record| record.tokens_out)),
    ("bytes_in", Cell::Number(|record| record.bytes_in)),
    ("bytes_out", Cell::Number(|record| record.bytes_out)),
    ("queued_ns", Cell::Number(|record| record.queued_ns)),
    ("computed_ns", Cell::Number(|record| record.computed_ns)),
    ("loaded_ns", Cell::Number(|record| record.loaded_ns)),
    ("together", Cell::Number(|record| record.together)),
    ("amount", Cell::Money(|record| &record.amount)),
    ("currency", Cell::Text(|record| &record.currency)),
    ("rate", Cell::Text(|record| &record.rate)),
    ("price_table", Cell::Text(|record| &record.price_table)),
    (
        "idempotency",
        Cell::MaybeText(|record| record.idempotency.as_deref()),
    ),
];

impl Ledger {
    /// Writes the receipts that `filter` means as a Parquet file; how many there were.
    ///
    /// # Errors
    /// As [`Ledger::export_csv`].
    pub fn export_parquet(&self, filter: &Filter, to: &mut (dyn Write + Send)) -> Result<u64> {
        let columns = COLUMNS.iter().map(|(name, cell)| cell.declare(name));
        let schema = format!("message receipts {{ {} }}", columns.collect::<String>());
        let schema = parse_message_type(&schema).map_err(bug)?;
        let properties = Arc::new(WriterProperties::builder().build());
        let writer = SerializedFileWriter::new(to, Arc::new(schema), properties);
        let mut writer = writer.map_err(unwritten)?;
        let mut group = Vec::new();
        let count = self.0.whole()?.each(filter, |record| {
            group.push(record);
            match group.len() {
                GROUP => write(&mut writer, &std::mem::take(&mut group)),
                _ => Ok(()),
            }
        })?;
        if !group.is_empty() {
            write(&mut writer, &group)?;
        }
        writer.close().map_err(unwritten)?;
        Ok(count)
    }
}

type Writer<'a> = SerializedFileWriter<&'a mut (dyn Write + Send)>;
type Group<'a, 'b> = SerializedRowGroupWriter<'a, &'b mut (dyn Write + Send)>;

fn write(writer: &mut Writer<'_>, records: &[Record]) -> Result<()> {
    let mut group = writer.next_row_group().map_err(unwritten)?;
    for (_, cell) in &COLUMNS {
        let all = records.iter();
        match cell {
            Cell::Number(read) | Cell::Time(read) => {
                let numbers: Vec<_> = all.map(|record| whole(read(record))).collect();
                put::<Int64Type>(&mut group, &numbers, None)?;
            }
            Cell::Text(read) => {
                let texts: Vec<_> = all.map(|record| ByteArray::from(read(record))).collect();
                put::<ByteArrayType>(&mut group, &texts, None)?;
            }
            Cell::MaybeText(read) => {
                let there: Vec<_> = all
                    .clone()
                    .map(|one| i16::from(read(one).is_some()))
                    .collect();
                let texts: Vec<_> = all.filter_map(|one| Some(read(one)?.into())).collect();
                put::<ByteArrayType>(&mut group, &texts, Some(&there))?;
            }
            Cell::Money(read) => {
                let amounts = all.map(|record| amount(read(record)));
                let amounts = amounts.collect::<Result<Vec<_>>>()?;
                put::<FixedLenByteArrayType>(&mut group, &amounts, None)?;
            }
        }
    }
    group.close().map_err(unwritten)?;
    Ok(())
}

/// Writes the next column; `there` says which of its cells have a value.
fn put<T: DataType>(
    group: &mut Group<'_, '_>,
    values: &[T::T],
    there: Option<&[i16]>,
) -> Result<()> {
    let column = group.next_column().map_err(unwritten)?;
    let mut column = column.ok_or_else(|| bug("a column too many"))?;
    let written = column.typed::<T>().write_batch(values, there, None);
    written.map_err(unwritten)?;
    column.close().map_err(unwritten)
}

/// As Parquet keeps whole numbers, with or without a sign.
fn whole(number: u64) -> i64 {
    number.cast_signed()
}

fn amount(text: &str) -> Result<FixedLenByteArray> {
    let mut amount: Decimal = text.parse().map_err(bug)?;
    amount.rescale(PLACES);
    Ok(amount.mantissa().to_be_bytes().to_vec().into())
}

fn bug(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Internal, "receipts do not fit their columns")
        .because(cause)
        .advise("please report this")
}

fn unwritten(cause: ParquetError) -> Error {
    super::export::unwritten(cause)
}
