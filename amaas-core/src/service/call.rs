//! What any call may say: by when, how urgent, who pays, and a flag to cancel it.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Alarm, Clock};
use crate::runtime::{Stop, StopGuard};
use crate::scheduler::Priority;
use crate::{Error, ErrorKind, Result};

/// What any call may say, whatever it asks of the model.
///
/// ```
/// use amaas_core::{Call, Priority};
/// use std::time::Duration;
///
/// let call = Call { priority: Priority::High, ..Call::within(Duration::from_millis(200)) };
/// assert_eq!(call.deadline, Some(Duration::from_millis(200)));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// How long it may take from its start to its answer, waiting included; what
    /// [`LoadSettings`](super::LoadSettings) say when absent.
    pub deadline: Option<Duration>,
    /// How urgent it is beside other calls that wait for the same model.
    pub priority: Priority,
    /// Raised from another thread to end the call with `Cancelled`; what [`Stop::hold`] holds when
    /// absent.
    pub stop: Option<Stop>,
    /// Who or what it is for: while a canary is under way, calls with one key meet one version.
    pub key: Option<String>,
    /// Who pays for it, and whose quota it uses. In a queue tenants take turns.
    pub tenant: Option<Arc<str>>,
    /// What tells it from the tenant's other calls: of all calls with one key one is charged.
    pub idempotency: Option<Arc<str>>,
}

impl Call {
    /// A call that ends with `DeadlineExceeded` when this much time has passed.
    pub fn within(deadline: Duration) -> Self {
        Self {
            deadline: Some(deadline),
            ..Self::default()
        }
    }

    /// A call that ends with `Cancelled` when `stop` is raised.
    pub fn until(stop: &Stop) -> Self {
        Self {
            stop: Some(stop.clone()),
            ..Self::default()
        }
    }

    /// Lets the time run; without a deadline there is nothing to do.
    pub(super) fn begin(&self, default: Option<Duration>, clock: &dyn Clock) -> Result<Begun> {
        let outer = self.stop.clone().or_else(Stop::held);
        let Some(deadline) = self.deadline.or(default) else {
            return Ok(Begun {
                stop: outer,
                priority: self.priority,
                tenant: self.tenant.clone(),
                _alarm: None,
                _guard: None,
            });
        };
        let stop = Stop::new();
        let guard = outer.as_ref().and_then(|outer| stop.follow(outer));
        let expired = stop.clone();
        let alarm = match clock.now().checked_add(deadline) {
            Some(when) => clock.alarm(when, Box::new(move || expired.expire())),
            None => Ok(Alarm::default()), // beyond the end of time
        };
        let alarm = alarm.map_err(|cause| {
            Error::new(ErrorKind::Io, "no thread can be started to keep the time")
                .because(cause)
                .advise("raise the limit of threads, or call without a deadline")
        })?;
        Ok(Begun {
            stop: Some(stop),
            priority: self.priority,
            tenant: self.tenant.clone(),
            _alarm: Some(alarm),
            _guard: guard,
        })
    }
}

/// A call under way; its deadline holds for as long as this does.
#[derive(Debug)]
pub(crate) struct Begun {
    stop: Option<Stop>,
    priority: Priority,
    tenant: Option<Arc<str>>,
    _alarm: Option<Alarm>,
    _guard: Option<StopGuard>,
}

impl Begun {
    /// Raised when the call is cancelled or its deadline has passed.
    pub(crate) fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// For whom it is.
    pub(crate) fn tenant(&self) -> Option<&Arc<str>> {
        self.tenant.as_ref()
    }

    /// How urgent it is.
    pub(crate) fn priority(&self) -> Priority {
        self.priority
    }
}
