//! Who runs next and on whose thread: what happens when an instance comes free.

use std::sync::Arc;

use super::batch;
use super::core::{Core, State};
use super::instances::Slot;
use super::lease::{Lease, Took};
use super::queue::Batch;
use super::turn::{Grant, Turn};

impl Core {
    /// Runs a batch on this thread, which is that of its member `own` if not one of the crew's.
    pub(super) fn lead(self: &Arc<Self>, grant: Grant, own: Option<&Arc<Turn>>) {
        let Grant { slot, batch } = grant;
        let Batch { members, company } = batch;
        let others = members
            .iter()
            .filter(|turn| !own.is_some_and(|own| Arc::ptr_eq(own, turn)));
        let mut lease = Lease::of(self, slot, others.cloned().collect(), own.is_some());
        let started = self.clock.now();
        if let Ok(instance) = lease.instance() {
            batch::run(&mut **instance, &members, company.as_ref(), &*self.clock);
        }
        lease.took(Took {
            time: self.clock.since(started),
            requests: members.len(),
            tokens: Some(batch::tokens(&members)),
        });
    }

    /// Takes a freed instance back and lets the next batch begin.
    pub(super) fn free(self: &Arc<Self>, slot: Slot, lost: &[Arc<Turn>], took: Option<Took>) {
        let mut state = self.state();
        state.stock.put(slot);
        if let Some(took) = took {
            state.note(&took);
        }
        state.queue.restore(lost);
        self.start(&mut state, false);
    }

    /// Hands free instances to the foremost requests, each with those that fit beside it.
    pub(super) fn start(self: &Arc<Self>, state: &mut State, alone: bool) {
        while state.stock.has_room()
            && !state.queue.is_empty()
            && let Some(places) = state.queue.next(self.clock.now())
        {
            let Some(slot) = state.stock.take(alone) else {
                return;
            };
            let batch = state.queue.gather(places);
            self.hand(state, Grant { slot, batch });
        }
    }

    /// Gives a batch to a thread: that of the oldest member who stays to the end, or one of the
    /// crew's where all may leave.
    fn hand(self: &Arc<Self>, state: &mut State, grant: Grant) {
        let members = &grant.batch.members;
        let lone = members.len() == 1;
        let stays = |turn: &&Arc<Turn>| turn.attended && (lone || turn.work.stop.is_none());
        match members.iter().find(stays).cloned() {
            Some(leader) => {
                if let Err(grant) = leader.lead(grant) {
                    state.stock.put(grant.slot); // it was alone, and left this moment
                }
            }
            None if members.is_empty() => state.stock.put(grant.slot),
            None => {
                let core = Arc::clone(self);
                self.crew.push(move || core.lead(grant, None));
            }
        }
    }
}
