//! Giving freed memory back to the system.
//!
//! Loading a large model frees large pieces again: what was repacked, what an instance of the same
//! graph has already. The C library of Linux keeps such pieces for itself, so that ten instances
//! would look ten times as large as they are. It gives them back when asked, which costs
//! milliseconds; so it is asked after large models only.

use crate::model::Graph;

/// From this size on a model is large.
const LARGE: usize = 16 << 20;

/// Gives freed memory back when it goes, if the model was large.
#[derive(Debug)]
pub(super) struct GiveBack(bool);

impl GiveBack {
    /// For what is made from `graph`.
    pub(super) fn after(graph: &Graph) -> Self {
        let weights = graph.weights.iter().map(|(_, file)| file.bytes().len());
        let bytes = weights.fold(graph.model.bytes().len(), usize::saturating_add);
        Self(bytes >= LARGE)
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
