//! How many threads this process may use, and those of a service that are not its callers'.

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use super::settings::Plan;
use crate::scheduler::{Budget, Occupied, Share};

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
        Self::of(budget())
    }
}

impl Threads {
    /// Those of so many processors.
    pub(super) fn of(processors: usize) -> Self {
        Self {
            budget: Arc::new(Budget::new(processors)),
            workers: OnceLock::new(),
        }
    }

    /// The processors that all runs share.
    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Takes so many processors for loading, until what this returns is dropped: runs leave them to it.
    pub(super) fn occupy(&self, threads: usize) -> Occupied {
        self.budget.occupy(threads)
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
}
