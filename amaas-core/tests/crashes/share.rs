//! Work for every core.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does `work` for each number below `items`; the sum of what came of it, or what was wrong first.
pub(crate) fn share(
    items: usize,
    work: impl Fn(usize) -> Result<usize, String> + Sync,
) -> Result<usize, String> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut sum = 0;
        loop {
            let item = next.fetch_add(1, Ordering::Relaxed);
            if item >= items {
                return Ok(sum);
            }
            // After a fault nothing else is begun.
            sum += work(item).inspect_err(|_| next.store(items, Ordering::Relaxed))?;
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(run)).collect();
        let ended = workers.into_iter().map(|worker| worker.join().unwrap());
        ended.sum()
    })
}
