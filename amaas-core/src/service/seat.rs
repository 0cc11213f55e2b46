//! A version's instances, held for work that spans many runs, as the writing of a text does.
//!
//! The trap: they stay in memory for as long as the seat does, also when their version is to leave.

use std::sync::Arc;
use std::time::Instant;

use super::LoadedModel;
use super::residence::Resident;
use crate::Result;
use crate::clock::Clock;
use crate::runtime::{Instance, Stop};
use crate::scheduler::Lent;

/// The instances of a version, kept in memory.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    resident: Arc<Resident>,
    clock: Arc<dyn Clock>,
}

impl Seat {
    /// Lends an instance of the main graph, or of a part, to `work` as soon as one is free.
    ///
    /// # Errors
    /// `InvalidPackage` for a part that is not there, `Overloaded` when too many wait for one, and whatever `work` ends with.
    pub(crate) fn lend<T>(
        &self,
        part: Option<&str>,
        work: impl FnOnce(&mut dyn Instance) -> Result<T>,
    ) -> Result<Lent<T>> {
        self.resident.of(part)?.lend(work)
    }

    /// The time.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }
}

impl LoadedModel {
    /// Takes a seat at the instances, which are loaded again if they have left.
    ///
    /// # Errors
    /// As a request that finds them gone, and what `stop` says meanwhile.
    pub(crate) fn seat(&self, stop: Option<&Stop>) -> Result<Seat> {
        Ok(Seat {
            resident: self.engage(stop)?,
            clock: Arc::clone(self.clock()),
        })
    }
}
