//! An instance on loan: it goes back however its run ends.

use std::sync::Arc;
use std::time::Duration;

use super::batch::Joined;
use super::core::{Core, lost};
use super::instances::Slot;
use super::turn::{Grant, Turn};
use crate::Result;
use crate::runtime::Instance;

/// An instance on loan. It goes back even if the run panics; the members of its batch that were not
/// answered then wait again, but for the one that leads.
pub(super) struct Lease<'a> {
    core: &'a Arc<Core>,
    slot: Option<Slot>,
    others: Vec<Arc<Turn>>,
    /// Whether the thread is that of a caller's.
    attended: bool,
    /// Not there where the run failed or panicked; a batch answers for failures itself.
    took: Option<Took>,
}

/// What a run took.
#[derive(Debug)]
pub(super) struct Took {
    pub(super) time: Duration,
    pub(super) requests: usize,
    /// What was computed, padding included, where it ran in a crowd.
    pub(super) tokens: Option<usize>,
    /// What came of running requests together.
    pub(super) joined: Joined,
}

impl<'a> Lease<'a> {
    /// For a run of `others` and, where the thread is attended, of the one whose thread it is.
    pub(super) fn of(
        core: &'a Arc<Core>,
        slot: Slot,
        others: Vec<Arc<Turn>>,
        attended: bool,
    ) -> Self {
        Self {
            core,
            slot: Some(slot),
            others,
            attended,
            took: None,
        }
    }

    pub(super) fn instance(&mut self) -> Result<&mut Box<dyn Instance>> {
        let slot = self.slot.as_mut().map(|slot| &mut slot.instance);
        slot.ok_or_else(|| lost("a lease is empty"))
    }

    /// Enters what the run took; one that failed or panicked says nothing about the next. Whoever was
    /// in it has an answer, or will be told it.
    pub(super) fn took(&mut self, took: Took) {
        self.others.clear();
        self.took = Some(took);
    }

    /// Gives the instance back; what this thread is to run next.
    pub(super) fn end(mut self) -> Option<Grant> {
        self.give_back()
    }

    fn give_back(&mut self) -> Option<Grant> {
        let slot = self.slot.take()?;
        let took = self.took.take();
        let panicked = took.is_none();
        if panicked
            && !self.attended
            && let Some(oldest) = self.others.iter().find(|turn| turn.follows())
        {
            // On a thread of the crew's the oldest leads: it pays for the panic.
            oldest.answer(Err(lost("the run panicked")));
        }
        self.core.free(slot, &self.others, took, self.attended)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(grant) = self.give_back() {
            // A run panicked, and the thread with it: another goes on.
            let core = Arc::clone(self.core);
            self.core.crew.push(move || core.lead(grant, None));
        }
    }
}
