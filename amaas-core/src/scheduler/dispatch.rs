//! Who runs next and on whose thread: what happens when an instance comes free.
//!
//! The thread of a caller that leads would have to be woken first, and beside those who are woken with
//! their answers it may wait for a processor while another has nothing to do. So one of the crew's
//! threads runs what waits, batch after batch, and nobody is waited for. Only an instance that is lent
//! goes to the thread that asked for it; and where the system has no thread for a crew, callers lead.

use std::sync::Arc;

use super::batch::{self, Answers, Joined};
use super::core::{Core, State};
use super::instances::Slot;
use super::lease::{Lease, Took};
use super::queue::Batch;
use super::turn::{Caller, Grant, Turn};
use crate::observe;

impl Core {
    /// Runs a batch on this thread, which is that of its member `own` if not one of the crew's; and then
    /// those after it, where it is one of the crew's and somebody waits.
    pub(super) fn lead(self: &Arc<Self>, grant: Grant, own: Option<&Arc<Turn>>) {
        let mut next = Some(grant);
        while let Some(grant) = next {
            next = self.lead_one(grant, own);
        }
    }

    /// Runs a batch; the one that this thread runs next.
    fn lead_one(self: &Arc<Self>, grant: Grant, own: Option<&Arc<Turn>>) -> Option<Grant> {
        let Grant { slot, batch } = grant;
        let Batch { members, company } = batch;
        let others = members
            .iter()
            .filter(|turn| !own.is_some_and(|own| Arc::ptr_eq(own, turn)));
        let mut lease = Lease::of(self, slot, others.cloned().collect(), own.is_some());
        let started = self.clock.now();
        let (mut joined, mut answers) = (Joined::Unknown, Answers::default());
        if let Ok(instance) = lease.instance() {
            (joined, answers) =
                batch::run(&mut **instance, &members, company.as_ref(), &*self.clock);
        }
        lease.took(Took {
            time: self.clock.since(started),
            requests: members.len(),
            tokens: Some(batch::tokens(&members)),
            joined,
        });
        if own.is_none() && self.state().someone_waits() {
            drop(answers); // so that who asks again at once may join the next
            self.courtesy.give_way(&*self.clock);
            return lease.end();
        }
        let next = lease.end();
        drop(answers); // one who is alone and asks again finds the instance free
        next
    }

    /// Takes a freed instance back and lets the next batches begin; the one that this thread is to run,
    /// where it is one of the crew's.
    pub(super) fn free(
        self: &Arc<Self>,
        slot: Slot,
        lost: &[Arc<Turn>],
        took: Option<Took>,
        attended: bool,
    ) -> Option<Grant> {
        let mut state = self.state();
        self.put(&mut state, slot);
        let gives_up = took.is_some_and(|took| state.note(&took));
        state.queue.restore(lost);
        let next = if attended {
            None
        } else {
            self.next(&mut state)
        };
        self.start(&mut state, false);
        drop(state);
        self.feed();
        if gives_up {
            observe::not_joined();
        }
        next
    }

    /// What a thread of the crew's runs next, if somebody waits.
    fn next(self: &Arc<Self>, state: &mut State) -> Option<Grant> {
        let places = state.foremost(self.clock.now())?;
        if state.queue.borrows(&places) {
            return None;
        }
        let slot = self.take(state, false)?;
        let batch = state.queue.gather(places);
        if batch.members.is_empty() {
            self.take_back(state, slot); // all of them left this moment
            return None;
        }
        Some(Grant { slot, batch })
    }

    /// Hands free instances to the foremost requests, each with those that fit beside it.
    pub(super) fn start(self: &Arc<Self>, state: &mut State, alone: bool) {
        while state.stock.has_room()
            && !state.queue.is_empty()
            && let Some(places) = state.foremost(self.clock.now())
        {
            let Some(slot) = self.take(state, alone) else {
                return;
            };
            let batch = state.queue.gather(places);
            self.hand(state, Grant { slot, batch });
        }
    }

    /// Gives a batch to a thread: one of the crew's; that of the member who is lent the instance; or,
    /// where there is no crew to be had, that of the oldest who stays to the end.
    fn hand(self: &Arc<Self>, state: &mut State, grant: Grant) {
        let members = &grant.batch.members;
        let lone = members.len() == 1;
        let own = members.iter().find(|turn| match turn.caller {
            Caller::Borrows => true,
            Caller::Waits => (lone || turn.work.stop.is_none()) && self.crew.ensure().is_err(),
            Caller::Away => false,
        });
        match own.cloned() {
            Some(leader) => {
                if let Err(grant) = leader.lead(grant) {
                    self.take_back(state, grant.slot); // it was alone, and left this moment
                }
            }
            None if members.is_empty() => self.take_back(state, grant.slot),
            None => {
                let core = Arc::clone(self);
                self.crew.push(move || core.lead(grant, None));
            }
        }
    }

    /// Takes back an instance that was handed to nobody. The lock is held: others are told later.
    fn take_back(self: &Arc<Self>, state: &mut State, slot: Slot) {
        self.put(state, slot);
        if self.share.is_some() {
            let core = Arc::clone(self);
            self.crew.push(move || core.feed());
        }
    }
}
