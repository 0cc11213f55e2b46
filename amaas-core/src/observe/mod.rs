//! What amaas tells its host while it works: events through [`tracing`], names in one place.
//!
//! Nothing here carries input data, and nothing is printed: a host that installs no subscriber
//! hears nothing.

pub mod names;
pub(crate) mod prometheus;
pub(crate) mod spans;

/// The `target` of amaas's own events, for filters.
pub const TARGET: &str = "amaas";

/// The `target` of what ONNX Runtime logs itself.
pub const RUNTIME_TARGET: &str = "onnxruntime";

/// A version was loaded and may serve.
pub(crate) fn loaded(model: &str, version: &str, digest: &str, placement: &str) {
    tracing::info!(target: TARGET, model, version, digest, placement, "model loaded");
}

/// A version was run over its shapes before it serves.
pub(crate) fn warmed(model: &str, version: &str, warmed: &dyn std::fmt::Display) {
    tracing::info!(target: TARGET, model, version, %warmed, "model warmed up");
}

/// A version that is crowded has so many instances more.
pub(crate) fn grown(model: &str, version: &str, instances: usize) {
    tracing::info!(target: TARGET, model, version, instances, "model grown for a crowd");
}

/// The instances for a crowd could not be made; the version serves from what it has.
pub(crate) fn not_grown(model: &str, version: &str, error: &dyn std::fmt::Display) {
    tracing::warn!(target: TARGET, model, version, %error, "model not grown for a crowd");
}

/// Requests that ran together failed each time and ran well apart; they run apart from now on.
pub(crate) fn not_joined() {
    tracing::warn!(target: TARGET, "requests of a model cannot run together, and run apart now");
}

/// A version was loaded that is yanked, a pre-release, or answers with what runs beside.
pub(crate) fn noticed(model: &str, version: &str, notice: &dyn std::fmt::Display) {
    tracing::warn!(target: TARGET, model, version, %notice, "a version to know about");
}

/// A version was loaded that no trusted key vouches for.
#[cfg(feature = "sign")]
pub(crate) fn untrusted(model: &str, version: &str, error: &dyn std::fmt::Display) {
    tracing::warn!(target: TARGET, model, version, %error, "untrusted model");
}

/// A route moved from one version to another.
pub(crate) fn swapped(model: &str, from: &str, to: &str) {
    tracing::info!(target: TARGET, model, from, to, "route swapped");
}

/// A stream could not go on with the version that its route moved to, and goes on with its own.
pub(crate) fn stream_stayed(model: &str, version: &str, error: &dyn std::fmt::Display) {
    tracing::warn!(target: TARGET, model, version, %error, "stream stays with its version");
}

/// A version whose instances had left was loaded again for a request.
pub(crate) fn loaded_again(model: &str, version: &str) {
    tracing::info!(target: TARGET, model, version, "model loaded again");
}

/// The instances of a version were let go; `why` is `idle`, `budget` or `update`.
pub(crate) fn unloaded(model: &str, version: &str, why: &str) {
    tracing::info!(target: TARGET, model, version, why, "model unloaded");
}

/// More bytes of models are in memory than the budget allows, and none of them can leave.
pub(crate) fn over_budget(bytes: u64, budget: u64) {
    tracing::warn!(target: TARGET, bytes, budget, "models exceed the memory budget");
}

/// A route or what is kept could not be moved to what its reference selects.
pub(crate) fn not_updated(reference: &str, error: &dyn std::fmt::Display) {
    tracing::warn!(target: TARGET, reference, %error, "update failed");
}

/// Time that a version was kept loaded for a tenant could not be entered.
pub(crate) fn not_charged(error: &dyn std::fmt::Display) {
    tracing::warn!(target: TARGET, %error, "loaded time was not charged");
}

/// What a host wants told of each receipt panicked; the answer stands.
pub(crate) fn not_listened() {
    tracing::error!(target: TARGET, "what listens to receipts panicked");
}

/// Receipts could not be written to the ledger; they wait on.
#[cfg(feature = "ledger")]
pub(crate) fn not_entered(error: &dyn std::fmt::Display) {
    tracing::warn!(target: TARGET, %error, "receipts were not entered");
}

/// A version on trial was taken back by its guard.
pub(crate) fn trial_reverted(reference: &str, version: &str, reason: &dyn std::fmt::Display) {
    tracing::warn!(target: TARGET, reference, version, %reason, "trial reverted");
}

/// A preferred device took no part; the placement says which and why.
pub(crate) fn degraded(placement: &dyn std::fmt::Display) {
    tracing::warn!(target: TARGET, %placement, "a preferred device takes no part");
}

/// A version was sent to a remote registry; `bytes` of it were not there before.
#[cfg(feature = "remote")]
pub(crate) fn pushed(model: &str, version: &str, host: &str, bytes: u64) {
    tracing::info!(target: TARGET, model, version, host, bytes, "model pushed");
}

/// A version was fetched from a remote registry; `bytes` of it were not here before.
#[cfg(feature = "remote")]
pub(crate) fn pulled(model: &str, version: &str, host: &str, bytes: u64) {
    tracing::info!(target: TARGET, model, version, host, bytes, "model pulled");
}

/// ONNX Runtime was found and loaded.
pub(crate) fn runtime_loaded(library: &std::path::Path, version: &str) {
    tracing::info!(target: TARGET, library = %library.display(), version, "runtime loaded");
}

/// How bad the inference engine thinks a line of its log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    Trace,
    Debug,
    Warning,
    Error,
}

/// A line of the inference engine's own log.
pub(crate) fn runtime_said(severity: Severity, category: &str, location: &str, message: &str) {
    match severity {
        Severity::Trace => {
            tracing::trace!(target: RUNTIME_TARGET, category, location, "{message}");
        }
        Severity::Debug => {
            tracing::debug!(target: RUNTIME_TARGET, category, location, "{message}");
        }
        Severity::Warning => {
            tracing::warn!(target: RUNTIME_TARGET, category, location, "{message}");
        }
        Severity::Error => {
            tracing::error!(target: RUNTIME_TARGET, category, location, "{message}");
        }
    }
}
