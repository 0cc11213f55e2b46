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
    /// How much, in `currency`.
    pub amount: Decimal,
    /// Three letters, as ISO 4217 has them.
    pub currency: Arc<str>,
    /// The name of the rate.
    pub rate: Arc<str>,
    /// The version of the price table.
    pub table: Arc<str>,
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
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
}
