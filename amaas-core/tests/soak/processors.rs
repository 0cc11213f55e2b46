//! A process that may use one processor of several: it is bound to it, or its cgroup has a quota.

use std::process::{Command, Output};
use std::thread;

use amaas_core::Service;

use crate::repository;

/// A folder of cgroups of the process's own, in which its group may use one processor's time of several:
/// as version 2 of cgroups says it, and as version 1 does. `unshare` is a part of util-linux.
const QUOTA: &str = r#"
    mount -t tmpfs none /sys/fs/cgroup
    while IFS=: read -r number controllers group; do
        case ",$controllers," in
            ,,) mkdir -p "/sys/fs/cgroup$group"
                : >"/sys/fs/cgroup$group/cgroup.controllers"
                echo "100000 100000" >"/sys/fs/cgroup$group/cpu.max" ;;
            *,cpu,*) mkdir -p "/sys/fs/cgroup/cpu$group"
                echo 100000 >"/sys/fs/cgroup/cpu$group/cpu.cfs_quota_us"
                echo 100000 >"/sys/fs/cgroup/cpu$group/cpu.cfs_period_us" ;;
        esac
    done </proc/self/cgroup
    exec "$@"
"#;

#[test]
fn a_process_that_is_bound_to_one_processor_plans_for_one() {
    // `taskset` is a part of util-linux.
    passes(&child(Command::new("taskset").args(["-c", "0"])));
}

#[test]
fn a_process_whose_cgroup_has_a_quota_of_one_processor_plans_for_one() {
    let can = namespace().arg("true").output();
    if can.is_ok_and(|tried| tried.status.success()) {
        passes(&child(namespace().args(["sh", "-euc", QUOTA, "sh"])));
        return;
    }
    let strict = std::env::var_os("STRICT").is_some_and(|value| value == "1");
    assert!(!strict, "no namespace can be made for a quota of its own");
    println!("not run: no namespace can be made for a quota of its own");
}

/// Mounts of its own for what is named next.
fn namespace() -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount"]);
    unshare
}

/// The test below, in a process of its own.
fn child(command: &mut Command) -> Output {
    let program = std::env::current_exe().unwrap();
    let command = command.arg(program);
    let command = command.args(["--exact", "processors::one", "--ignored", "--nocapture"]);
    command.output().unwrap()
}

fn passes(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    let listed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(listed.contains("1 passed"), "{listed}");
}

#[test]
#[ignore = "run by the tests above, since it is about the whole process"]
fn one() {
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
