//! How a request passes through a route: whose turn it is, its place, its receipt, and the sums.
//!
//! ```text
//! turn ─► begin ─► the version answers ─► close
//! (which version)  (a place is held)      (priced, entered, counted)
//! ```
//!
//! Each moment is read off the clock once: by when a request began its place is held, and by when it ended
//! its receipt is priced and its time taken.
//!
//! The trap: with a ledger that waits for the disk an answer is late by that, so the time is read again
//! behind it.

use std::sync::Arc;
use std::time::Instant;

use tracing::{Instrument as _, Span};

use super::trial::{Part, Trial};
use super::{Answer, Call, LoadedModel, Route, Ticket};
use crate::observe::spans;
use crate::usage::{Reserved, Till, Usage, tenant};
use crate::{Error, Result};

/// Who answers a request.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) model: Arc<LoadedModel>,
    pub(super) trial: Option<(Arc<Trial>, Part)>,
}

/// A request that was admitted.
#[derive(Debug)]
pub(super) struct Passage {
    started: Instant,
    pub(super) span: Span,
    pub(super) reserved: Option<Reserved>,
}

impl Turn {
    /// Tells a trial how the version ended: what became of the request before it and after it, as by
    /// a quota or a ledger, is no fault of a version.
    pub(super) fn saw<T: Answer>(&self, answer: &Result<T>) {
        if let Some((trial, part)) = &self.trial {
            let seen = answer.as_ref().map(Answer::usage).map_err(Error::kind);
            trial.saw(*part == Part::Tried, seen);
        }
    }

    /// Gives a trial its copy of a request that was answered, where it is to have one.
    pub(super) fn copy<T: Answer, C>(&self, answer: &Result<T>, copy: impl FnOnce() -> C)
    where
        C: FnOnce(&Arc<LoadedModel>, Call) -> Result<T> + Send + 'static,
    {
        if let (Some((trial, Part::Copied)), Ok(answer)) = (&self.trial, answer) {
            trial.copy(answer, copy());
        }
    }
}

impl Passage {
    /// Admits a request, and holds a place for it where the service has quotas, prices or a ledger.
    ///
    /// # Errors
    /// `QuotaExceeded`, `BudgetExhausted`, and `InvalidArgument` for a tenant or an idempotency key that
    /// cannot be written down; the request is then counted as one that failed.
    pub(super) fn begin(route: &Route, model: &LoadedModel, call: &Call) -> Result<Self> {
        let package = &model.manifest().package;
        let started = route.clock().now();
        let span = spans::request(package.name.as_str(), &package.version);
        let reserve = || {
            tenant::check("tenant", call.tenant.as_deref())?;
            tenant::check("idempotency key", call.idempotency.as_deref())?;
            let reserve = |till: &Till| till.reserve(call.tenant.as_ref(), started);
            route.till().map(reserve).transpose()
        };
        match span.in_scope(reserve) {
            Ok(reserved) => Ok(Self {
                started,
                span,
                reserved,
            }),
            Err(error) => {
                route.refuse(&span, &error);
                Err(error)
            }
        }
    }

    /// Completes the receipt of an answer and enters the request into the sums. The answer becomes
    /// an error where the ledger ends with one. It stays where it is: answers are large, and moving
    /// them takes longer than most of this.
    pub(super) fn close<T: Answer>(&self, route: &Route, call: &Call, answer: &mut Result<T>) {
        let usage = match answer {
            Ok(answer) => answer.usage_mut(),
            Err(error) => return route.refuse(&self.span, error),
        };
        match self.settle(route, call, usage) {
            Ok(ended) => self.answered(route, usage, ended),
            Err(error) => {
                route.refuse(&self.span, &error);
                *answer = Err(error);
            }
        }
    }

    /// Completes a receipt; when that was done.
    ///
    /// # Errors
    /// What the ledger ends with.
    pub(super) fn settle(&self, route: &Route, call: &Call, usage: &mut Usage) -> Result<Instant> {
        let mut ended = route.clock().now();
        usage.tenant.clone_from(&call.tenant);
        if let (Some(till), Some(reserved)) = (route.till(), &self.reserved) {
            let settle = || till.settle(reserved, usage, call.idempotency.as_ref(), ended);
            self.span.in_scope(settle)?;
            if till.waits() {
                ended = route.clock().now();
            }
        }
        route.tell(usage);
        Ok(ended)
    }

    fn answered(&self, route: &Route, usage: &Usage, ended: Instant) {
        let whole = ended.saturating_duration_since(self.started);
        route.0.meter.add(usage);
        route.0.meter.add_whole(whole);
        let tokens = [usage.tokens, usage.tokens_out];
        spans::answered(&self.span, usage.task.unwrap_or("run"), tokens);
        #[cfg(feature = "otel")]
        if let Some(instruments) = route.0.service.0.instruments.get() {
            instruments.record(usage, whole);
        }
    }
}

impl Route {
    /// Answers a request on the version whose turn it is, and enters it into the sums. `copy` gives
    /// the same request once more, for a shadow.
    pub(crate) fn answer<T: Answer, C>(
        &self,
        call: &Call,
        request: impl FnOnce(&Arc<LoadedModel>) -> Result<T>,
        copy: impl FnOnce() -> C,
    ) -> Result<T>
    where
        C: FnOnce(&Arc<LoadedModel>, Call) -> Result<T> + Send + 'static,
    {
        let turn = self.0.turn(call);
        let passage = Passage::begin(self, &turn.model, call)?;
        let mut answer = passage.span.in_scope(|| request(&turn.model));
        turn.saw(&answer);
        passage.close(self, call, &mut answer);
        turn.copy(&answer, copy);
        answer
    }

    /// As [`Route::answer`], without waiting.
    pub(crate) fn ticket<T: Answer, F, C>(
        &self,
        call: &Call,
        work: impl FnOnce(Arc<LoadedModel>, Call) -> F,
        copy: impl FnOnce() -> C + Send + 'static,
    ) -> Ticket<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
        C: FnOnce(&Arc<LoadedModel>, Call) -> Result<T> + Send + 'static,
    {
        let (route, turn) = (self.clone(), self.0.turn(call));
        let model = Arc::clone(&turn.model);
        let passage = Passage::begin(self, &model, call);
        Ticket::start(&model, call, |model, call| {
            let work = work(model, call.clone());
            async move {
                let passage = passage?;
                let mut answer = work.instrument(passage.span.clone()).await;
                turn.saw(&answer);
                passage.close(&route, &call, &mut answer);
                turn.copy(&answer, copy);
                answer
            }
        })
    }

    /// Prices and enters a receipt that is for no request.
    pub(super) fn charge(&self, usage: &mut Usage) -> Result<()> {
        if let Some(till) = self.till() {
            till.charge(usage)?;
        }
        self.tell(usage);
        Ok(())
    }

    fn tell(&self, usage: &Usage) {
        if let Some(listener) = &self.0.service.0.listener {
            listener.tell(usage);
        }
    }

    /// Enters a request that failed.
    fn refuse(&self, span: &Span, error: &Error) {
        self.0.meter.add_failure(error.kind());
        spans::failed(span, error.kind().name());
    }
}
