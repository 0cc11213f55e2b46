//! Time comes in through here; no other file reads it.
//!
//! ```
//! use amaas_core::clock::{Clock, SystemClock};
//!
//! let clock = SystemClock;
//! let started = clock.now();
//! assert!(clock.now() >= started);
//! ```

use std::time::{Duration, Instant, SystemTime};

/// A source of time. The system's in production, a manual one in tests.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Monotonic time, for durations and deadlines.
    fn now(&self) -> Instant;

    /// Calendar time, for records that people read.
    fn calendar(&self) -> SystemTime;

    /// Lets the calling thread rest.
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    fn since(&self, earlier: Instant) -> Duration {
        self.now().saturating_duration_since(earlier)
    }
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn calendar(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that moves only when it is told to.
///
/// ```
/// use amaas_core::clock::{Clock, ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let started = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.since(started), Duration::from_secs(60));
/// ```
#[cfg(feature = "test-util")]
#[derive(Debug)]
pub struct ManualClock {
    start: Instant,
    elapsed: std::sync::Mutex<Duration>,
}

#[cfg(feature = "test-util")]
impl ManualClock {
    /// A clock that stands still.
    #[expect(clippy::new_without_default, reason = "a clock is started on purpose")]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            elapsed: std::sync::Mutex::default(),
        }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        *self
            .elapsed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) += by;
    }

    fn elapsed(&self) -> Duration {
        *self
            .elapsed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(feature = "test-util")]
impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.start + self.elapsed()
    }

    fn calendar(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.elapsed()
    }

    /// Nobody rests: the clock moves forward instead.
    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}
