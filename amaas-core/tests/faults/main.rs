//! Real processes that are killed, or told that the disk is full or broken, before each of their
//! file-system calls in turn.
//!
//! A child runs one operation of `operations.rs` under `strace`, which counts the calls that the
//! kernel gets and puts a fault in place of one. A preloaded library would be quicker, but it sees
//! only what goes through the C library, and the rename that commits does not.
//!
//! A kill comes at each call. Of the two refusals each call gets one, which the seed decides that is
//! printed and that `AMAAS_SEED` sets; a soak tries both.
//!
//! To add an operation, add it to the table in `operations.rs`; nothing else needs to know it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may end there")]

mod child;
mod operations;
#[path = "../registry/support.rs"]
#[expect(dead_code, reason = "the registry's tests use the rest")]
mod packages;
mod permissions;
mod remote;
#[path = "../remote/script.rs"]
#[expect(dead_code, reason = "the tests of remotes use the rest")]
mod script;
#[path = "../remote/site.rs"]
#[expect(dead_code, reason = "the tests of remotes use the rest")]
mod site;
#[path = "../remote/support.rs"]
#[expect(dead_code, reason = "the tests of remotes use the rest")]
mod support;
mod trace;
mod turn;

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use operations::OPERATIONS;
use packages::say;

#[test]
fn a_fault_at_each_system_call_leaves_no_torn_state() {
    if let Err(reason) = trace::is_possible() {
        say(&format!("left out: {reason}"));
        assert!(
            std::env::var("STRICT").as_deref() != Ok("1"),
            "{reason}: install strace, and allow it to trace"
        );
        return;
    }
    let seed = seed();
    let points = on_every_core(seed);
    say(&format!("kill points: {points} (AMAAS_SEED={seed})"));
}

/// Decides which call is refused in which way.
fn seed() -> usize {
    let given = std::env::var("AMAAS_SEED").ok();
    given.map_or_else(|| fastrand::usize(0..2), |seed| seed.parse().unwrap())
}

/// Runs the table; how many faults there were.
fn on_every_core(seed: usize) -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut points = 0;
        while let Some(operation) = OPERATIONS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let [killed, full, broken] = turn::run(operation, seed);
            say(&format!(
                "{}: killed at {killed} calls, disk full at {full}, input/output error at {broken}",
                operation.name
            ));
            points += killed + full + broken;
        }
        points
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let points = workers.into_iter().map(|worker| worker.join().unwrap());
        points.sum()
    })
}
