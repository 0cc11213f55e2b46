//! What something costs, and how that is rounded.

use std::fmt;
use std::sync::Arc;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;

/// What one receipt costs, by which rate of which table. It was rounded once, and is never rounded
/// again: sums of prices are exact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Price {
    /// How much, in the currency of its terms.
    pub amount: Decimal,
    /// By what it was found.
    pub terms: Arc<Terms>,
}

/// By which rate of which table something is priced.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// Three letters, as ISO 4217 has them.
    pub currency: Arc<str>,
    /// The name of the rate.
    pub rate: Arc<str>,
    /// The version of the price table.
    pub table: Arc<str>,
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.terms.currency)
    }
}

/// What becomes of the digits behind the last place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// To the nearest; in the middle, to the even one.
    #[default]
    HalfEven,
    /// To the nearest; in the middle, up.
    HalfUp,
    /// Up.
    Up,
    /// Down.
    Down,
}

impl Rounding {
    /// `amount`, which is not negative, with exactly so many places.
    pub(super) fn apply(self, amount: Decimal, places: u32) -> Decimal {
        let strategy = match self {
            Self::HalfEven => RoundingStrategy::MidpointNearestEven,
            Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Self::Up => RoundingStrategy::AwayFromZero,
            Self::Down => RoundingStrategy::ToZero,
        };
        let mut rounded = amount.round_dp_with_strategy(places, strategy);
        rounded.rescale(places);
        rounded
    }

    /// `sum` in numbers of `by`, which is not 0.
    pub(super) fn divide(self, sum: u128, by: u64) -> u128 {
        // Sums of real requests fit 64 bits, which a processor divides at once.
        let (whole, rest) = match u64::try_from(sum) {
            Ok(sum) => (u128::from(sum / by), u128::from(sum % by)),
            Err(_) => (sum / u128::from(by), sum % u128::from(by)),
        };
        let lacks = u128::from(by) - rest;
        let is_up = match self {
            Self::HalfEven => rest > lacks || (rest == lacks && whole % 2 == 1),
            Self::HalfUp => rest >= lacks,
            Self::Up => rest > 0,
            Self::Down => false,
        };
        whole + u128::from(is_up)
    }
}
