//! A process that ends while requests are under way.

use std::thread;

use amaas_core::{Call, Service, Tensor};

use crate::process::good_child;
use crate::repository;

/// Who ends where is a matter of chance.
const TIMES: usize = 5;

#[test]
fn a_process_that_returns_with_work_under_way_ends_well() {
    (0..TIMES).for_each(|_| good_child("ends::returns"));
}

#[test]
fn a_process_that_exits_with_work_under_way_ends_well() {
    (0..TIMES).for_each(|_| good_child("ends::exits"));
}

#[test]
#[ignore = "run by the test above, since it ends the process"]
fn returns() {
    begin();
}

#[test]
#[ignore = "run by the test above, since it ends the process"]
fn exits() {
    begin();
    std::process::exit(0);
}

/// Threads in runs, a run that never ends, tickets in the queue and one that calls back.
fn begin() {
    let service = Service::builder().build().unwrap();
    let route = service.load(&repository("models/sentiment/1.0.0")).unwrap();
    let ids = Tensor::from_vec([64, 100], vec![1_i32; 6_400]).unwrap();
    for _ in 0..4 {
        let (route, ids) = (route.clone(), ids.clone());
        thread::spawn(move || while route.run(&[("input_ids", &ids)]).is_ok() {});
    }
    for _ in 0..4 {
        let ticket = route.submit(&[("input_ids", &ids)], &[], &Call::default());
        ticket.on_done(|| ());
        std::mem::forget(ticket); // dropping it would cancel it
    }
    route.run(&[("input_ids", &ids)]).unwrap(); // by now the others are at it
    std::mem::forget((service, route));
}
