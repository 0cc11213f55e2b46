//! How much a tenant may use.
//!
//! ```
//! use amaas_core::usage::{Quota, Quotas};
//!
//! let quotas = Quotas::default()
//!     .with("acme", Quota { money_per_day: Some("5.00".parse()?), ..Quota::default() })
//!     .others(Quota { requests_per_second: Some(10.0), in_flight: Some(4), ..Quota::default() });
//! assert_eq!(quotas.of("anyone").in_flight, Some(4));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The trap: tokens, rows and money are known only when a request has ended. A request that comes is
//! held to take what recent ones took, and is admitted while anything is left; so an account may be
//! overdrawn by what is in flight, and not by more.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rust_decimal::Decimal;

/// Bounds of what one tenant uses; without a bound there is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quota {
    /// Requests that begin in a second; as many may come at once.
    pub requests_per_second: Option<f64>,
    /// Tokens read and written in a second; as many may come at once.
    pub tokens_per_second: Option<f64>,
    /// Requests that are under way at once.
    pub in_flight: Option<u64>,
    /// Rows of answered requests on a day, in UTC.
    pub rows_per_day: Option<u64>,
    /// Money on a day, in UTC, in the price table's currency.
    pub money_per_day: Option<Decimal>,
    /// Money in a month, in UTC.
    pub money_per_month: Option<Decimal>,
}

/// The quotas of all tenants.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quotas {
    tenants: BTreeMap<String, Quota>,
    others: Quota,
}

impl Quotas {
    /// What `tenant` may use.
    #[must_use]
    pub fn with(mut self, tenant: impl Into<String>, quota: Quota) -> Self {
        self.tenants.insert(tenant.into(), quota);
        self
    }

    /// What each tenant may use that has no quota of its own, and all calls that name no tenant,
    /// together.
    #[must_use]
    pub fn others(mut self, quota: Quota) -> Self {
        self.others = quota;
        self
    }

    /// What `tenant` may use.
    pub fn of(&self, tenant: &str) -> &Quota {
        self.tenants.get(tenant).unwrap_or(&self.others)
    }
}

/// Fills at a steady rate up to what a second brings; what is taken may leave it in debt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    rate: f64,
    level: f64,
    seen: Instant,
}

impl Bucket {
    /// A full one; one that brings nothing stays empty.
    pub(super) fn new(rate: f64, now: Instant) -> Self {
        let rate = if rate.is_finite() {
            rate.max(0.0)
        } else {
            f64::MAX
        };
        Self {
            rate,
            level: Self::room(rate),
            seen: now,
        }
    }

    /// At least one can be saved up, unless nothing comes.
    fn room(rate: f64) -> f64 {
        if rate > 0.0 { rate.max(1.0) } else { 0.0 }
    }

    /// Whether `wanted` is there; else after what time it will be, at most an hour.
    pub(super) fn has(&mut self, wanted: f64, now: Instant) -> Result<(), Duration> {
        const LONGEST: Duration = Duration::from_secs(3600);
        let passed = now.saturating_duration_since(self.seen).as_secs_f64();
        self.level = (self.level + passed * self.rate).min(Self::room(self.rate));
        self.seen = now;
        // A nanosecond's worth is what rounding may lose.
        let lacks = wanted.min(Self::room(self.rate)) - self.level - self.rate * 1e-9;
        if lacks <= 0.0 && self.rate > 0.0 {
            return Ok(());
        }
        let wait = Duration::try_from_secs_f64(lacks / self.rate);
        Err(wait.map_or(LONGEST, |wait| wait.min(LONGEST) + Duration::from_nanos(1)))
    }

    pub(super) fn take(&mut self, amount: f64) {
        self.level -= amount;
    }
}
