//! Another version on a route: its guard, and what is told of the trial.

use amaas_core::service::{Guard as CoreGuard, Outcome, TrialKind, TrialStatus};
use pyo3::prelude::*;

use crate::call::Seconds;
use crate::errors::Result;
use crate::interrupt;
use crate::lifecycle::Warmed;
use crate::record::{rebuilt, record, shown};
use crate::records::Usage;
use crate::route::Route;
use crate::service::spelled;

/// What a version on trial may do worse than the present one, until it is taken back.
///
/// ``max_error_rate`` is the share of its requests that may fail, errors of the caller's not
/// counted; ``max_latency_ratio`` how many times as long a row may take, on average;
/// ``max_disagreement`` how far answers to one request may lie apart on average, where they are
/// compared. ``None`` leaves one out. Nothing is judged before ``min_requests``, and counting begins
/// anew after ``window`` seconds.
///
/// >>> amaas.Guard(max_error_rate=0.01, min_requests=500)
#[pyclass(frozen, eq, module = "amaas")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Guard(CoreGuard);

const FIELDS: [&str; 5] = [
    "max_error_rate",
    "max_latency_ratio",
    "max_disagreement",
    "min_requests",
    "window",
];

#[pymethods]
impl Guard {
    #[new]
    #[pyo3(signature = (*, max_error_rate = 0.05, max_latency_ratio = 2.0, max_disagreement = None, min_requests = 100, window = Seconds::WINDOW),
           text_signature = "(*, max_error_rate=0.05, max_latency_ratio=2.0, max_disagreement=None, min_requests=100, window=600.0)")]
    fn new(
        max_error_rate: Option<f64>,
        max_latency_ratio: Option<f64>,
        max_disagreement: Option<f64>,
        min_requests: u64,
        window: Seconds,
    ) -> Self {
        let Seconds(window) = window;
        Self(CoreGuard {
            max_error_rate,
            max_latency_ratio,
            max_disagreement,
            min_requests,
            window,
        })
    }

    /// The share of its requests that may fail.
    #[getter]
    fn max_error_rate(&self) -> Option<f64> {
        self.0.max_error_rate
    }

    /// How many times as long a row may take.
    #[getter]
    fn max_latency_ratio(&self) -> Option<f64> {
        self.0.max_latency_ratio
    }

    /// How far answers to one request may lie apart on average.
    #[getter]
    fn max_disagreement(&self) -> Option<f64> {
        self.0.max_disagreement
    }

    /// How many requests there must be before it is judged.
    #[getter]
    fn min_requests(&self) -> u64 {
        self.0.min_requests
    }

    /// After how many seconds counting begins anew.
    #[getter]
    fn window(&self) -> f64 {
        self.0.window.as_secs_f64()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        shown(slf.as_any(), &FIELDS)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        rebuilt(slf.as_any(), &FIELDS)
    }
}

/// The guard that was given, or the usual one.
fn given(given: Option<&Guard>) -> CoreGuard {
    given.map_or_else(CoreGuard::default, |guard| guard.0)
}

record! {
    /// What is to be told of the trial on a route, or of the last one.
    Trial {
        /// ``"canary"`` or ``"shadow"``.
        kind: &'static str,
        /// What selected the version.
        reference: String,
        /// The version on trial.
        version: String,
        /// Its share of the requests, from 0 to 1.
        share: f64,
        /// ``"promoted"``, ``"aborted"`` or ``"reverted"``; ``None`` while it goes on.
        outcome: Option<&'static str>,
        /// Why the guard took it back, as a sentence.
        reason: Option<String>,
        /// The sums over the requests that the route's own version answered since it began.
        current: Usage,
        /// The sums over the requests, or copies, that the version on trial ran.
        tried: Usage,
        /// How many answers of a shadow were compared, in the present window or the last one.
        compared: u64,
        /// How far those lie apart on average; ``None`` where none was compared.
        disagreement: Option<f64>,
        /// Copies that were not run because the shadow was busy.
        dropped: u64,
    }
}

impl From<TrialStatus> for Trial {
    fn from(status: TrialStatus) -> Self {
        let (outcome, reason) = match status.outcome {
            None => (None, None),
            Some(Outcome::Promoted) => (Some("promoted"), None),
            Some(Outcome::Aborted) => (Some("aborted"), None),
            Some(Outcome::Reverted(reason)) => (Some("reverted"), Some(reason.to_string())),
        };
        let (compared, apart) = (status.tally.compared, status.tally.apart);
        Self {
            kind: match status.kind {
                TrialKind::Canary => "canary",
                TrialKind::Shadow => "shadow",
            },
            reference: status.reference,
            version: status.version.to_string(),
            share: status.share,
            outcome,
            reason,
            current: status.current.into(),
            tried: status.tried.into(),
            compared,
            disagreement: (compared > 0).then(|| apart / compared as f64),
            dropped: status.dropped,
        }
    }
}

#[pymethods]
impl Route {
    /// Let another version answer a share of the requests, from 0 to 1.
    ///
    /// It is the one that ``reference`` selects now, and it goes on until it is promoted, aborted
    /// or taken back by ``guard``, a ``Guard``. Calls with one ``key`` always meet the same version;
    /// those without one are taken in turn. A trial that is under way ends.
    ///
    /// Raises ``InvalidArgument`` for a share that is none, or for a version that takes or gives
    /// other things; then as ``Service.load``.
    ///
    /// >>> reviews.canary("sentiment@next", 0.1)
    /// >>> reviews("I loved it", key="user 17")
    /// >>> reviews.promote()
    /// '1.1.0'
    #[pyo3(signature = (reference, share, *, guard = None))]
    fn canary(
        &self,
        py: Python<'_>,
        reference: &Bound<'_, PyAny>,
        share: f64,
        guard: Option<&Guard>,
    ) -> Result<()> {
        let (route, reference) = (self.held.get()?, spelled(reference)?);
        let guard = given(guard);
        interrupt::held(py, || route.canary(&reference, share, guard))
    }

    /// Run copies of a share of the answered requests on another version, and compare.
    ///
    /// Callers wait for none of it. For labels what is compared is the share of texts with another
    /// first label, for numbers the greatest difference. The rest is as in ``canary``.
    ///
    /// >>> reviews.shadow("sentiment@next", 1.0)
    /// >>> reviews.trial.disagreement
    /// 0.0
    #[pyo3(signature = (reference, share, *, guard = None))]
    fn shadow(
        &self,
        py: Python<'_>,
        reference: &Bound<'_, PyAny>,
        share: f64,
        guard: Option<&Guard>,
    ) -> Result<()> {
        let (route, reference) = (self.held.get()?, spelled(reference)?);
        let guard = given(guard);
        interrupt::held(py, || route.shadow(&reference, share, guard))
    }

    /// End the trial: answer every request from the version that was tried, and follow its
    /// reference from now on. Returns the version.
    ///
    /// Raises ``NotFound`` when no trial is under way.
    ///
    /// >>> reviews.promote()
    /// '1.1.0'
    fn promote(&self, py: Python<'_>) -> Result<String> {
        let route = self.held.get()?;
        Ok(interrupt::held(py, || route.promote())?.to_string())
    }

    /// End the trial: the route answers every request from its own version. ``False`` when none
    /// was under way.
    ///
    /// >>> reviews.abort()
    /// True
    fn abort(&self, py: Python<'_>) -> Result<bool> {
        let route = self.held.get()?;
        Ok(py.detach(|| route.abort()))
    }

    /// What is to be told of the trial that is under way, or of the last one; ``None`` without any.
    #[getter]
    fn trial(&self) -> Result<Option<Trial>> {
        Ok(self.held.get()?.trial_status().map(Trial::from))
    }

    /// Keep the version that answers in memory, whatever idle time and memory budget say.
    ///
    /// ``route.pin(False)`` lets it leave again.
    ///
    /// >>> reviews.pin()
    #[pyo3(signature = (pinned = true))]
    fn pin(&self, pinned: bool) -> Result<()> {
        self.held.get()?.pin(pinned);
        Ok(())
    }

    /// What warming up came to before the version served.
    #[getter]
    fn warmed(&self) -> Result<Warmed> {
        Ok(self.held.get()?.lease().warmed().into())
    }
}
