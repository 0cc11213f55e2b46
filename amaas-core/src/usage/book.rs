//! What keeps receipts for good: the ledger, or a host's own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use rust_decimal::Decimal;

use super::{Usage, Volumes};
use crate::Result;
use crate::clock::Day;

/// A receipt on its way into a book.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// When it was settled.
    pub at: SystemTime,
    /// The receipt.
    pub usage: Usage,
    /// What makes the request one that was charged already, if it was.
    pub idempotency: Option<Arc<str>>,
}

impl Entry {
    /// A receipt that was settled at this time.
    pub fn new(at: SystemTime, usage: Usage, idempotency: Option<Arc<str>>) -> Self {
        Self {
            at,
            usage,
            idempotency,
        }
    }

    /// For whom it is; nothing where the call did not say.
    pub fn tenant(&self) -> &str {
        self.usage.tenant.as_deref().unwrap_or_default()
    }
}

/// Keeps receipts: [`Ledger`](super::Ledger), or a host's own. A service calls it with one receipt
/// of a tenant at a time.
pub trait Book: Send + Sync + std::fmt::Debug {
    /// Enters a receipt; false, entering nothing, where its tenant's key was entered before.
    ///
    /// # Errors
    /// When it cannot be kept: the request then ends with this error in place of its answer.
    fn settle(&self, entry: Entry) -> Result<bool>;

    /// Whether a receipt with this key was entered for this tenant.
    ///
    /// # Errors
    /// When that cannot be read.
    fn knows(&self, tenant: &str, idempotency: &str) -> Result<bool>;

    /// What a tenant used so far on `day` and in its month.
    ///
    /// # Errors
    /// When that cannot be read.
    fn standing(&self, tenant: &str, day: Day) -> Result<Standing>;

    /// As [`Book::standing`]; `None` where that would wait for a disk. The tenant's requests wait
    /// meanwhile, so a service asks this way, and again with the next request.
    ///
    /// # Errors
    /// As [`Book::standing`].
    fn standing_soon(&self, tenant: &str, day: Day) -> Result<Option<Standing>> {
        self.standing(tenant, day).map(Some)
    }

    /// Whether [`Book::settle`] waits, as for a disk. An answer is late by that, so a service reads its
    /// clock once more behind it.
    fn waits(&self) -> bool {
        true
    }
}

/// What a tenant used so far on a day and in its month.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Standing {
    /// By rate, what was used in the month.
    pub used: BTreeMap<Arc<str>, Volumes>,
    /// Rows on the day.
    pub rows_today: u64,
    /// Money on the day.
    pub spent_today: Decimal,
    /// Money in the month.
    pub spent_this_month: Decimal,
}

impl Standing {
    /// What was used of a rate in the month.
    pub fn used(&self, rate: &str) -> Volumes {
        self.used.get(rate).copied().unwrap_or_default()
    }

    /// Adds a receipt of the day.
    pub fn add(&mut self, usage: &Usage) {
        self.rows_today = self.rows_today.saturating_add(usage.rows);
        if let Some(price) = &usage.price {
            self.spent_today += price.amount;
        }
        self.add_earlier(usage);
    }

    /// Adds a receipt of an earlier day of the month.
    pub fn add_earlier(&mut self, usage: &Usage) {
        if let Some(price) = &usage.price {
            self.spent_this_month += price.amount;
            match self.used.get_mut(&price.terms.rate) {
                Some(used) => used.add(&Volumes::of(usage)),
                None => drop(
                    self.used
                        .insert(Arc::clone(&price.terms.rate), Volumes::of(usage)),
                ),
            }
        }
    }

    /// Another day has begun, of the same month or of the next.
    pub(super) fn begin(&mut self, month: bool) {
        self.rows_today = 0;
        self.spent_today = Decimal::ZERO;
        if month {
            self.used.clear();
            self.spent_this_month = Decimal::ZERO;
        }
    }
}
