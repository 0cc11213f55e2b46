//! The registry on a disk that loses power: after every crash it is as it was before the change
//! or as it is after it, what was acknowledged is there, and the next change works.
//!
//! A schedule is a few random operations with random faults between and within them: a call fails,
//! the process is killed and another goes on. Then the power goes, and several of the states that
//! the disk may be in are looked at. Everything follows from a seed, which a violation names.
//!
//! To add an operation, add it to `operations.rs`; nothing else needs to know it.

#![expect(clippy::unwrap_used, reason = "a test may end there")]

mod careless;
mod check;
mod in_turn;
mod operations;
mod schedule;
#[path = "../registry/support.rs"]
#[expect(dead_code, reason = "the registry's tests use the rest")]
mod support;

use std::io::Write;
use std::sync::Arc;

use amaas_core::registry::files::{Files, SimulatedFiles};

use careless::{Careless, Omission};
use schedule::Wrap;

const SCHEDULES: u64 = 2_500;

#[test]
fn ten_thousand_crashes_leave_no_torn_state() {
    let mut states = 0;
    for seed in 0..SCHEDULES {
        match schedule::run(seed, as_they_are) {
            Ok(seen) => states += seen,
            Err(violation) => panic!("seed {seed}: {violation}"),
        }
    }
    assert!(states >= 10_000);
    say(&format!("schedules: {SCHEDULES}, crash states: {states}"));
}

#[test]
fn a_fault_at_each_call_leaves_no_torn_state() {
    match in_turn::run(as_they_are) {
        Ok((faults, states)) => say(&format!("faults: {faults}, crash states: {states}")),
        Err(violation) => panic!("{violation}"),
    }
}

#[test]
fn whatever_fails_is_said_with_its_path_and_a_remedy() {
    in_turn::refuses_all();
}

#[test]
fn a_step_left_out_is_found() {
    let careless: [Wrap; 3] = [
        |files| Arc::new(Careless::new(files, Omission::File)),
        |files| Arc::new(Careless::new(files, Omission::Blobs)),
        |files| Arc::new(Careless::new(files, Omission::Root)),
    ];
    for (index, wrap) in careless.into_iter().enumerate() {
        let found = (0..SCHEDULES).find_map(|seed| schedule::run(seed, wrap).err());
        assert!(found.is_some(), "nobody noticed the omission {index}");
        assert!(
            in_turn::run(wrap).is_err(),
            "nobody noticed the omission {index}"
        );
    }
}

fn as_they_are(files: SimulatedFiles) -> Arc<dyn Files> {
    Arc::new(files)
}

/// Past the harness, which would keep it to itself.
fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").unwrap();
}
