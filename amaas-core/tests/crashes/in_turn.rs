//! A fault at each call of each operation in turn, then a power cut: at once, or after the call
//! was repeated.

use std::io::ErrorKind::{Other, PermissionDenied, ReadOnlyFilesystem, StorageFull};

use amaas_core::registry::files::{Fault, SimulatedFiles};
use amaas_core::{Error, ErrorKind};
use fastrand::Rng;

use crate::check;
use crate::operations::Operation;
use crate::schedule::{History, Wrap, open};
use crate::share::share;
use crate::state::observe;

const FAULTS: [Fault; 2] = [Fault::Kill, Fault::Fail(StorageFull)];
/// States of the disk that are looked at after each fault: half of them at once, half after the
/// call was repeated.
const CUTS: usize = 2;

/// Runs everything; how many faults there were and how many states were looked at, or what was
/// wrong.
pub(crate) fn run(wrap: Wrap) -> Result<(usize, usize), String> {
    let (files, history) = prepared(wrap)?;
    let operations = Operation::all();
    let faults = share(operations.len() * FAULTS.len(), |item| {
        let operation = &operations[item / FAULTS.len()];
        let fault = FAULTS[item % FAULTS.len()];
        each_call(&files, &history, operation, fault, wrap)
    })?;
    Ok((faults, faults * CUTS))
}

/// How many calls the operation has.
fn each_call(
    files: &SimulatedFiles,
    history: &History,
    operation: &Operation,
    fault: Fault,
    wrap: Wrap,
) -> Result<usize, String> {
    for call in 0.. {
        let files = files.lose_power(0);
        let was_hit = one(files, history, operation, (call, fault), wrap)
            .map_err(|violation| format!("{fault:?} at call {call} of {operation:?}: {violation}"));
        if !was_hit? {
            return Ok(call as usize);
        }
    }
    Ok(0)
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

/// False when the operation has fewer calls.
fn one(
    mut files: SimulatedFiles,
    history: &History,
    operation: &Operation,
    (call, fault): (u64, Fault),
    wrap: Wrap,
) -> Result<bool, String> {
    let mut history = history.clone();
    let registry = history.look(wrap(files.clone()))?;
    let calls = files.calls();
    files.after(call, fault);
    history.learn(operation.clone(), &registry)?;
    if files.calls() - calls <= call {
        return Ok(false);
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
    Ok(true)
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
                if let Err(error) = ran {
                    is_io_with_a_remedy(&operation, &error);
                }
                if !was_hit {
                    break;
                }
            }
        }
    }
}

/// What was made although it said otherwise may have nothing left to do.
fn is_io_with_a_remedy(operation: &Operation, error: &Error) {
    let is_done = matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound);
    if is_done && operation.is_once_only() {
        return;
    }
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(error.message().contains("/srv"), "{error}");
    assert!(error.remedy().is_some(), "{error}");
    assert!(std::error::Error::source(error).is_some(), "{error}");
}

/// When only the last flush fails, the change can be seen, the error says so, and the same call
/// makes it last.
pub(crate) fn unflushed_commit(wrap: Wrap) {
    let (prepared, history) = prepared(wrap).unwrap();
    let operation = &Operation::all()[0];
    let after = operation.apply(&history.seen).unwrap();
    let mut said = 0;
    for call in 0.. {
        let files = prepared.lose_power(0);
        let registry = open(wrap(files.clone())).unwrap();
        files.after(call, Fault::Fail(Other));
        let ran = operation.run(&registry);
        files.calm();
        match ran {
            Err(error) if error.context().any(|(key, _)| key == "change") => said += 1,
            Err(_) => continue,
            Ok(()) if said > 0 => break,
            Ok(()) => continue,
        }
        assert_eq!(observe(&registry).unwrap(), after);
        operation.run(&registry).unwrap();
        for seed in 0..16 {
            let registry = open(wrap(files.lose_power(seed))).unwrap();
            assert_eq!(observe(&registry).unwrap(), after);
        }
    }
    assert_eq!(said, 1);
}
