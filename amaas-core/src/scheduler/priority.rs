//! Who leads next: the oldest of the highest priority, where waiting raises it.

use std::cmp::Reverse;
use std::time::Duration;

/// How urgent a request is beside others that wait for the same model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Priority {
    /// After all others: work that nobody waits for.
    Low,
    /// What a call has that says nothing.
    #[default]
    Normal,
    /// Before all others: somebody looks at the screen.
    High,
}

impl Priority {
    /// The priority as one stable lower-case word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }

    /// The priority after waiting for `age`: one level more for each `ageing`, up to the highest.
    fn after(self, age: Duration, ageing: Duration) -> Self {
        let levels = age.as_nanos().checked_div(ageing.as_nanos());
        match (self, levels.unwrap_or(u128::MAX)) {
            (level, 0) => level,
            (Self::Low, 1) => Self::Normal,
            _ => Self::High,
        }
    }
}

impl std::str::FromStr for Priority {
    type Err = crate::Error;

    fn from_str(text: &str) -> crate::Result<Self> {
        let all = [Self::Low, Self::Normal, Self::High];
        let named = all.into_iter().find(|priority| priority.name() == text);
        named.ok_or_else(|| {
            let message = format!("`{text}` is not a priority");
            crate::Error::new(crate::ErrorKind::InvalidArgument, message)
                .advise("use `low`, `normal` or `high`")
        })
    }
}

/// The place of the request that leads next among those that wait, given as priority and age.
///
/// It is the oldest of the highest level; each `ageing` of waiting raises a request by one level, so
/// that in the end it is the oldest of the highest, whatever comes after it.
///
/// ```
/// use amaas_core::scheduler::{Priority::*, foremost};
/// use std::time::Duration;
///
/// let ms = Duration::from_millis;
/// let first = |waiting: &[_]| foremost(waiting.iter().copied(), ms(500));
/// assert_eq!(first(&[(Normal, ms(30)), (High, ms(10)), (High, ms(20))]), Some(2));
/// assert_eq!(first(&[(Low, ms(1000)), (High, ms(20))]), Some(0));
/// ```
pub fn foremost(
    waiting: impl IntoIterator<Item = (Priority, Duration)>,
    ageing: Duration,
) -> Option<usize> {
    let waiting = waiting.into_iter().enumerate();
    let rank = |(place, (priority, age)): (_, (Priority, _))| {
        (priority.after(age, ageing), age, Reverse(place))
    };
    waiting.map(rank).max().map(|(.., Reverse(place))| place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AGEING: Duration = Duration::from_millis(100);

    fn level() -> impl Strategy<Value = Priority> {
        prop::sample::select(vec![Priority::Low, Priority::Normal, Priority::High])
    }

    fn crowd() -> impl Strategy<Value = Vec<(Priority, Duration)>> {
        let one =
            (level(), 0_u64..400).prop_map(|(level, age)| (level, Duration::from_millis(age)));
        prop::collection::vec(one, 0..50)
    }

    proptest! {
        #[test]
        fn nobody_of_a_higher_level_and_nobody_older_of_the_same_is_passed_over(crowd in crowd()) {
            let Some(place) = foremost(crowd.iter().copied(), AGEING) else {
                prop_assert!(crowd.is_empty());
                return Ok(());
            };
            let rank = |(level, age): (Priority, Duration)| (level.after(age, AGEING), age);
            prop_assert!(crowd.iter().all(|other| rank(*other) <= rank(crowd[place])));
        }

        #[test]
        fn of_one_priority_the_oldest_leads(ages in prop::collection::vec(0_u64..1000, 1..50), level in level()) {
            let crowd = ages.iter().map(|age| (level, Duration::from_millis(*age)));
            let oldest = ages.iter().max().unwrap();
            prop_assert_eq!(ages[foremost(crowd, AGEING).unwrap()], *oldest);
        }

        /// One request leads at each step, a fresh urgent one comes at each: the low one waits for
        /// its ageing and for those that were older by then, and no longer.
        #[test]
        fn nobody_starves(step in 1_u64..100, before in crowd()) {
            let mut crowd = before;
            crowd.push((Priority::Low, Duration::ZERO));
            let mut target = crowd.len() - 1;
            let bound = crowd.len() as u64 + 2 * 100_u64.div_ceil(step) + 2;
            for turn in 0.. {
                prop_assert!(turn <= bound, "it waited for {turn} turns");
                let place = foremost(crowd.iter().copied(), AGEING).unwrap();
                if place == target {
                    break;
                }
                crowd.remove(place);
                target -= usize::from(place < target);
                crowd.iter_mut().for_each(|(_, age)| *age += Duration::from_millis(step));
                crowd.push((Priority::High, Duration::ZERO));
            }
        }
    }

    #[test]
    fn without_ageing_all_are_served_as_they_come() {
        let crowd = [(Priority::High, 1), (Priority::Low, 2)];
        let crowd = crowd.map(|(level, age)| (level, Duration::from_millis(age)));
        assert_eq!(foremost(crowd, Duration::ZERO), Some(1));
    }
}
