//! Bugs that are put in on purpose: whoever looks must find them, or it looks at nothing.

use amaas_schedules::sync::{Bug, plant};

use crate::explore::finds_a_fault;
use crate::scenarios::{ANSWERED, LAST_TO_LEAVE, TICKETS};

#[test]
fn a_caller_who_is_not_told_is_found() {
    plant(Bug::NotifyLeftOut);
    assert!(finds_a_fault(ANSWERED));
}

#[test]
fn a_thread_of_the_pool_that_is_not_told_is_found() {
    plant(Bug::NotifyLeftOut);
    assert!(finds_a_fault(TICKETS));
}

#[test]
fn two_who_leave_at_once_and_count_as_one_are_found() {
    plant(Bug::TornCount);
    assert!(finds_a_fault(LAST_TO_LEAVE));
}

#[test]
fn without_a_bug_nothing_is_found() {
    assert!(!finds_a_fault(LAST_TO_LEAVE));
}
