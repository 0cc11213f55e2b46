//! What the routes of a service have answered, model by model, also those that are gone.
//!
//! Requests add to the meter of their route and to nothing else; the meters are only read when
//! somebody asks.
//!
//! The trap: sums must never fall, so a meter leaves the list and enters the sum of its model under
//! one lock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Service;
use crate::model::ModelName;
use crate::usage::{Meter, Metered, Totals};

/// The meters of all routes, and the sums of those that ended.
#[derive(Debug, Default)]
pub(super) struct Sums(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    meters: Vec<(ModelName, Arc<Meter>)>,
    ended: BTreeMap<ModelName, Metered>,
}

impl State {
    /// Lets go of meters that no route holds any more.
    fn settle(&mut self) {
        let ended = &mut self.ended;
        self.meters.retain(|(name, meter)| {
            let lives = Arc::strong_count(meter) > 1;
            if !lives {
                ended.entry(name.clone()).or_default().add(&meter.metered());
            }
            lives
        });
    }
}

impl Sums {
    /// A meter for a route to a model of this name.
    pub(super) fn meter(&self, name: &ModelName) -> Arc<Meter> {
        let meter = Arc::new(Meter::default());
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.settle();
        state.meters.push((name.clone(), Arc::clone(&meter)));
        meter
    }

    pub(super) fn metered(&self) -> BTreeMap<ModelName, Metered> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.settle();
        let mut sums = state.ended.clone();
        for (name, meter) in &state.meters {
            sums.entry(name.clone()).or_default().add(&meter.metered());
        }
        sums
    }
}

impl Service {
    /// The sums of all receipts of this service, for each model by the name that its routes were
    /// loaded under. They only ever grow: routes that are gone stay in them.
    ///
    /// ```no_run
    /// let service = amaas_core::Service::builder().registry("models/").build()?;
    /// for (model, totals) in service.usage() {
    ///     println!("{model}: {} requests, {} rows", totals.requests, totals.rows);
    /// }
    /// # Ok::<(), amaas_core::Error>(())
    /// ```
    pub fn usage(&self) -> BTreeMap<ModelName, Totals> {
        let metered = self.0.members.sums.metered().into_iter();
        metered.map(|(name, sums)| (name, sums.totals)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn what_a_route_answered_stays_when_it_is_gone() {
        let (sums, name) = (Sums::default(), "sentiment".parse::<ModelName>().unwrap());
        let (first, second) = (sums.meter(&name), sums.meter(&name));
        first.add_failure(ErrorKind::Io);
        second.add_failure(ErrorKind::Io);
        drop(first);
        assert_eq!(sums.metered()[&name].totals.failures, 2);
        let third = sums.meter(&name);
        third.add_failure(ErrorKind::Io);
        drop((second, third));
        assert_eq!(sums.metered()[&name].totals.failures, 3);
        assert!(sums.0.lock().unwrap().meters.is_empty());
    }
}
