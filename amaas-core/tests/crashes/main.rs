//! The registry on a disk that loses power: after every crash it is as it was before the change
//! or as it is after it, what was acknowledged is there, and the next change works.
//!
//! A schedule is a few random operations with random faults between and within them: a call fails,
//! the process is killed and another goes on. Then the power goes, and several of the states that
//! the disk may be in are looked at. Everything follows from a seed, which a violation names.
//!
//! To add an operation, add it to `operations.rs`, and what it comes to to `state.rs`; nothing else
//! needs to know it.

#![expect(clippy::unwrap_used, reason = "a test may end there")]

mod alike;
mod archive;
mod careless;
mod check;
mod in_turn;
mod operations;
#[path = "../common/ports.rs"]
mod ports;
mod refusing;
mod schedule;
mod share;
mod state;
#[path = "../registry/support.rs"]
#[expect(dead_code, reason = "the registry's tests use the rest")]
mod support;

use std::sync::Arc;

use amaas_core::registry::files::{Files, SimulatedFiles};

use careless::{Careless, Omission};
use schedule::Wrap;
use share::share;
use support::{say, soaks};

/// Each ends in a few crash states; ten times as many in a soak.
const SCHEDULES: usize = 2_500;

#[test]
fn ten_thousand_crashes_leave_no_torn_state() {
    let schedules = if soaks() { 10 } else { 1 } * SCHEDULES;
    let run = |seed| {
        let states = schedule::run(seed as u64, as_they_are);
        states.map_err(|violation| format!("seed {seed}: {violation}"))
    };
    match share(schedules, run) {
        Ok(states) => {
            assert!(states >= 10_000);
            say(&format!("{schedules} schedules, crash states: {states}"));
        }
        Err(violation) => panic!("{violation}"),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn simulated_files_answer_as_real_ones() {
    alike::run();
}

#[test]
fn a_fault_at_each_call_leaves_no_torn_state() {
    match in_turn::run(as_they_are) {
        Ok((faults, states)) => say(&format!(
            "a fault at {faults} calls, crash states: {states}"
        )),
        Err(violation) => panic!("{violation}"),
    }
}

#[test]
fn whatever_fails_is_said_with_its_path_and_a_remedy() {
    in_turn::refuses_all();
}

#[test]
fn a_commit_that_was_not_flushed_is_seen_and_said() {
    in_turn::unflushed_commit(as_they_are);
}

#[test]
fn a_store_that_may_not_be_written_can_be_read() {
    refusing::writes();
}

#[test]
fn a_step_left_out_is_found() {
    let careless: [Wrap; 3] = [
        |files| Arc::new(Careless::new(files, Omission::File)),
        |files| Arc::new(Careless::new(files, Omission::Blobs)),
        |files| Arc::new(Careless::new(files, Omission::Root)),
    ];
    for (index, wrap) in careless.into_iter().enumerate() {
        let found = (0..SCHEDULES as u64).find_map(|seed| schedule::run(seed, wrap).err());
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
