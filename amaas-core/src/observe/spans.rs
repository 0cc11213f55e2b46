//! The spans of a request, through [`tracing`], at the level `DEBUG`: `request`, and within it `queue`,
//! `batch`, `run` and `post`.
//!
//! They carry names and numbers, and nothing of what models are given or answer. Where nobody listens
//! a span costs a look at one number.
//!
//! The trap: a batch belongs to several requests. Its span lies within that of the request that leads
//! it, and follows from those of the others.

use tracing::Span;
use tracing::field::Empty;
use tracing::level_filters::LevelFilter;

use super::TARGET;

/// The span that this thread is in, without a search for it where nobody listens.
pub(crate) fn current() -> Span {
    match LevelFilter::current() {
        LevelFilter::OFF => Span::none(),
        _ => Span::current(),
    }
}

/// All of a request, on whatever threads.
pub(crate) fn request(model: &str, version: &dyn std::fmt::Display) -> Span {
    tracing::debug_span!(
        target: TARGET,
        "request",
        "gen_ai.request.model" = model,
        "amaas.model.version" = %version,
        "gen_ai.operation.name" = Empty,
        "gen_ai.usage.input_tokens" = Empty,
        "gen_ai.usage.output_tokens" = Empty,
        "error.type" = Empty,
        "otel.status_code" = Empty,
    )
}

/// Tells the span of a request what it took.
pub(crate) fn answered(span: &Span, operation: &str, tokens: [u64; 2]) {
    let [read, written] = tokens;
    span.record(super::names::OPERATION, operation);
    span.record(super::names::INPUT_TOKENS, read);
    span.record(super::names::OUTPUT_TOKENS, written);
}

/// Tells the span of a request how it failed.
pub(crate) fn failed(span: &Span, kind: &str) {
    span.record(super::names::ERROR, kind);
    span.record("otel.status_code", "ERROR");
}

/// From its arrival until it is taken into a run.
pub(crate) fn queue() -> Span {
    tracing::debug_span!(target: TARGET, "queue")
}

/// Requests that run together: within the span of the first of them.
pub(crate) fn batch<'a>(members: impl Iterator<Item = &'a Span>, count: usize) -> Span {
    let mut members = members;
    let leader = members.next().and_then(Span::id);
    let batch = tracing::debug_span!(target: TARGET, parent: leader, "batch", "amaas.batch.requests" = count);
    for other in members {
        batch.follows_from(other);
    }
    batch
}

/// One run of the graph.
pub(crate) fn run() -> Span {
    tracing::debug_span!(target: TARGET, "run")
}

/// A task reads what a run answered for these rows.
pub(crate) fn post(rows: usize) -> Span {
    tracing::debug_span!(target: TARGET, "post", "amaas.group.rows" = rows)
}
