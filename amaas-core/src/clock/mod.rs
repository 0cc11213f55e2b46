//! Time comes in through here; no other file reads it.
//!
//! ```
//! use amaas_core::clock::{Clock, SystemClock};
//!
//! let clock = SystemClock::default();
//! let started = clock.now();
//! assert!(clock.now() >= started);
//! ```
//!
//! A clock also rings: [`Clock::alarm`] calls an action at an instant, so that nobody has to wait
//! for one. The system's clock does so on a thread that starts with its first alarm; the manual one
//! while it is moved forward.

mod alarms;
pub(crate) mod day;

pub use self::alarms::{Alarm, Ring};
pub use self::day::Day;

use self::alarms::Alarms;
use std::time::{Duration, Instant, SystemTime};

#[cfg(feature = "test-util")]
use crate::sync::{Mutex, PoisonError};

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

    /// Calls `ring` at `when`, unless the alarm is dropped before; at once where that has passed.
    ///
    /// # Errors
    /// When the operating system refuses the thread that keeps the time.
    fn alarm(&self, when: Instant, ring: Ring) -> std::io::Result<Alarm>;
}

/// The clock of the operating system.
#[derive(Debug, Default)]
pub struct SystemClock {
    alarms: Alarms,
}

impl Drop for SystemClock {
    fn drop(&mut self) {
        self.alarms.close();
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn calendar(&self) -> SystemTime {
        SystemTime::now()
    }

    fn alarm(&self, when: Instant, ring: Ring) -> std::io::Result<Alarm> {
        self.alarms.keep()?;
        Ok(self.alarms.set(when, self.now(), ring))
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
/// let alarm = clock.alarm(started + Duration::from_secs(60), Box::new(|| println!("a minute")))?;
/// clock.advance(Duration::from_secs(60)); // rings
/// assert_eq!(clock.since(started), Duration::from_secs(60));
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "test-util")]
#[derive(Debug)]
pub struct ManualClock {
    start: Instant,
    elapsed: Mutex<Duration>,
    alarms: Alarms,
}

#[cfg(feature = "test-util")]
impl ManualClock {
    /// A clock that stands still.
    #[expect(clippy::new_without_default, reason = "a clock is started on purpose")]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            elapsed: Mutex::default(),
            alarms: Alarms::default(),
        }
    }

    /// Moves the clock forward and rings every alarm that this makes due, on this thread.
    pub fn advance(&self, by: Duration) {
        *self.elapsed.lock().unwrap_or_else(PoisonError::into_inner) += by;
        self.alarms.ring(self.now());
    }

    fn elapsed(&self) -> Duration {
        *self.elapsed.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn alarm(&self, when: Instant, ring: Ring) -> std::io::Result<Alarm> {
        Ok(self.alarms.set(when, self.now(), ring))
    }

    /// Nobody rests: the clock moves forward instead.
    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}
