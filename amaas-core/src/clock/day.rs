//! Days of the calendar, in UTC.
//!
//! Days are counted in eras of 400 years that start on the first of March, so that the leap day is
//! the last of its year.
//!
//! ```
//! use amaas_core::clock::Day;
//!
//! let day: Day = "2026-02-28".parse()?;
//! assert_eq!(day.next().to_string(), "2026-03-01");
//! assert!("2026-02-29".parse::<Day>().is_err());
//! # Ok::<(), &'static str>(())
//! ```
//!
//! The trap: a time before 1970 counts as its first day.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECONDS: u64 = 86_400;
/// Days from the first of March of the year 0 to the first of January 1970.
const EPOCH: u64 = 719_468;
const ERA: u64 = 146_097;

/// A day of the calendar, in UTC, from 1970 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u64);

impl Day {
    /// The day in which `time` lies.
    pub fn of(time: SystemTime) -> Self {
        let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(elapsed.as_secs() / SECONDS)
    }

    /// The instant at which it begins.
    pub fn begins(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0 * SECONDS)
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The first day of its month.
    #[must_use]
    pub fn month(self) -> Self {
        let (.., day) = date(self.0);
        Self(self.0 + 1 - day)
    }

    /// The first day of the month after its own.
    #[must_use]
    pub fn next_month(self) -> Self {
        Self(self.month().0 + 31).month()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.0);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
        let read = || days(number(0, 4)?, number(5, 7)?, number(8, 10)?).map(Self);
        let day = read().filter(|day| day.to_string() == text);
        day.ok_or("a day is not written as `2026-01-31`")
    }
}

/// Year, month and day of a number of days since 1970.
pub(crate) fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + EPOCH;
    let (era, in_era) = (shifted / ERA, shifted % ERA);
    let year = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let (month, carried) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + carried, month, day)
}

/// Days since 1970; `None` before it or where there is no such month.
pub(crate) fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year.checked_sub(1)?, month + 9)
    };
    let (era, in_era) = (year / 400, year % 400);
    let in_year = (153 * month + 2) / 5 + day - 1;
    (era * ERA + in_era * 365 + in_era / 4 - in_era / 100 + in_year).checked_sub(EPOCH)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_day_comes_back_and_lies_in_its_month(days in 0_u64..3_000_000) {
            let day = Day(days);
            prop_assume!(day.to_string().len() == 10);
            prop_assert_eq!(day.to_string().parse(), Ok(day));
            prop_assert_eq!(Day::of(day.begins()), day);
            prop_assert!(day.month() <= day && day < day.next_month());
            prop_assert_eq!(&day.month().to_string()[..8], &day.to_string()[..8]);
            prop_assert!(day.next_month().to_string().ends_with("-01"));
        }
    }
}
