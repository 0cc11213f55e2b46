//! A few large items of one call, spread over the caller's thread and those of amaas's own.
//!
//! The trap: a thread that sleeps takes its time to wake up, some 100 µs, so the caller takes the first
//! item and does not wait for others to do all of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::LoadedModel;
use super::threads::Threads;
use crate::observe::spans;

impl LoadedModel {
    /// As [`Threads::spread`].
    pub(crate) fn spread<T: Send, R: Send>(
        &self,
        items: Vec<T>,
        work: impl Fn(T) -> R + Sync,
    ) -> Vec<R> {
        self.threads.spread(items, work)
    }
}

impl Threads {
    /// Does `work` on each item, on the caller's thread and beside it on [`Threads::workers`]; the
    /// results are in order. Whoever is free takes the next.
    pub(super) fn spread<T: Send, R: Send>(
        &self,
        items: Vec<T>,
        work: impl Fn(T) -> R + Sync,
    ) -> Vec<R> {
        let Some(workers) = self.workers().filter(|_| items.len() > 1) else {
            return items.into_iter().map(work).collect();
        };
        let (count, span) = (items.len(), spans::current());
        let (items, results) = (Mutex::new(items.into_iter().enumerate()), Mutex::default());
        let next = || lock(&items).next();
        let help = || {
            while let Some((place, item)) = next() {
                let result = work(item);
                lock::<Vec<_>>(&results).push((place, result));
            }
        };
        workers.in_place_scope(|scope| {
            for _ in 1..workers.current_num_threads().min(count) {
                scope.spawn(|_| span.in_scope(help));
            }
            help();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_unstable_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn what_is_spread_comes_back_in_order_from_the_caller_and_from_others() {
        // Neither goes on without the other, so that both have some.
        let (threads, both) = (Threads::of(2), Barrier::new(2));
        let work = |number: usize| {
            if number < 2 {
                both.wait();
            }
            (number, thread::current().id())
        };
        let done = threads.spread((0..100).collect(), work);
        assert!(done.iter().map(|(number, _)| *number).eq(0..100));
        let who: HashSet<_> = done.iter().map(|(_, who)| *who).collect();
        assert_eq!(who.len(), 2);
        assert!(who.contains(&thread::current().id()));
    }

    #[test]
    fn a_panic_is_the_callers_and_the_next_call_is_served() {
        let threads = Threads::of(2);
        let work = |number: i32| assert_ne!(number, 7);
        let ended = catch_unwind(AssertUnwindSafe(|| threads.spread((0..50).collect(), work)));
        assert!(ended.is_err());
        assert_eq!(
            threads.spread(vec![1, 2, 3], |number| number * 2),
            [2, 4, 6]
        );
        assert!(threads.spread(Vec::new(), work).is_empty());
    }
}
