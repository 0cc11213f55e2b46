//! Giving freed memory back to the system.
//!
//! Loading a large model frees large pieces again: what was repacked, what an instance of the same
//! graph has already. The C library of Linux keeps such pieces for itself, so that ten instances
//! would look ten times as large as they are. It gives them back when asked, which costs
//! milliseconds; so it is asked after large models only.

use crate::model::Graph;

/// From this size on a model is large.
const LARGE: u64 = 16 << 20;

/// How many bytes the files of `graph` have.
pub(super) fn size(graph: &Graph) -> u64 {
    let files = graph.buffers().map(|file| file.bytes().len() as u64);
    files.fold(0, u64::saturating_add)
}

/// Gives freed memory back when it goes, if the model was large.
#[derive(Debug)]
pub(super) struct GiveBack(bool);

impl GiveBack {
    /// For what is made from `graph`.
    pub(super) fn after(graph: &Graph) -> Self {
        Self(size(graph) >= LARGE)
    }
}

impl Drop for GiveBack {
    fn drop(&mut self) {
        if self.0 {
            trim();
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn trim() {
    // SAFETY: it may be called at any time, from any thread.
    unsafe { libc::malloc_trim(0) };
}

/// Elsewhere the system takes freed memory back on its own.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn trim() {}
