//! A fault at each call of each operation in turn, then a power cut: at once, or after the call
//! was repeated.

use std::io::ErrorKind::{Other, PermissionDenied, ReadOnlyFilesystem, StorageFull};

use amaas_core::ErrorKind;
use amaas_core::registry::files::{Fault, SimulatedFiles};
use fastrand::Rng;

use crate::check;
use crate::operations::Operation;
use crate::schedule::{History, Wrap, open};

const FAULTS: [Fault; 5] = [
    Fault::Kill,
    Fault::Fail(StorageFull),
    Fault::Fail(ReadOnlyFilesystem),
    Fault::Fail(PermissionDenied),
    Fault::Fail(Other),
];
/// States of the disk that are looked at after each fault.
const CUTS: u64 = 4;

/// Runs everything; how many faults there were and how many states were looked at, or what was
/// wrong.
pub(crate) fn run(wrap: Wrap) -> Result<(usize, usize), String> {
    let (mut faults, mut states) = (0, 0);
    let (files, history) = prepared(wrap)?;
    for operation in Operation::all() {
        for fault in FAULTS {
            for call in 0.. {
                let place =
                    |violation| format!("{fault:?} at call {call} of {operation:?}: {violation}");
                match one(
                    files.lose_power(0),
                    &history,
                    &operation,
                    (call, fault),
                    wrap,
                )
                .map_err(place)?
                {
                    Some(seen) => states += seen,
                    None => break,
                }
                faults += 1;
            }
        }
    }
    Ok((faults, states))
}

/// A registry that holds something, all of it flushed.
fn prepared(wrap: Wrap) -> Result<(SimulatedFiles, History), String> {
    let files = SimulatedFiles::new();
    let mut history = History::default();
    let registry = history.look(wrap(files.clone()))?;
    for before in Operation::before() {
        history.learn(before, &registry)?;
    }
    Ok((files, history))
}

/// `None` when the operation has fewer calls.
fn one(
    mut files: SimulatedFiles,
    history: &History,
    operation: &Operation,
    (call, fault): (u64, Fault),
    wrap: Wrap,
) -> Result<Option<usize>, String> {
    let mut history = history.clone();
    let registry = history.look(wrap(files.clone()))?;
    let calls = files.calls();
    files.after(call, fault);
    history.learn(operation.clone(), &registry)?;
    if files.calls() - calls <= call {
        return Ok(None);
    }
    let mut random = Rng::with_seed(call);
    for cut in 0..CUTS {
        if cut == CUTS / 2 {
            files = if files.is_dead() {
                files.restart()
            } else {
                files
            };
            files.calm();
            let registry = history.look(wrap(files.clone()))?;
            history.learn(operation.clone(), &registry)?;
        }
        let left = files.lose_power(random.u64(..));
        check::after_power_loss(&history, &left, wrap, &mut random)?;
    }
    Ok(Some(usize::try_from(CUTS).unwrap()))
}

/// A store on which every call fails in one way: each operation says so and names what to do.
pub(crate) fn refuses_all() {
    for kind in [StorageFull, ReadOnlyFilesystem, PermissionDenied, Other] {
        let files = SimulatedFiles::new();
        let registry = open(std::sync::Arc::new(files.clone())).unwrap();
        for operation in Operation::before().into_iter().chain(Operation::all()) {
            for call in 0.. {
                let calls = files.calls();
                files.after(call, Fault::Fail(kind));
                let ran = operation.run(&registry);
                let was_hit = files.calls() - calls > call;
                files.calm();
                match ran {
                    Err(error) if error.kind() == ErrorKind::Io => {
                        assert!(error.message().contains("/srv/models"), "{error}");
                        assert!(error.remedy().is_some(), "{error}");
                        assert!(std::error::Error::source(&error).is_some(), "{error}");
                    }
                    _ => {}
                }
                if !was_hit {
                    break;
                }
            }
        }
    }
}
