//! One rate: whom it is for, and what each unit costs from how much on.
//!
//! Money is exact. Each price is kept twice: as its author wrote it, and as whole numbers of the last place
//! that any price of the rate has for one part of its unit. A receipt is added up in the latter, which takes
//! a few instructions, and in decimals where that would not fit.

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
    pub(super) units: Units,
}

/// For each unit that has a price, its bands.
#[derive(Debug)]
pub(super) struct Units {
    bands: Vec<(Unit, Vec<Band>)>,
    /// How many decimal places the whole numbers have.
    scale: u32,
}

/// What one price of a unit is, once so many parts were used in the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) above: u64,
    pub(super) price: Decimal,
    /// What one part costs, in the last place of the rate.
    whole: i128,
}

impl Band {
    /// One that begins above so many parts.
    pub(super) fn new(above: u64, price: Decimal) -> Self {
        Self {
            above,
            price,
            whole: 0,
        }
    }
}

impl Units {
    /// Those with these bands.
    pub(super) fn new(mut bands: Vec<(Unit, Vec<Band>)>) -> Self {
        let places = |unit: &Unit, band: &Band| unit.places() + band.price.scale();
        let each = bands.iter().flat_map(|(unit, bands)| {
            let all = bands.iter().map(|band| places(unit, band));
            all.max()
        });
        let scale = each.max().unwrap_or(0);
        for (unit, bands) in &mut bands {
            for band in bands {
                let lifted = 10_i128.checked_pow(scale - places(unit, band));
                let whole = lifted.and_then(|by| band.price.mantissa().checked_mul(by));
                // What does not fit makes every sum too large, which is then made in decimals.
                band.whole = whole.unwrap_or(i128::MAX);
            }
        }
        Self { bands, scale }
    }

    /// The sum over all units; `None` where it is too large.
    fn sum(&self, usage: &Usage, used: &Volumes) -> Option<Decimal> {
        let whole = self.sum_whole(usage, used);
        whole.or_else(|| self.sum_decimals(usage, used))
    }

    fn sum_whole(&self, usage: &Usage, used: &Volumes) -> Option<Decimal> {
        let mut sum = 0_i128;
        for (unit, bands) in &self.bands {
            for (band, within) in split(bands, used.get(*unit), unit.count(usage)) {
                sum = sum.checked_add(i128::from(within).checked_mul(band.whole)?)?;
            }
        }
        Decimal::try_from_i128_with_scale(sum, self.scale).ok()
    }

    fn sum_decimals(&self, usage: &Usage, used: &Volumes) -> Option<Decimal> {
        let mut sum = Decimal::ZERO;
        for (unit, bands) in &self.bands {
            for (band, within) in split(bands, used.get(*unit), unit.count(usage)) {
                sum = sum.checked_add(unit.prices(within).checked_mul(band.price)?)?;
            }
        }
        Some(sum)
    }
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
        let sum = self.units.sum(usage, used)?;
        let is_free = sum.is_zero() || usage.requests == 0;
        let is_enough = is_free || self.minimum.is_zero();
        Some(if is_enough {
            sum
        } else {
            sum.max(self.minimum)
        })
    }
}

/// Of `count` parts after `used` others, how many fall into each band that costs something.
fn split(bands: &[Band], used: u64, count: u64) -> impl Iterator<Item = (&Band, u64)> {
    let end = used.saturating_add(count);
    let ends = bands
        .iter()
        .skip(1)
        .map(|band| band.above)
        .chain([u64::MAX]);
    let each = bands.iter().zip(ends).map(move |(band, upper)| {
        let within = end.min(upper).saturating_sub(used.max(band.above));
        (band, within)
    });
    each.filter(|(band, within)| *within > 0 && !band.price.is_zero())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::Digest;

    /// Bands with prices of as many places as a table may write, and of more.
    fn bands() -> impl Strategy<Value = Vec<Band>> {
        let price =
            (0..=i64::MAX, 0_u32..=19).prop_map(|(digits, places)| Decimal::new(digits, places));
        let bands = vec((1_u64..1_000_000, price), 1..4);
        bands.prop_map(|list| {
            let grown = list
                .into_iter()
                .scan(None, |above: &mut Option<u64>, (more, price)| {
                    *above = Some(above.map_or(0, |above| above + more));
                    Some(Band::new(above.unwrap_or(0), price))
                });
            grown.collect()
        })
    }

    proptest! {
        #[test]
        fn whole_numbers_and_decimals_give_the_same(
            each in vec(bands(), Unit::COUNT),
            counts in vec(0_u64..2_000_000, Unit::COUNT),
            used in vec(0_u64..2_000_000, Unit::COUNT),
        ) {
            let units = Units::new(Unit::ALL.into_iter().zip(each).collect());
            let mut before = Volumes::default();
            for (unit, parts) in Unit::ALL.into_iter().zip(used) {
                before.set(unit, parts);
            }
            let (name, version) = ("ner".parse().unwrap(), "1.0.0".parse().unwrap());
            let mut usage = Usage::new(name, version, Digest::of(b"package"), "CPU".into());
            [usage.requests, usage.rows, usage.tokens, usage.tokens_out] =
                [counts[0], counts[1], counts[2], counts[3]];
            [usage.computed, usage.loaded] = [counts[4], counts[5]].map(Duration::from_nanos);
            let decimals = units.sum_decimals(&usage, &before);
            if let Some(whole) = units.sum_whole(&usage, &before) {
                prop_assert_eq!(Some(whole), decimals);
            }
        }
    }

    #[test]
    fn what_whole_numbers_cannot_hold_is_added_in_decimals() {
        let most = Decimal::from(u64::MAX);
        let bands = |price| vec![Band::new(0, price)];
        let units = Units::new(vec![
            (Unit::Row, bands(most)),
            (Unit::Compute, bands(Decimal::new(1, 12))),
        ]);
        let (name, version) = ("ner".parse().unwrap(), "1.0.0".parse().unwrap());
        let mut usage = Usage::new(name, version, Digest::of(b"package"), "CPU".into());
        (usage.rows, usage.computed) = (2, Duration::from_secs(1));
        let used = Volumes::default();
        assert_eq!(units.sum_whole(&usage, &used), None);
        let expected = most * Decimal::TWO + Decimal::new(1, 12);
        assert_eq!(units.sum(&usage, &used), Some(expected));
    }
}
