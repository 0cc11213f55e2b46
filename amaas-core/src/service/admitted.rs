//! A request from its admission to its receipt, for whatever is answered piece by piece.
//!
//! A route opens one, on the version whose turn it is; what it used is settled once, at its end. An
//! answer that comes whole needs no more than [`Route::answer`].
//!
//! The trap: what was handed over piece by piece is charged though the request failed at last, or was
//! given up; only what failed before its first piece costs nothing.

use std::sync::Arc;

use super::passage::{Passage, Turn};
use super::{Answer, Call, LoadedModel, Route};
use crate::Result;
use crate::usage::Usage;

/// A request under way.
#[derive(Debug)]
pub(crate) struct Admitted {
    route: Route,
    turn: Turn,
    passage: Passage,
    call: Call,
}

impl Route {
    /// Admits a request and gives it the version whose turn it is.
    ///
    /// # Errors
    /// As [`Passage::begin`].
    pub(crate) fn admit(&self, call: &Call) -> Result<Admitted> {
        let turn = self.0.turn(call);
        let passage = Passage::begin(self, &turn.model, call)?;
        Ok(Admitted {
            route: self.clone(),
            turn,
            passage,
            call: call.clone(),
        })
    }
}

impl Admitted {
    /// The version that answers it.
    pub(crate) fn model(&self) -> &Arc<LoadedModel> {
        &self.turn.model
    }

    /// Whether it may go on that has used so much.
    ///
    /// # Errors
    /// `QuotaExceeded` and `BudgetExhausted`.
    pub(crate) fn go_on(&self, usage: &Usage) -> Result<()> {
        match (self.route.till(), &self.passage.reserved) {
            (Some(till), Some(reserved)) => till.go_on(reserved, usage),
            _ => Ok(()),
        }
    }

    /// Charges for pieces of an answer that did not come to its end.
    ///
    /// # Errors
    /// What the ledger ends with.
    pub(crate) fn charge_part(&self, usage: &mut Usage) -> Result<()> {
        let settled = self.passage.settle(&self.route, &self.call, usage);
        settled.map(drop)
    }

    /// Completes the receipt of an answer and enters it into the sums; `copy` gives the same request
    /// once more, for a shadow.
    ///
    /// # Errors
    /// That of the answer, and what the ledger ends with.
    pub(crate) fn finish<T: Answer, C>(
        &self,
        mut answer: Result<T>,
        copy: impl FnOnce() -> C,
    ) -> Result<T>
    where
        C: FnOnce(&Arc<LoadedModel>, Call) -> Result<T> + Send + 'static,
    {
        self.turn.saw(&answer);
        self.passage.close(&self.route, &self.call, &mut answer);
        self.turn.copy(&answer, copy);
        answer
    }
}
