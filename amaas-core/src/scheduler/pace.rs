//! How fast runs have been lately, and so how long the queue is in time.

use std::time::Duration;

/// The weight of the newest run; those before it count less and less.
const NEWEST: f64 = 0.2;

/// Moving averages over the runs of one pool.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    runs: Option<Averages>,
}

#[derive(Debug, Clone, Copy)]
struct Averages {
    seconds: f64,
    requests: f64,
}

impl Pace {
    /// Enters a run.
    pub(super) fn ran(&mut self, took: Duration, requests: usize) {
        let (seconds, requests) = (took.as_secs_f64(), requests as f64);
        let mix = |old: f64, new: f64| old + NEWEST * (new - old);
        let averages = self
            .runs
            .map_or(Averages { seconds, requests }, |old| Averages {
                seconds: mix(old.seconds, seconds),
                requests: mix(old.requests, requests),
            });
        self.runs = Some(averages);
    }

    /// How long `waiting` requests keep `instances` busy; `None` before the first run has ended.
    pub(super) fn drains_in(&self, waiting: usize, instances: usize) -> Option<Duration> {
        let Averages { seconds, requests } = self.runs?;
        let rounds = (waiting.max(1) as f64 / requests.max(1.0) / instances.max(1) as f64).max(1.0);
        Duration::try_from_secs_f64(rounds * seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_what_the_queue_takes_at_the_recent_pace() {
        let mut pace = Pace::default();
        assert_eq!(pace.drains_in(8, 2), None);
        for _ in 0..50 {
            pace.ran(Duration::from_millis(10), 1);
        }
        let close = |found: Option<Duration>, wanted: u128| {
            assert!(
                found.unwrap().as_micros().abs_diff(wanted * 1000) < 100,
                "{found:?}"
            );
        };
        close(pace.drains_in(8, 1), 80);
        close(pace.drains_in(8, 2), 40);
        close(pace.drains_in(0, 4), 10);
        for _ in 0..50 {
            pace.ran(Duration::from_millis(40), 4);
        }
        close(pace.drains_in(8, 1), 80);
    }
}
