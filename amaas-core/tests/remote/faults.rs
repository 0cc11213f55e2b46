//! A pull that is killed, or refused by the disk, before any call: old state or new, and the next
//! pull puts it right.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::registry::files::{Fault, Files as _, SimulatedFiles};
use amaas_core::registry::{GcOptions, Registry};

use crate::packages::say;
use crate::site::Site;
use crate::support::builder;

fn open(files: &SimulatedFiles) -> Registry {
    let clock = Arc::new(ManualClock::new());
    Registry::open_on(Arc::new(files.clone()), "/models", clock).unwrap()
}

#[test]
fn a_pull_that_ends_anywhere_leaves_the_old_state_or_the_new() {
    let script = Site::new().serve();
    let remote = builder(script.port).parallel(1).open().unwrap();
    let (ner, any) = ("ner".parse().unwrap(), "*".parse().unwrap());
    let files = SimulatedFiles::new();
    let registry = open(&files);
    let before = files.calls();
    remote.pull(&registry, &ner, &any).unwrap();
    let calls = files.calls() - before;

    let mut states = 0;
    for at in 0..calls {
        for fault in [Fault::Kill, Fault::Fail(io::ErrorKind::StorageFull)] {
            let files = SimulatedFiles::new();
            let registry = open(&files);
            files.after(at, fault);
            let pulled = remote.pull(&registry, &ner, &any);
            files.calm();
            for next in [
                files.lose_power(at),
                files.lose_power(calls + at),
                files.restart(),
            ] {
                let registry = open(&next);
                match registry.models().unwrap().as_slice() {
                    [] => assert!(pulled.is_err(), "{at} {fault:?}"),
                    [model] => drop(registry.package(&model.versions[0].digest).unwrap()),
                    more => panic!("{at} {fault:?}: {more:?}"),
                }
                if at % 2 == 0 {
                    let again = remote.pull(&registry, &ner, &any).unwrap();
                    registry.package(&again.digest).unwrap();
                }
                no_orphans(&registry, &next);
                states += 1;
            }
        }
    }
    say(&format!(
        "a pull faulted at {calls} calls, crash states: {states}"
    ));
}

/// After a clean-up nothing is there that no version needs, finished or not.
fn no_orphans(registry: &Registry, files: &SimulatedFiles) {
    let options = GcOptions {
        grace: Duration::ZERO,
        dry_run: false,
    };
    registry.gc(&options).unwrap();
    let count = |folder| files.list(&registry.root().join(folder)).unwrap().len();
    let checked = registry.verify(&mut |_| ()).unwrap();
    assert!(checked.is_good(), "{checked:?}");
    assert_eq!(count("blobs/sha256") as u64, checked.blobs);
    assert_eq!(count("temporary"), 0);
}
