//! What a request used and costs, what all requests together used, and who may use how much.

mod account;
mod book;
mod histogram;
#[cfg(feature = "ledger")]
mod ledger;
mod meter;
mod price;
mod prices;
mod quota;
mod quota_sheet;
mod receipt;
mod sheet;
pub(crate) mod tenant;
mod till;
mod unit;

pub use self::book::{Book, Entry, Standing};
pub use self::histogram::{Histogram, Spread};
#[cfg(feature = "ledger")]
pub use self::ledger::{By, Commit, Filter, Invoice, InvoiceLine, Ledger, LedgerOptions, Sum};
pub use self::meter::{Meter, Metered, Totals};
pub use self::price::{Price, Rounding, Terms};
pub use self::prices::PriceTable;
pub use self::quota::{Quota, Quotas};
pub use self::receipt::Usage;
pub(crate) use self::till::{Reserved, Till};
pub use self::unit::{Unit, Volumes};
