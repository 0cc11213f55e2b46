//! What is charged for, and how much of it a receipt has.

use rust_decimal::Decimal;

use super::Usage;

/// What a rate has a price for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// One answered request.
    Request,
    /// One row.
    Row,
    /// A thousand tokens that the model read.
    TokensIn,
    /// A thousand tokens that the model wrote.
    TokensOut,
    /// One second of compute.
    Compute,
    /// One second that a version is kept loaded.
    Loaded,
}

impl Unit {
    /// How many there are.
    pub(super) const COUNT: usize = 6;

    /// All of them, in the order of their places.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Request,
        Self::Row,
        Self::TokensIn,
        Self::TokensOut,
        Self::Compute,
        Self::Loaded,
    ];

    /// The unit as price tables spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Row => "row",
            Self::TokensIn => "tokens_in",
            Self::TokensOut => "tokens_out",
            Self::Compute => "compute",
            Self::Loaded => "loaded",
        }
    }

    /// What is counted of it, in its smallest part: requests, rows, tokens, nanoseconds.
    pub(super) fn count(self, usage: &Usage) -> u64 {
        match self {
            Self::Request => usage.requests,
            Self::Row => usage.rows,
            Self::TokensIn => usage.tokens,
            Self::TokensOut => usage.tokens_out,
            Self::Compute => nanoseconds(usage.computed),
            Self::Loaded => nanoseconds(usage.loaded),
        }
    }

    /// The parts of a number as price tables write it in allowances: requests, rows, tokens,
    /// seconds.
    pub(super) fn parts(self, number: u64) -> Option<u64> {
        match self {
            Self::Compute | Self::Loaded => number.checked_mul(1_000_000_000),
            _ => Some(number),
        }
    }

    /// How many prices so many parts are.
    pub(super) fn prices(self, parts: u64) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(parts), self.places())
    }

    /// How many decimal places a part lies below what a price is for.
    pub(super) const fn places(self) -> u32 {
        match self {
            Self::Request | Self::Row => 0,
            Self::TokensIn | Self::TokensOut => 3,
            Self::Compute | Self::Loaded => 9,
        }
    }
}

/// How much of each unit was used, in its smallest part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Volumes([u64; Unit::COUNT]);

impl Volumes {
    /// What one receipt has.
    pub fn of(usage: &Usage) -> Self {
        Self(Unit::ALL.map(|unit| unit.count(usage)))
    }

    /// Requests, rows, tokens, or nanoseconds.
    pub fn get(&self, unit: Unit) -> u64 {
        self.0[unit as usize]
    }

    /// Sets one of them.
    pub fn set(&mut self, unit: Unit, parts: u64) {
        self.0[unit as usize] = parts;
    }

    /// Adds all of `other`.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.saturating_add(theirs);
        }
    }
}

/// 584 years fit.
pub(super) fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
