//! Following the registry: a thread that updates the service when something was published.
//!
//! ```no_run
//! use amaas_core::service::{WatchEvent, WatchOptions};
//!
//! let service = amaas_core::Service::builder().registry("models/").build()?;
//! let route = service.load("sentiment@^1")?;
//! let watcher = service.watch(WatchOptions::default(), |event| match event {
//!     WatchEvent::Updated(updated) => println!("{updated:?}"),
//!     other => eprintln!("only looking now and then: {other:?}"),
//! })?;
//! // … and when it is no longer wanted:
//! drop(watcher);
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! It looks at once, whenever the folder of the registry tells of a change (with the feature
//! `watch`), and after each interval, for folders on a network tell nothing. After a look at which
//! something could not be moved it rests twice as long as the time before, but a change of the
//! folder still wakes it.
//!
//! The trap: dropping the watcher waits for a look that is under way, and a look may load a model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Service, ServiceInner, Unmoved, Updated};
use crate::clock::{Alarm, Clock};
use crate::{Error, ErrorKind, Result};

/// How the registry is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchOptions {
    /// How often to look where nothing tells of a change.
    pub interval: Duration,
    /// The longest rest after failures in a row.
    pub longest: Duration,
    /// Whether to listen for changes of the folder; without the feature `watch` nobody does.
    pub notifications: bool,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            longest: Duration::from_secs(600),
            notifications: true,
        }
    }
}

/// What a watcher has to tell.
#[derive(Debug)]
#[non_exhaustive]
pub enum WatchEvent {
    /// A look moved something, or failed to.
    Updated(Updated),
    /// Changes of the folder cannot be heard, or the time cannot be kept; the watcher goes on with
    /// what is left.
    Deaf(Error),
}

/// Follows the registry until it is dropped.
#[derive(Debug)]
#[must_use = "a watcher that is dropped stops"]
pub struct Watcher {
    bell: Arc<Bell>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Calls [`Service::update`] on a thread of its own whenever the registry may have changed, and
    /// `tell` with what came of it. The thread keeps the service from nothing: it ends, at its next
    /// look at the latest, when the service is gone.
    ///
    /// # Errors
    /// `NotFound` without a registry, `InvalidArgument` for an interval of zero, `Io` when no thread
    /// can be started.
    pub fn watch(
        &self,
        options: WatchOptions,
        tell: impl FnMut(WatchEvent) + Send + 'static,
    ) -> Result<Watcher> {
        self.watch_after(Box::new(|_| Vec::new()), options, Box::new(tell))
    }

    /// As [`Service::watch`], with something done `before` each look.
    pub(super) fn watch_after(
        &self,
        before: Before,
        options: WatchOptions,
        tell: Box<dyn FnMut(WatchEvent) + Send>,
    ) -> Result<Watcher> {
        self.registry()?;
        if options.interval.is_zero() {
            let message = "`interval` is `0`";
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("rest at least a millisecond between two looks"));
        }
        let bell = Arc::new(Bell::default());
        let looker = Looker {
            service: Arc::downgrade(&self.0),
            clock: Arc::clone(&self.0.clock),
            bell: Arc::clone(&bell),
            before,
            tell,
            pace: Pace::new(&options),
        };
        let thread = std::thread::Builder::new().name("amaas-watch".to_owned());
        let thread = thread.spawn(move || looker.follow(options.notifications));
        let thread = thread.map_err(|cause| {
            let message = "no thread can be started to watch the registry";
            Error::new(ErrorKind::Io, message)
                .because(cause)
                .advise("raise the limit of threads, or call `update` yourself")
        })?;
        Ok(Watcher {
            bell,
            thread: Some(thread),
        })
    }
}

impl Watcher {
    /// Looks now, whatever the time.
    pub fn look(&self) {
        self.bell.ring();
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.bell.close();
        let own = |thread: &JoinHandle<()>| thread.thread().id() == std::thread::current().id();
        // What is told may be what drops the watcher: a thread does not wait for itself.
        if let Some(thread) = self.thread.take().filter(|thread| !own(thread)) {
            drop(thread.join());
        }
    }
}

/// Wakes the thread of a watcher.
#[derive(Debug, Default)]
struct Bell {
    state: Mutex<Rung>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Rung {
    rung: bool,
    closed: bool,
}

impl Bell {
    fn ring(&self) {
        self.state().rung = true;
        self.changed.notify_one();
    }

    fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    /// Waits until it is rung; false when it is closed.
    fn wait(&self) -> bool {
        let waits = |state: &mut Rung| !state.rung && !state.closed;
        let waited = self.changed.wait_while(self.state(), waits);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.rung = false;
        !state.closed
    }

    fn state(&self) -> MutexGuard<'_, Rung> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long to rest between looks.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    longest: Duration,
    failures: u32,
}

impl Pace {
    fn new(options: &WatchOptions) -> Self {
        Self {
            interval: options.interval,
            longest: options.longest.max(options.interval),
            failures: 0,
        }
    }

    /// The rest after a look: the interval, doubled for each failure in a row.
    fn rest(&mut self, failed: bool) -> Duration {
        self.failures = if failed {
            self.failures.saturating_add(1)
        } else {
            0
        };
        let times = 2_u32.saturating_pow(self.failures);
        self.interval.saturating_mul(times).min(self.longest)
    }
}

/// What is done before a look; what it could not do.
pub(super) type Before = Box<dyn FnMut(&Service) -> Vec<Unmoved> + Send>;

/// What the thread of a watcher holds.
struct Looker {
    service: Weak<ServiceInner>,
    clock: Arc<dyn Clock>,
    bell: Arc<Bell>,
    before: Before,
    tell: Box<dyn FnMut(WatchEvent) + Send>,
    pace: Pace,
}

impl Looker {
    fn follow(mut self, notifications: bool) {
        let _heard = notifications.then(|| self.listen());
        while let Some(rest) = self.look() {
            let _alarm = self.wake_after(rest);
            if !self.bell.wait() {
                return;
            }
        }
    }

    /// Updates the service and tells what came of it; how long to rest then. `None` when the
    /// service is gone.
    fn look(&mut self) -> Option<Duration> {
        let service = Service(self.service.upgrade()?);
        let failed = (self.before)(&service);
        let mut updated = service.update();
        drop(service);
        updated.failed.splice(0..0, failed);
        let rest = self.pace.rest(!updated.failed.is_empty());
        if !updated.is_quiet() {
            self.tell(WatchEvent::Updated(updated));
        }
        Some(rest)
    }

    fn wake_after(&mut self, rest: Duration) -> Option<Alarm> {
        let bell = Arc::clone(&self.bell);
        let when = self.clock.now().checked_add(rest)?;
        match self.clock.alarm(when, Box::new(move || bell.ring())) {
            Ok(alarm) => Some(alarm),
            Err(cause) => {
                let message = "no thread can be started to keep the time";
                self.tell(WatchEvent::Deaf(
                    Error::new(ErrorKind::Io, message).because(cause),
                ));
                None
            }
        }
    }

    #[cfg(feature = "watch")]
    fn listen(&mut self) -> Option<crate::registry::ChangeListener> {
        let service = Service(self.service.upgrade()?);
        let bell = Arc::clone(&self.bell);
        let listener = service
            .registry()
            .and_then(|registry| registry.on_change(move || bell.ring()));
        drop(service);
        listener
            .map_err(|error| self.tell(WatchEvent::Deaf(error)))
            .ok()
    }

    #[cfg(not(feature = "watch"))]
    #[expect(clippy::unused_self, reason = "there is nothing to listen with")]
    fn listen(&self) {}

    /// A panic of the host's code is its own affair.
    fn tell(&mut self, event: WatchEvent) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (self.tell)(event))) {
            std::mem::forget(panic); // dropping it could panic again
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_with_failures_and_shrink_with_the_first_success() {
        let seconds = Duration::from_secs;
        let mut pace = Pace::new(&WatchOptions {
            interval: seconds(10),
            longest: seconds(60),
            notifications: false,
        });
        let rests = [false, true, true, true, true, false].map(|failed| pace.rest(failed));
        assert_eq!(rests, [10, 20, 40, 60, 60, 10].map(seconds));
        pace.failures = u32::MAX;
        assert_eq!(pace.rest(true), seconds(60));
        pace.longest = Duration::MAX;
        assert!(pace.rest(true) > seconds(1 << 30));
    }

    #[test]
    fn a_bell_that_was_rung_before_is_heard() {
        let bell = Bell::default();
        bell.ring();
        assert!(bell.wait());
        bell.ring();
        bell.close();
        assert!(!bell.wait());
    }
}
