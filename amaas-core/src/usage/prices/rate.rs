//! One rate: whom it is for, and what each unit costs from how much on.
//!
//! Money is exact. Each receipt is priced in whole numbers where these hold it (see `whole.rs`), else in
//! decimals.

use std::sync::Arc;

use rust_decimal::Decimal;
use semver::VersionReq;

use super::MOST;
use super::whole::Whole;
use crate::clock::Day;
use crate::model::ModelName;
use crate::usage::{Price, Rounding, Terms, Unit, Usage, Volumes};
use crate::{Error, ErrorKind, Result};

/// For each unit that has a price, its bands in ascending order.
pub(super) type Bands = Vec<(Unit, Vec<Band>)>;

/// Prices for some models, versions and tenants.
#[derive(Debug)]
pub(crate) struct Rate {
    pub(super) terms: Arc<Terms>,
    pub(super) tenant: Option<Box<str>>,
    pub(super) model: Option<ModelName>,
    pub(super) versions: Option<VersionReq>,
    pub(super) from: Option<Day>,
    /// The first day on which it no longer holds.
    pub(super) until: Option<Day>,
    pub(super) charge: Charge,
}

/// What a rate charges.
#[derive(Debug)]
pub(super) struct Charge {
    bands: Bands,
    minimum: Decimal,
    places: u32,
    rounding: Rounding,
    whole: Option<Whole>,
}

/// What one price of a unit is, once so many parts were used in the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) above: u64,
    pub(super) price: Decimal,
}

impl Charge {
    /// What these bands charge, at least `minimum`, rounded to so many places.
    pub(super) fn new(bands: Bands, minimum: Decimal, to: (u32, Rounding)) -> Self {
        let whole = Whole::new(&bands, minimum, to);
        let (places, rounding) = to;
        Self {
            bands,
            minimum,
            places,
            rounding,
            whole,
        }
    }

    /// What `counts` cost after `used` others, rounded: at least the minimum, unless it is nothing or
    /// for no request. `None` where it is too large.
    fn of(&self, counts: &Volumes, used: &Volumes) -> Option<Decimal> {
        let whole = self.whole.as_ref();
        let charged = whole.and_then(|whole| whole.charge(counts, used));
        charged.or_else(|| self.of_decimals(counts, used))
    }

    fn of_decimals(&self, counts: &Volumes, used: &Volumes) -> Option<Decimal> {
        let mut sum = Decimal::ZERO;
        for (unit, bands) in &self.bands {
            let (begin, count) = (used.get(*unit), counts.get(*unit));
            let after = begin.saturating_add(count);
            for (band, end) in spans(bands) {
                let within = after.min(end).saturating_sub(begin.max(band.above));
                if within > 0 {
                    sum = sum.checked_add(unit.prices(within).checked_mul(band.price)?)?;
                }
            }
        }
        if !sum.is_zero() && counts.get(Unit::Request) != 0 {
            sum = sum.max(self.minimum);
        }
        let fits = sum <= MOST;
        fits.then(|| self.rounding.apply(sum, self.places))
    }
}

impl Rate {
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.terms.rate
    }

    /// What `usage` costs where `used` were used in the month.
    ///
    /// # Errors
    /// `InvalidArgument` when that is more than can be counted.
    pub(crate) fn price(&self, usage: &Usage, used: &Volumes) -> Result<Price> {
        let amount = self.charge.of(&Volumes::of(usage), used).ok_or_else(|| {
            let message = format!("a charge by the rate `{}` is too large", self.name());
            Error::new(ErrorKind::InvalidArgument, message).advise("lower its prices")
        })?;
        let terms = Arc::clone(&self.terms);
        Ok(Price { amount, terms })
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
}

/// The bands that cost something, each with where it ends.
pub(super) fn spans(bands: &[Band]) -> impl Iterator<Item = (&Band, u64)> {
    let begins = bands.iter().skip(1).map(|band| band.above);
    let all = bands.iter().zip(begins.chain([u64::MAX]));
    all.filter(|(band, _)| !band.price.is_zero())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Bands with prices of as many places as a table may write, and of more.
    fn bands() -> impl Strategy<Value = Vec<Band>> {
        let bands = vec((1_u64..1_000_000, amount()), 1..4);
        bands.prop_map(|list| {
            let grown = list
                .into_iter()
                .scan(None, |above: &mut Option<u64>, (more, price)| {
                    *above = Some(above.map_or(0, |above| above + more));
                    let above = above.unwrap_or(0);
                    Some(Band { above, price })
                });
            grown.collect()
        })
    }

    /// Small ones, which whole numbers hold, and any.
    fn amount() -> impl Strategy<Value = Decimal> {
        let small = (0_i64..1_000_000, 0_u32..=12);
        let any = (0..=i64::MAX, 0_u32..=19);
        prop_oneof![small, any].prop_map(|(digits, places)| Decimal::new(digits, places))
    }

    fn rounding() -> impl Strategy<Value = (u32, Rounding)> {
        let each = [
            Rounding::HalfEven,
            Rounding::HalfUp,
            Rounding::Up,
            Rounding::Down,
        ];
        (0_u32..=12, proptest::sample::select(each.to_vec()))
    }

    fn volumes(parts: Vec<u64>) -> Volumes {
        let mut volumes = Volumes::default();
        for (unit, parts) in Unit::ALL.into_iter().zip(parts) {
            volumes.set(unit, parts);
        }
        volumes
    }

    proptest! {
        #[test]
        fn whole_numbers_and_decimals_give_the_same(
            each in vec(bands(), Unit::COUNT),
            minimum in amount(),
            to in rounding(),
            counts in vec(0_u64..2_000_000, Unit::COUNT),
            used in vec(0_u64..2_000_000, Unit::COUNT),
        ) {
            let bands = Unit::ALL.into_iter().zip(each).collect();
            let charge = Charge::new(bands, minimum, to);
            let (counts, used) = (volumes(counts), volumes(used));
            let whole = charge.whole.as_ref();
            if let Some(whole) = whole.and_then(|whole| whole.charge(&counts, &used)) {
                prop_assert_eq!(Some(whole), charge.of_decimals(&counts, &used));
                prop_assert_eq!(whole.scale(), to.0);
            }
        }

        /// Where one digit more or less decides.
        #[test]
        fn halves_are_rounded_alike(
            digits in 0_i64..100_000,
            scale in 0_u32..6,
            to in rounding(),
        ) {
            let price = Decimal::new(digits, scale);
            let bands = vec![(Unit::Request, vec![Band { above: 0, price }])];
            let charge = Charge::new(bands, Decimal::ZERO, to);
            let (counts, used) = (volumes(vec![1]), Volumes::default());
            let whole = charge.whole.as_ref().and_then(|whole| whole.charge(&counts, &used));
            prop_assert!(whole.is_some());
            prop_assert_eq!(whole, charge.of_decimals(&counts, &used));
        }
    }

    #[test]
    fn what_whole_numbers_cannot_hold_is_added_in_decimals() {
        let band = |price| vec![Band { above: 0, price }];
        let large = Decimal::new(1, 9) + Decimal::from(10_u64.pow(11));
        let bands = vec![
            (Unit::Row, band(large)),
            (Unit::Compute, band(Decimal::new(1, 12))),
        ];
        let charge = Charge::new(bands, Decimal::ZERO, (12, Rounding::Down));
        assert!(charge.whole.is_none());
        let counts = volumes(vec![1, 2, 0, 0, 1_000_000_000]);
        let expected = large * Decimal::TWO + Decimal::new(1, 12);
        assert_eq!(charge.of(&counts, &Volumes::default()), Some(expected));
    }
}
