//! Real processes that are killed, or told that the disk is full or broken, before each of their
//! file-system calls in turn.
//!
//! A child runs one operation of `operations.rs` under `strace`, which counts the calls that the
//! kernel gets and puts a fault in place of one. A preloaded library would be quicker, but it sees
//! only what goes through the C library, and the rename that commits does not.
//!
//! To add an operation, add it to the table in `operations.rs`; nothing else needs to know it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may end there")]

mod child;
mod operations;
mod permissions;
#[path = "../registry/support.rs"]
#[expect(dead_code, reason = "the registry's tests use the rest")]
mod support;
mod trace;
mod turn;

use std::io::Write;
use std::thread;

use operations::OPERATIONS;

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
    thread::scope(|scope| {
        let turns = OPERATIONS.iter().map(|operation| {
            let turn = scope.spawn(|| turn::run(operation));
            (operation.name, turn)
        });
        for (name, turn) in turns.collect::<Vec<_>>() {
            let [killed, full, broken] = turn.join().unwrap();
            say(&format!(
                "{name}: killed at {killed} calls, disk full at {full}, input/output error at {broken}"
            ));
        }
    });
}

/// Past the harness, which would keep it to itself.
fn say(text: &str) {
    let mut console = std::io::stderr();
    writeln!(console, "{text}").unwrap();
}
