//! The command line, for `python -m amaas` and the console script.

use std::ffi::OsString;

use pyo3::prelude::*;

use crate::errors::Result;
use crate::service::hints;

/// Run one command line, its first argument being the program's name, and return its exit code.
///
/// It reads and writes the streams of the process, not those of ``sys``, and takes over Ctrl-C.
#[pyfunction(name = "_main")]
pub(crate) fn main(py: Python<'_>, arguments: Vec<OsString>) -> Result<u8> {
    let hints = hints(py)?;
    let about = py
        .import("amaas._runtime")?
        .call_method0("about")?
        .extract()?;
    Ok(py.detach(|| amaas_cli::program(hints, about, arguments)))
}
