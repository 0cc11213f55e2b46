//! Libraries of custom operators: what graphs use beyond ONNX's own, as the tokenizers of
//! onnxruntime-extensions.
//!
//! Only the host names them. A package is data: whatever a library in it calls itself, it is never
//! loaded, and a graph that needs one says so when it does not load.
//!
//! The trap: a library runs with all the rights of the process, and stays loaded as long as that.
//! Each is registered once on trial when the backend opens, so that a wrong one is told before any
//! model is blamed for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::library;
use super::options::SessionOptions;
use super::plugin::system_path;
use super::process::Process;
use super::status::Refusal;
use crate::model::{Graph, onnx};
use crate::{Error, ErrorKind, Result};

/// What every library of operators exports.
const ENTRY: &[u8] = b"RegisterCustomOps\0";

/// The libraries of one backend, which were tried and are loaded.
#[derive(Debug, Clone)]
pub(super) struct Operators(Arc<[PathBuf]>);

impl Operators {
    /// Loads the libraries at `paths`, each once.
    ///
    /// # Errors
    /// `RuntimeUnavailable` naming the path and what is wrong with it.
    pub(super) fn open(process: &Process, paths: &[PathBuf]) -> Result<Self> {
        let mut files: Vec<PathBuf> = Vec::new();
        for path in paths {
            let file = check(path).map_err(|cause| unusable(path, &cause))?;
            if !files.contains(&file) {
                files.push(file);
            }
        }
        let operators = Self(files.into());
        operators.try_out(process)?;
        Ok(operators)
    }

    /// Lets a session use them.
    pub(super) fn add_to(&self, options: &SessionOptions<'_>) -> Result<(), Refusal> {
        self.0.iter().try_for_each(|file| register(options, file))
    }

    fn try_out(&self, process: &Process) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let options = SessionOptions::new(process, 1).map_err(|refusal| {
            refusal.into_error(ErrorKind::Internal, "ONNX Runtime makes no options")
        })?;
        let register = |file: &PathBuf| {
            let registered = register(&options, file);
            registered.map_err(|refusal| unusable(file, refusal.first_line()))
        };
        self.0.iter().try_for_each(register)
    }
}

/// Refuses what ONNX Runtime could not use. A good one stays loaded, since sessions may use it at any
/// time.
fn check(path: &Path) -> Result<PathBuf, String> {
    let file = library::regular(path).map_err(|cause| cause.to_string())?;
    let loaded = library::load(&file).map_err(|cause| cause.to_string())?;
    // SAFETY: the symbol is only looked for, never called through this type.
    match unsafe { loaded.get::<unsafe extern "C" fn()>(ENTRY) } {
        Ok(_) => {
            std::mem::forget(loaded);
            Ok(file)
        }
        Err(_) => {
            Err("is a library but none of operators: it exports no `RegisterCustomOps`".into())
        }
    }
}

fn register(options: &SessionOptions<'_>, file: &Path) -> Result<(), Refusal> {
    let path = system_path(file);
    let process = options.process;
    // SAFETY: the options are live; the path ends in zero and lives during the call. The library
    // exports what ONNX Runtime calls, and the host vouches for it.
    let status = unsafe { (process.api.RegisterCustomOpsLibrary_V2)(options.get(), path.as_ptr()) };
    // SAFETY: the call above returned it.
    unsafe { process.check(status) }
}

fn unusable(path: &Path, cause: &str) -> Error {
    let message = format!("the library of operators `{}` {cause}", path.display());
    Error::new(ErrorKind::RuntimeUnavailable, message).advise(
        "name a library built for this ONNX Runtime, as that of `onnxruntime_extensions`; one that \
         belongs to Python loads in Python only",
    )
}

/// The operator of `graph` that nobody has, where that is why ONNX Runtime refuses it.
pub(super) fn missing(graph: &Graph, refusal: &Refusal) -> Option<Error> {
    let operators = onnx::custom_operators(graph.model.bytes()).ok()?;
    let missing = operators.iter().find(|name| refusal.0.contains(*name))?;
    let message = format!("no library has the model's operator `{missing}`");
    let error = Error::new(ErrorKind::LoadFailed, message).because(refusal.clone());
    Some(error.advise(
        "give the service the library that has it (`operators`), as onnxruntime-extensions has \
         those of `ai.onnx.contrib`; a package brings none of its own",
    ))
}
