//! When a version that is tried beside another one has to go: a pure function of what was counted.
//!
//! ```
//! use amaas_core::service::{Arm, Guard, Reason, Tally, judge};
//!
//! let guard = Guard { max_error_rate: Some(0.1), min_requests: 10, ..Guard::default() };
//! let mut tally = Tally { tried: Arm { requests: 9, errors: 9, ..Arm::default() }, ..Tally::default() };
//! assert_eq!(judge(&guard, &tally), None); // too few to tell
//! tally.tried.requests = 10;
//! assert!(matches!(judge(&guard, &tally), Some(Reason::Errors { .. })));
//! ```
//!
//! The trap: a small number of requests says little. With 100 of them and an error rate of 1% there
//! are three errors or more in one window out of twelve.

use std::fmt;
use std::time::Duration;

/// What a version on trial may do worse than the present one, until it is taken back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guard {
    /// The greatest share of its requests that may fail, errors of the caller not counted.
    pub max_error_rate: Option<f64>,
    /// How many times the time of the present version its runs may take for a row, on average.
    pub max_latency_ratio: Option<f64>,
    /// How far the answers to the same request may lie apart on average, where they are compared:
    /// for labels the share of texts with another first label, for numbers the greatest difference.
    pub max_disagreement: Option<f64>,
    /// How many requests there must be before any of this is judged.
    pub min_requests: u64,
    /// After what time counting begins anew.
    pub window: Duration,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            max_error_rate: Some(0.05),
            max_latency_ratio: Some(2.0),
            max_disagreement: None,
            min_requests: 100,
            window: Duration::from_secs(600),
        }
    }
}

/// What was counted of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arm {
    /// Requests that ended, but for those that the caller got wrong or gave up.
    pub requests: u64,
    /// Those among them that failed.
    pub errors: u64,
    /// Rows of the others.
    pub rows: u64,
    /// The time they ran.
    pub computed: Duration,
}

/// What was counted in the present window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// Of the version that the route answers from.
    pub current: Arm,
    /// Of the version that is tried.
    pub tried: Arm,
    /// Requests that both answered.
    pub compared: u64,
    /// The sum over those of how far the answers lie apart.
    pub apart: f64,
    /// The greatest of it.
    pub furthest: f64,
}

/// Why a version was taken back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    /// Too many of its requests failed.
    Errors {
        /// The share that failed.
        rate: f64,
        /// The share that was allowed.
        allowed: f64,
    },
    /// It is too slow.
    Latency {
        /// How many times the time of the present version it takes.
        ratio: f64,
        /// What was allowed.
        allowed: f64,
    },
    /// It answers otherwise.
    Disagreement {
        /// How far the answers lie apart on average.
        mean: f64,
        /// What was allowed.
        allowed: f64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errors { rate, allowed } => {
                write!(
                    f,
                    "a share of {rate:.3} of its requests failed where {allowed} may"
                )
            }
            Self::Latency { ratio, allowed } => {
                write!(
                    f,
                    "it takes {ratio:.2} times as long where {allowed} is allowed"
                )
            }
            Self::Disagreement { mean, allowed } => {
                write!(f, "answers lie {mean:.4} apart where {allowed} is allowed")
            }
        }
    }
}

impl Arm {
    fn answered(&self) -> u64 {
        self.requests.saturating_sub(self.errors)
    }

    fn time_of_a_row(&self) -> f64 {
        self.computed.as_secs_f64() / self.rows.max(1) as f64
    }
}

/// Why the version on trial has to go, if it has to.
pub fn judge(guard: &Guard, tally: &Tally) -> Option<Reason> {
    let enough = |requests: u64| requests >= guard.min_requests.max(1);
    let (current, tried) = (&tally.current, &tally.tried);
    let errors = || {
        let allowed = guard.max_error_rate.filter(|_| enough(tried.requests))?;
        let rate = tried.errors as f64 / tried.requests as f64;
        (rate > allowed).then_some(Reason::Errors { rate, allowed })
    };
    let latency = || {
        let both = enough(tried.answered()) && enough(current.answered());
        let allowed = guard.max_latency_ratio.filter(|_| both)?;
        let ratio = tried.time_of_a_row() / current.time_of_a_row();
        (ratio > allowed).then_some(Reason::Latency { ratio, allowed })
    };
    let disagreement = || {
        let allowed = guard.max_disagreement.filter(|_| enough(tally.compared))?;
        let mean = tally.apart / tally.compared as f64;
        (mean > allowed).then_some(Reason::Disagreement { mean, allowed })
    };
    errors().or_else(latency).or_else(disagreement)
}
