//! A process that may use one processor of several.

use std::process::Command;
use std::thread;

use amaas_core::Service;

use crate::repository;

#[test]
fn a_process_that_is_bound_to_one_processor_plans_for_one() {
    let program = std::env::current_exe().unwrap();
    let output = Command::new("taskset")
        .args(["-c", "0"])
        .arg(program)
        .args(["--exact", "affinity::bound", "--ignored", "--nocapture"])
        .output()
        .unwrap(); // `taskset` is a part of util-linux
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
#[ignore = "run by the test above, since it binds the whole process"]
fn bound() {
    let service = Service::builder().build().unwrap();
    let route = service.load(&repository("models/sentiment/1.0.0")).unwrap();
    assert_eq!(service.threads(), 1);
    thread::scope(|scope| {
        for _ in 0..4 {
            let route = &route;
            scope.spawn(move || (0..20).for_each(|_| drop(route.classify(&["fine"]).unwrap())));
        }
    });
    assert_eq!(
        route.lease().capacity(),
        1,
        "one at a time, however many come"
    );
    assert!(
        route.lease().workers().is_none(),
        "and no thread to prepare texts on"
    );
}
