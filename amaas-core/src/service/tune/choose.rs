//! Which of the measured arrangements is best: a pure function.

use std::cmp::Ordering;

use super::{Objective, TuneRow};

impl Objective {
    /// Whether a trial is as good as is asked at the least.
    pub fn accepts(&self, trial: &TuneRow) -> bool {
        match self {
            Self::P99Under(most) => trial.p99 <= *most,
            Self::Throughput | Self::Latency => true,
        }
    }

    fn compare(&self, a: &TuneRow, b: &TuneRow) -> Ordering {
        let rate = || b.requests_per_second.total_cmp(&a.requests_per_second);
        let (half, most) = (|| a.p50.cmp(&b.p50), || a.p99.cmp(&b.p99));
        match self {
            Self::Throughput => rate().then_with(most).then_with(half),
            Self::Latency => half().then_with(most).then_with(rate),
            Self::P99Under(_) => match (self.accepts(a), self.accepts(b)) {
                (true, true) => rate().then_with(most).then_with(half),
                (false, false) => most().then_with(half).then_with(rate),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
            },
        }
    }
}

/// The places of `trials`, the best first. Where all else is equal the earlier one is better.
///
/// ```
/// use amaas_core::service::{Objective, TuneRow, rank};
/// use std::time::Duration;
///
/// let trial = |requests_per_second, milliseconds| TuneRow {
///     instances: None, threads: None, rows: 64, clients: 8, requests: 100, requests_per_second,
///     p50: Duration::from_millis(milliseconds), p99: Duration::from_millis(2 * milliseconds),
/// };
/// let trials = [trial(90.0, 20), trial(50.0, 5), trial(70.0, 9)];
/// assert_eq!(rank(&Objective::Throughput, &trials), [0, 2, 1]);
/// assert_eq!(rank(&Objective::Latency, &trials), [1, 2, 0]);
/// let bound = Objective::P99Under(Duration::from_millis(18));
/// assert_eq!(rank(&bound, &trials), [2, 1, 0]);
/// ```
pub fn rank(objective: &Objective, trials: &[TuneRow]) -> Vec<usize> {
    let mut places: Vec<_> = (0..trials.len()).collect();
    places.sort_by(|a, b| objective.compare(&trials[*a], &trials[*b]));
    places
}
