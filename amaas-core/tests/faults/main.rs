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
#[path = "../common/ports.rs"]
mod ports;
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
use std::time::Duration;

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
    let (points, slowest) = on_every_core(seed);
    say(&format!("kill points: {points} (AMAAS_SEED={seed})"));
    say(&format!(
        "opening and resolving after a fault took {slowest:.1?} at the most"
    ));
}

/// Decides which call is refused in which way.
fn seed() -> usize {
    let given = std::env::var("AMAAS_SEED").ok();
    given.map_or_else(|| fastrand::usize(0..2), |seed| seed.parse().unwrap())
}

/// Runs the table; how many faults there were, and how long the slowest opening afterwards took.
fn on_every_core(seed: usize) -> (usize, Duration) {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut points, mut slowest) = (0, Duration::ZERO);
        while let Some(operation) = OPERATIONS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let turn = turn::run(operation, seed);
            let [killed, full, broken] = turn.hits;
            say(&format!(
                "{}: killed at {killed} calls, disk full at {full}, input/output error at {broken}",
                operation.name
            ));
            points += killed + full + broken;
            slowest = slowest.max(turn.slowest);
        }
        (points, slowest)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| worker.join().unwrap());
        ended.fold((0, Duration::ZERO), |(points, slowest), (more, longest)| {
            (points + more, slowest.max(longest))
        })
    })
}
