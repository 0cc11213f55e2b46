//! The ledger: receipts in one file, for any number of processes, whole or not at all after a crash.
//!
//! ```no_run
//! use amaas_core::Service;
//! use amaas_core::usage::{By, Filter, Ledger, PriceTable};
//!
//! # fn main() -> amaas_core::Result<()> {
//! let ledger = Ledger::open("usage.db")?;
//! let service = Service::builder()
//!     .prices(PriceTable::open("prices.toml")?)
//!     .ledger(ledger.clone())
//!     .build()?;
//! for sum in ledger.sums(&Filter::default(), &[By::Tenant, By::Day])? {
//!     println!("{:?} {:?} {}", sum.tenant, sum.day, sum.amount);
//! }
//! let invoice = ledger.invoice("acme", "2026-11-01".parse().unwrap(), "2026-12-01".parse().unwrap())?;
//! std::fs::write("acme.html", invoice.to_html()).unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! A receipt is settled once its transaction is on the disk. Settled receipts are never lost and never
//! doubled, whenever a process dies. Grouped commits, the default, settle what came in a tenth of a
//! second together, and answers do not wait for it: a process that dies loses what came since. Strict
//! ones settle each receipt before its answer is given.
//!
//! The trap: the file is SQLite's, with a write-ahead log beside it. It must lie on a disk of this
//! machine, and is copied with all its three files or by SQLite's own means.

mod batch;
mod export;
mod fault;
mod file;
mod group;
mod invoice;
mod parquet;
mod query;
mod record;
mod schema;
mod store;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use self::group::Writer;
pub use self::invoice::{Invoice, InvoiceLine};
pub use self::query::{By, Filter, Sum};
use self::store::Store;
use super::{Book, Entry, Standing};
use crate::Result;
use crate::clock::{Clock, Day, SystemClock};

/// When a receipt is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Commit {
    /// Together with others, at most so long after its answer as the options say.
    #[default]
    Grouped,
    /// Before its answer.
    Strict,
}

/// How a ledger is kept.
#[derive(Debug, Clone)]
pub struct LedgerOptions {
    /// When receipts are settled.
    pub commit: Commit,
    /// How long a receipt waits for others to be settled with.
    pub within: Duration,
    /// By what that time is measured.
    pub clock: Arc<dyn Clock>,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self {
            commit: Commit::default(),
            within: Duration::from_millis(100),
            clock: Arc::new(SystemClock::default()),
        }
    }
}

/// Receipts on disk. Cheap to clone; clones are one ledger. With the last of them everything is
/// settled.
#[derive(Debug, Clone)]
pub struct Ledger(Arc<Writer>);

impl Ledger {
    /// Opens the ledger in the file at `path`, which is made where it is not there.
    ///
    /// # Errors
    /// `Io` when the file cannot be opened or written, `Corrupt` when it is damaged,
    /// `InvalidArgument` when it is something else's, `Unsupported` when a newer amaas made it,
    /// `Overloaded` when other processes hold it for seconds.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, LedgerOptions::default())
    }

    /// As [`Ledger::open`], kept otherwise.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_with(path: impl AsRef<Path>, options: LedgerOptions) -> Result<Self> {
        let store = Store::open(path.as_ref())?;
        Ok(Self(Arc::new(Writer::new(store, options))))
    }

    /// Opens a ledger that is there, to be read and not written.
    ///
    /// # Errors
    /// As [`Ledger::open`], `NotFound` when it is not there, and `Unsupported` when an older amaas
    /// made it and nobody has opened it for writing since.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let store = Store::read(path.as_ref())?;
        Ok(Self(Arc::new(Writer::new(store, LedgerOptions::default()))))
    }

    /// Settles all receipts that came so far.
    ///
    /// # Errors
    /// `Io` when they cannot be written, `Overloaded` when other processes hold the file for
    /// seconds; the receipts wait on.
    pub fn flush(&self) -> Result<()> {
        self.0.flush()
    }
}

impl Book for Ledger {
    fn settle(&self, entry: Entry) -> Result<bool> {
        self.0.settle(entry)
    }

    fn knows(&self, tenant: &str, idempotency: &str) -> Result<bool> {
        self.0.knows(tenant, idempotency)
    }

    fn standing(&self, tenant: &str, day: Day) -> Result<Standing> {
        self.0.standing(tenant, day)
    }

    fn standing_soon(&self, tenant: &str, day: Day) -> Result<Option<Standing>> {
        self.0.standing_soon(tenant, day)
    }

    fn waits(&self) -> bool {
        self.0.is_strict()
    }
}
