//! What a rate charges, in whole numbers of the last place that any of its prices has for one part of its
//! unit: a few instructions, where decimals take hundreds.
//!
//! Money is exact either way, and a property test holds the two together. A rate whose prices do not fit
//! has no such numbers, and a sum that does not fit is made in decimals.

use rust_decimal::Decimal;

use super::MOST;
use super::rate::{Bands, spans};
use crate::usage::{Rounding, Unit, Volumes};

/// The prices of a rate, and all that comes after the sum.
#[derive(Debug)]
pub(super) struct Whole {
    steps: Box<[Step]>,
    minimum: u128,
    /// The most that one receipt may cost.
    most: u128,
    /// So much of the last place is one of the places that are rounded to.
    by: u64,
    places: u32,
    rounding: Rounding,
}

/// What a part costs that is neither below `above` nor from `end` on.
#[derive(Debug)]
struct Step {
    unit: Unit,
    above: u64,
    end: u64,
    price: u64,
}

impl Whole {
    /// Those of these bands; `None` where they do not fit.
    pub(super) fn new(
        bands: &Bands,
        minimum: Decimal,
        (places, rounding): (u32, Rounding),
    ) -> Option<Self> {
        let all = || {
            let each = bands.iter();
            each.flat_map(|(unit, bands)| spans(bands).map(move |span| (*unit, span)))
        };
        let scales = all().map(|(unit, (band, _))| unit.places() + band.price.scale());
        let scale = scales.chain([places, minimum.scale()]).max()?;
        let lift = |amount: Decimal, scale: u32| -> Option<u128> {
            let by = 10_i128.checked_pow(scale - amount.scale())?;
            u128::try_from(amount.mantissa().checked_mul(by)?).ok()
        };
        let steps = all().map(|(unit, (band, end))| {
            Some(Step {
                unit,
                above: band.above,
                end,
                price: u64::try_from(lift(band.price, scale - unit.places())?).ok()?,
            })
        });
        Some(Self {
            steps: steps.collect::<Option<_>>()?,
            minimum: lift(minimum, scale)?,
            most: lift(MOST, scale)?,
            by: 10_u64.checked_pow(scale - places)?,
            places,
            rounding,
        })
    }

    /// What `counts` cost after `used` others, rounded; `None` where it does not fit or is too large.
    pub(super) fn charge(&self, counts: &Volumes, used: &Volumes) -> Option<Decimal> {
        let mut sum = 0_u128;
        for step in &self.steps {
            let begin = used.get(step.unit);
            let end = begin.saturating_add(counts.get(step.unit));
            let within = end.min(step.end).saturating_sub(begin.max(step.above));
            sum = sum.checked_add(u128::from(within) * u128::from(step.price))?;
        }
        if sum != 0 && counts.get(Unit::Request) != 0 {
            sum = sum.max(self.minimum);
        }
        if sum > self.most {
            return None;
        }
        let rounded = i128::try_from(self.rounding.divide(sum, self.by)).ok()?;
        Decimal::try_from_i128_with_scale(rounded, self.places).ok()
    }
}
