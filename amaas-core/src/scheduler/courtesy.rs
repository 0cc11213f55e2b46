//! Whether a thread that runs batch after batch lets others go first between two of them.
//!
//! Whoever has just been answered wants a processor for a moment, to ask again. A thread that never
//! sleeps has used up its turn by then, and the system takes the processor from it in the midst of a
//! batch, for some milliseconds in which all members wait. So it offers its processor where nobody
//! waits for it: between two batches.
//!
//! The trap: where something else keeps all processors busy, what was offered comes back milliseconds
//! later. Then nothing is offered for a number of runs, and for twice as many each time that happens
//! again.

use std::time::Duration;

use crate::clock::Clock;
use crate::sync::{Mutex, PoisonError, thread};

/// Longer than those who were answered need, and shorter than the turn of a thread that computes.
const LONG: Duration = Duration::from_millis(1);
/// For how many runs nothing is offered after a long wait, at first and at the most.
const WITHHELD: (u32, u32) = (16, 4096);

/// What one pool knows of what its offers cost.
#[derive(Debug, Default)]
pub(super) struct Courtesy(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Runs until the next offer.
    withheld: u32,
    /// For how many runs the last long wait withheld them; 0 after a short one.
    last: u32,
}

impl Courtesy {
    /// Lets threads go first that want this one's processor, unless that took long lately.
    pub(super) fn give_way(&self, clock: &dyn Clock) {
        if self.state(State::is_due) {
            let before = clock.now();
            thread::yield_now();
            let took = clock.since(before);
            self.state(|state| state.took(took));
        }
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn is_due(&mut self) -> bool {
        let is_due = self.withheld == 0;
        self.withheld = self.withheld.saturating_sub(1);
        is_due
    }

    fn took(&mut self, took: Duration) {
        let (least, most) = WITHHELD;
        self.last = match took < LONG {
            true => 0,
            false => (self.last * 2).clamp(least, most),
        };
        self.withheld = self.withheld.max(self.last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The runs in `among` between which something is offered, where it always takes so long.
    fn offered(state: &mut State, among: u32, took: Duration) -> Vec<u32> {
        let offer = |state: &mut State| state.is_due().then(|| state.took(took)).is_some();
        (0..among).filter(|_| offer(state)).collect()
    }

    #[test]
    fn what_comes_back_soon_is_always_offered() {
        let mut state = State::default();
        assert_eq!(offered(&mut state, 1000, LONG / 2).len(), 1000);
    }

    #[test]
    fn what_takes_long_is_offered_ever_more_seldom() {
        let mut state = State::default();
        assert_eq!(offered(&mut state, 120, LONG), [0, 17, 50, 115]);
        offered(&mut state, 100_000, LONG);
        assert!(offered(&mut state, 2 * (WITHHELD.1 + 1), LONG).len() == 2);
    }

    #[test]
    fn one_that_comes_back_soon_makes_up_for_all_before() {
        let mut state = State::default();
        offered(&mut state, 116, LONG);
        assert_eq!(offered(&mut state, 128, LONG / 2).len(), 0);
        assert_eq!(offered(&mut state, 20, LONG / 2).len(), 20);
        assert_eq!(offered(&mut state, 18, LONG), [0, 17]);
    }
}
