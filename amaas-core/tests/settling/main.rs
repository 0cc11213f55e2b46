//! Real processes that are killed, or told that the disk is full or broken, before each of their
//! file-system calls in turn, while they settle receipts. What was settled is there, once.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may end there")]

mod child;
#[path = "../common/counts.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod counts;
mod receipts;
#[path = "../faults/trace.rs"]
mod trace;

use std::fs;
use std::path::Path;

use amaas_core::usage::Ledger;
use tempfile::TempDir;

use child::{OPERATIONS, Operation};
use counts::say;
use receipts::{keyed, state};
use trace::{Call, Fault};

#[test]
fn a_fault_at_each_system_call_loses_and_doubles_nothing() {
    if let Err(reason) = trace::is_possible() {
        say(&format!("left out: {reason}"));
        assert!(
            std::env::var("STRICT").as_deref() != Ok("1"),
            "{reason}: install strace, and allow it to trace"
        );
        return;
    }
    let points = std::thread::scope(|scope| {
        let turns: Vec<_> = OPERATIONS
            .iter()
            .map(|one| scope.spawn(|| turn(one)))
            .collect();
        turns
            .into_iter()
            .map(|turn| turn.join().unwrap())
            .sum::<usize>()
    });
    say(&format!("the ledger, kill points: {points}"));
}

/// Every fault at every call of an operation; how many there were.
fn turn(operation: &Operation) -> usize {
    let home = TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap());
    let (before, root) = (home.path().join("before"), home.path().join("now"));
    fs::create_dir(&before).unwrap();
    (operation.prepare)(&before.join("usage.db"));
    copy(&before, &root);
    let calls = trace::run(operation.name, &root, None).calls();
    let new = state(&Ledger::open(root.join("usage.db")).unwrap()).unwrap();
    let faults = [Fault::Kill, Fault::Full, Fault::Broken];
    let all = calls
        .iter()
        .enumerate()
        .flat_map(|one| faults.map(|fault| (one, fault)));
    let mut hits = 0;
    for ((place, call), fault) in all {
        // Each call is refused in one of the two ways.
        let is_due = match fault {
            Fault::Kill => true,
            Fault::Full => place % 2 == 0,
            Fault::Broken => place % 2 == 1,
        };
        if is_due {
            copy(&before, &root);
            check(operation, &root, &new, (fault, call));
            hits += 1;
        }
    }
    let count = calls.len();
    say(&format!(
        "{}: {hits} faults at {count} calls",
        operation.name
    ));
    hits
}

fn check(
    operation: &Operation,
    root: &Path,
    new: &(u64, u64, String),
    (fault, call): (Fault, &Call),
) {
    let ended = trace::run(operation.name, root, Some((fault, call)));
    let place = format!("{fault:?} at {call:?} of {}", operation.name);
    assert!(ended.was_hit(), "{place} did not happen");
    let answer = ended.answer.as_deref();
    match fault {
        Fault::Kill => assert_eq!(answer, None, "{place}"),
        _ => assert!(
            matches!(answer, Some("done" | "refused")),
            "{place}: {answer:?}"
        ),
    }
    // What was acknowledged before is in a file beside the ledger, one byte for each receipt.
    let acknowledged = fs::read(root.join("acknowledged"))
        .unwrap_or_default()
        .len() as u64;
    let path = root.join("usage.db");
    let ledger = Ledger::open(&path).unwrap_or_else(|error| panic!("{place}: {}", error.report()));
    let found = state(&ledger).unwrap_or_else(|error| panic!("{place}: {}", error.report()));
    assert!(
        found.0 >= operation.old + acknowledged,
        "{place}: lost, {found:?}"
    );
    assert!(found.0 <= new.0, "{place}: doubled, {found:?}");
    assert!(
        answer != Some("done") || found == *new,
        "{place}: said to be done, and is not"
    );
    drop(ledger);
    (operation.run)(root).unwrap_or_else(|error| panic!("{place}: {}", error.report()));
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(state(&ledger).unwrap(), *new, "{place}: the same again");
    use amaas_core::usage::Book as _;
    assert!(
        ledger.settle(keyed("acme", 1, "another")).unwrap(),
        "{place}"
    );
    ledger.flush().unwrap();
}

fn copy(from: &Path, to: &Path) {
    let _none_yet = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
