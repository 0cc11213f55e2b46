//! What amaas is measured against: ONNX Runtime by hand, through the crate `ort`.

use std::path::Path;

use ort::session::Session;

/// A session as a careful user would make it, with `threads` for one run.
///
/// # Errors
/// Whatever ONNX Runtime says.
pub fn session(model: &Path, threads: usize) -> ort::Result<Session> {
    let environment = ort::init().build()?;
    Session::builder(&environment)?
        .with_intra_threads(threads)?
        .commit_from_file(model)
}
