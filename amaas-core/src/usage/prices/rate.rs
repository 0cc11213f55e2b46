//! One rate: whom it is for, and what each unit costs from how much on.

use std::sync::Arc;

use rust_decimal::Decimal;
use semver::VersionReq;

use crate::clock::Day;
use crate::model::ModelName;
use crate::usage::{Unit, Usage, Volumes};

/// Prices for some models, versions and tenants.
#[derive(Debug)]
pub(crate) struct Rate {
    pub(super) name: Arc<str>,
    pub(super) tenant: Option<Box<str>>,
    pub(super) model: Option<ModelName>,
    pub(super) versions: Option<VersionReq>,
    pub(super) from: Option<Day>,
    /// The first day on which it no longer holds.
    pub(super) until: Option<Day>,
    pub(super) minimum: Decimal,
    /// For each unit that has a price, its bands.
    pub(super) units: Vec<(Unit, Vec<Band>)>,
}

/// What one price of a unit is, once so many parts were used in the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) above: u64,
    pub(super) price: Decimal,
}

impl Rate {
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether it holds for this receipt on this day.
    pub(super) fn fits(&self, usage: &Usage, day: Day) -> bool {
        let tenant = self.tenant.as_deref();
        tenant.is_none_or(|tenant| usage.tenant.as_deref() == Some(tenant))
            && self.model.as_ref().is_none_or(|name| *name == usage.model)
            && self
                .versions
                .as_ref()
                .is_none_or(|range| range.matches(&usage.version))
            && self.from.is_none_or(|from| from <= day)
            && self.until.is_none_or(|until| day < until)
    }

    /// How particular it is.
    pub(super) fn rank(&self) -> [bool; 3] {
        let Self {
            tenant,
            model,
            versions,
            ..
        } = self;
        [tenant.is_some(), model.is_some(), versions.is_some()]
    }

    /// The sum over all units, not yet rounded; at least the minimum, unless it is nothing.
    /// `None` where it is too large.
    pub(super) fn amount(&self, usage: &Usage, used: &Volumes) -> Option<Decimal> {
        let mut sum = Decimal::ZERO;
        for (unit, bands) in &self.units {
            let count = unit.count(usage);
            if count > 0 {
                sum = sum.checked_add(charge(*unit, bands, used.get(*unit), count)?)?;
            }
        }
        let is_free = sum.is_zero() || usage.requests == 0;
        Some(if is_free { sum } else { sum.max(self.minimum) })
    }
}

/// What `count` parts cost after `used` others, each at the price of the band in which it falls.
fn charge(unit: Unit, bands: &[Band], used: u64, count: u64) -> Option<Decimal> {
    let end = used.saturating_add(count);
    let ends = bands
        .iter()
        .skip(1)
        .map(|band| band.above)
        .chain([u64::MAX]);
    let mut sum = Decimal::ZERO;
    for (band, upper) in bands.iter().zip(ends) {
        let within = end.min(upper).saturating_sub(used.max(band.above));
        if within > 0 && !band.price.is_zero() {
            sum = sum.checked_add(unit.prices(within).checked_mul(band.price)?)?;
        }
    }
    Some(sum)
}
