//! How many threads this process may use, and those of a service that are not its callers'.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tracing::Span;

use super::settings::Plan;
use crate::scheduler::{Budget, Share};

/// The processors this process may run on, after affinity and cgroup quota; at least 1.
pub(crate) fn budget() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// What the models of one service share: processors for runs, and threads that prepare large inputs.
#[derive(Debug)]
pub(super) struct Threads {
    budget: Arc<Budget>,
    workers: OnceLock<Option<rayon::ThreadPool>>,
}

impl Default for Threads {
    fn default() -> Self {
        Self {
            budget: Arc::new(Budget::new(budget())),
            workers: OnceLock::new(),
        }
    }
}

impl Threads {
    /// The processors that all runs share.
    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// The part of a model with these instances.
    pub(super) fn share(&self, plan: &Plan) -> Share {
        let wide = plan.wide.unwrap_or(0);
        Share {
            budget: Arc::clone(&self.budget),
            wide,
            narrow: plan.narrow.first().copied().unwrap_or(1),
            most: plan.narrow.iter().sum::<usize>().max(wide),
        }
    }

    /// Threads for preparing large inputs, which no run is under way on; `None` where one thread is
    /// all there is.
    pub(super) fn workers(&self) -> Option<&rayon::ThreadPool> {
        let threads = self.budget.threads();
        let build = || {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(|index| format!("amaas-worker-{index}"))
                .build()
                .ok()
        };
        let workers = self
            .workers
            .get_or_init(|| (threads > 1).then(build).flatten());
        workers.as_ref()
    }

    /// Does `work` on each item, on the caller's thread and beside it on [`Threads::workers`]; the
    /// results are in order. For items that are few and large: whoever is free takes the next. The
    /// caller works too, for a thread that sleeps takes its time to wake up.
    pub(super) fn spread<T: Send, R: Send>(
        &self,
        items: Vec<T>,
        work: impl Fn(T) -> R + Sync,
    ) -> Vec<R> {
        let Some(workers) = self.workers().filter(|_| items.len() > 1) else {
            return items.into_iter().map(work).collect();
        };
        let (count, span) = (items.len(), Span::current());
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

    fn two() -> Threads {
        Threads {
            budget: Arc::new(Budget::new(2)),
            workers: OnceLock::new(),
        }
    }

    #[test]
    fn what_is_spread_comes_back_in_order_from_the_caller_and_from_others() {
        // Neither goes on without the other, so that both have some.
        let (threads, both) = (two(), Barrier::new(2));
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
        let threads = two();
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
