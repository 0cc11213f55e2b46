//! A tar that was exported beforehand, and what is in it. It lies on the real disk, which has no
//! faults here: that an archive is read badly is tried elsewhere.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use amaas_core::registry::ExportOptions;
use amaas_core::registry::files::SimulatedFiles;

use crate::operations::Operation;
use crate::schedule::open;
use crate::state::State;

/// Equal content gives equal bytes, so any number of processes may make it at once.
pub(crate) fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let registry = open(Arc::new(SimulatedFiles::new())).unwrap();
        for operation in Operation::archived() {
            operation.run(&registry).unwrap();
        }
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crashes.tar");
        let everything = ExportOptions::default();
        registry.export_file(&everything, &path).unwrap();
        path
    })
}

pub(crate) fn content() -> &'static State {
    static CONTENT: OnceLock<State> = OnceLock::new();
    CONTENT.get_or_init(|| {
        let mut operations = Operation::archived().into_iter();
        let content = operations.try_fold(State::new(), |state, next| next.apply(&state));
        content.unwrap()
    })
}
