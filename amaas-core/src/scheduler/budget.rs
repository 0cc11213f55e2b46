//! The threads that the pools of one service keep busy: each takes what the others leave.
//!
//! A pool alone keeps every processor busy. Two of them, each with an instance for each processor,
//! would run twice as many threads as there are processors, which then fight for them. So a run takes
//! its threads out of a budget that all pools of a service share, and one that finds too few waits in
//! its queue, where it may find company.
//!
//! A pool that runs nothing is never kept waiting by the others: its first run always begins. So one
//! model whose run never ends stops no other, and there are at most as many threads more as there are
//! pools at work.
//!
//! Loading is work too. While it keeps a thread busy, runs get one less: a third thread beside two runs
//! would have either of them stand still for some milliseconds, every few milliseconds.
//!
//! The trap: a run that waits for threads is woken by whoever gives some back, so giving back must
//! not happen under the lock of a pool.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Weak};

use super::core::Core;
use super::instances::Slot;
use crate::sync::{AtomicUsize, Mutex, PoisonError};

/// Threads that several pools share.
///
/// ```
/// use amaas_core::scheduler::Budget;
///
/// let budget = Budget::new(2);
/// assert_eq!((budget.threads(), budget.busy()), (2, 0));
/// ```
#[derive(Debug)]
pub struct Budget {
    threads: usize,
    busy: AtomicUsize,
    /// Threads of work that is no run.
    occupied: AtomicUsize,
    /// Pools whose next run waits for threads, and how many these are.
    hungry: Mutex<Vec<Weak<Core>>>,
    count: AtomicUsize,
}

impl Budget {
    /// A budget of so many threads.
    pub fn new(threads: usize) -> Self {
        Self {
            threads: threads.max(1),
            busy: AtomicUsize::new(0),
            occupied: AtomicUsize::new(0),
            hungry: Mutex::default(),
            count: AtomicUsize::new(0),
        }
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How many threads of runs under way there are.
    pub fn busy(&self) -> usize {
        self.busy.load(SeqCst)
    }

    /// Takes so many threads for work that is no run, until what this returns is dropped. It waits for
    /// nobody: runs that are under way end as they do, and fewer begin meanwhile.
    ///
    /// ```
    /// # use amaas_core::scheduler::Budget;
    /// let budget = std::sync::Arc::new(Budget::new(2));
    /// let loading = budget.occupy(1);
    /// assert_eq!((budget.occupied(), budget.busy()), (1, 0));
    /// drop(loading);
    /// assert_eq!(budget.occupied(), 0);
    /// ```
    pub fn occupy(self: &Arc<Self>, threads: usize) -> Occupied {
        self.occupied.fetch_add(threads, SeqCst);
        Occupied {
            budget: Arc::clone(self),
            threads,
        }
    }

    /// How many threads work that is no run keeps busy.
    pub fn occupied(&self) -> usize {
        self.occupied.load(SeqCst)
    }

    /// Takes `width` threads if no more than `most` are busy then, with those that are occupied.
    fn take(&self, width: usize, most: usize) -> bool {
        let most = most.saturating_sub(self.occupied());
        let mut busy = self.busy.load(SeqCst);
        while busy.saturating_add(width) <= most {
            match self
                .busy
                .compare_exchange(busy, busy + width, SeqCst, SeqCst)
            {
                Ok(_) => return true,
                Err(found) => busy = found,
            }
        }
        false
    }

    fn wait(&self, core: &Arc<Core>) {
        let mut hungry = self.hungry.lock().unwrap_or_else(PoisonError::into_inner);
        let own = Arc::downgrade(core);
        if !hungry.iter().any(|other| Weak::ptr_eq(other, &own)) {
            hungry.push(own);
            self.count.fetch_add(1, SeqCst);
        }
    }

    fn hungry(&self) -> Vec<Arc<Core>> {
        if self.count.load(SeqCst) == 0 {
            return Vec::new(); // as most often
        }
        let mut hungry = self.hungry.lock().unwrap_or_else(PoisonError::into_inner);
        self.count.fetch_sub(hungry.len(), SeqCst);
        let pools = std::mem::take(&mut *hungry);
        drop(hungry);
        pools.iter().filter_map(Weak::upgrade).collect()
    }
}

/// Threads that work which is no run keeps busy. They are given back when this is dropped, which must
/// not happen under the lock of a pool.
#[derive(Debug)]
#[must_use = "the threads are given back when this is dropped"]
pub struct Occupied {
    budget: Arc<Budget>,
    threads: usize,
}

impl Drop for Occupied {
    fn drop(&mut self) {
        self.budget.occupied.fetch_sub(self.threads, SeqCst);
        for pool in self.budget.hungry() {
            pool.start(&mut pool.state(), false);
        }
    }
}

/// What one pool takes out of a budget.
#[derive(Debug, Clone)]
pub struct Share {
    /// The budget, of which other pools take too.
    pub budget: Arc<Budget>,
    /// Threads of a run on the wide instance.
    pub wide: usize,
    /// Threads of a run on a narrow one.
    pub narrow: usize,
    /// Threads that all its runs may keep busy when the other pools rest, where that is more than the
    /// budget has: it was told so.
    pub most: usize,
}

impl Share {
    fn width(&self, slot: &Slot) -> usize {
        if slot.is_wide { self.wide } else { self.narrow }
    }

    /// Whether no run of any pool is under way.
    pub(super) fn rests(&self) -> bool {
        self.budget.busy() == 0
    }

    /// Takes the threads of a run on `slot`. A pool that gets none is started again when some are
    /// given back. The `first` run of a pool always gets them.
    pub(super) fn take(&self, slot: &Slot, first: bool, core: &Arc<Core>) -> bool {
        let width = self.width(slot);
        let most = match first {
            true => usize::MAX,
            false => self.most.max(self.budget.threads),
        };
        if self.budget.take(width, most) {
            return true;
        }
        self.budget.wait(core);
        self.budget.take(width, most) // some may have come back before it said that it waits
    }

    /// Gives the threads of a run back.
    pub(super) fn give(&self, slot: &Slot) {
        self.budget.busy.fetch_sub(self.width(slot), SeqCst);
    }

    /// The pools that wait for threads, to be started by whoever gave some back.
    pub(super) fn hungry(&self) -> Vec<Arc<Core>> {
        self.budget.hungry()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is() {
        let budget = Budget::new(4);
        assert!(budget.take(3, 4) && !budget.take(2, 4) && budget.take(1, 4));
        assert!(!budget.take(1, 4) && budget.take(1, 5));
        assert_eq!(budget.busy(), 5);
        assert!(budget.take(1, usize::MAX));
    }

    #[test]
    fn what_is_occupied_is_not_taken() {
        let budget = Arc::new(Budget::new(4));
        let (one, two) = (budget.occupy(1), budget.occupy(2));
        assert!(!budget.take(2, 4) && budget.take(1, 4) && !budget.take(1, 4));
        drop(two);
        assert!(budget.take(2, 4) && !budget.take(1, 4));
        drop(one);
        assert!(budget.take(1, 4));
        assert_eq!((budget.busy(), budget.occupied()), (4, 0));
    }
}
