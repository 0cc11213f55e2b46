//! What amaas tells its host while it works: events through [`tracing`], names in one place.
//!
//! Nothing here carries input data, and nothing is printed: a host that installs no subscriber
//! hears nothing.

/// The `target` of every event, for filters.
pub const TARGET: &str = "amaas";

/// A version was loaded and may serve.
pub(crate) fn loaded(model: &str, version: &str, digest: &str, placement: &str) {
    tracing::info!(target: TARGET, model, version, digest, placement, "model loaded");
}

/// A route moved from one version to another.
pub(crate) fn swapped(model: &str, from: &str, to: &str) {
    tracing::info!(target: TARGET, model, from, to, "route swapped");
}

/// A preferred device took no part.
pub(crate) fn degraded(device: &str, cause: &str) {
    tracing::warn!(target: TARGET, device, cause, "preferred device not used");
}
