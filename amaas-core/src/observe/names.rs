//! Names of metrics, spans and their attributes.
//!
//! They follow OpenTelemetry's conventions for generative AI where those have one, and are amaas's own
//! where they have none. Prometheus has underscores for points, and the unit at the end. A test holds
//! this page to the tables of `docs/metering.md`.

/// A metric, in its two spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// As OpenTelemetry names it.
    pub name: &'static str,
    /// As Prometheus does.
    pub prometheus: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Its unit by UCUM.
    pub unit: &'static str,
    /// What it says.
    pub help: &'static str,
}

const fn metric(
    [name, prometheus]: [&'static str; 2],
    kind: &'static str,
    unit: &'static str,
    help: &'static str,
) -> Metric {
    Metric {
        name,
        prometheus,
        kind,
        unit,
        help,
    }
}

/// From its start to its answer.
pub const DURATION: Metric = metric(
    [
        "gen_ai.server.request.duration",
        "gen_ai_server_request_duration_seconds",
    ],
    "histogram",
    "s",
    "Time of answered requests, from start to answer",
);
/// Waiting for an instance.
pub const QUEUED: Metric = metric(
    [
        "amaas.request.queue.duration",
        "amaas_request_queue_duration_seconds",
    ],
    "histogram",
    "s",
    "Time that answered requests waited for an instance",
);
/// Running.
pub const COMPUTED: Metric = metric(
    [
        "amaas.request.run.duration",
        "amaas_request_run_duration_seconds",
    ],
    "histogram",
    "s",
    "Time that answered requests ran, of shared runs their share",
);
/// Answered requests.
pub const REQUESTS: Metric = metric(
    ["amaas.requests", "amaas_requests_total"],
    "counter",
    "{request}",
    "Answered requests",
);
/// Requests that ended in an error.
pub const FAILURES: Metric = metric(
    ["amaas.request.failures", "amaas_request_failures_total"],
    "counter",
    "{request}",
    "Requests that ended in an error, by its kind",
);
/// Rows of answered requests.
pub const ROWS: Metric = metric(
    ["amaas.rows", "amaas_rows_total"],
    "counter",
    "{row}",
    "Rows of answered requests",
);
/// Tokens of answered requests.
pub const TOKENS: Metric = metric(
    ["amaas.tokens", "amaas_tokens_total"],
    "counter",
    "{token}",
    "Tokens of answered requests, read and written",
);
/// Whether a version is in memory.
pub const LOADED: Metric = metric(
    ["amaas.model.loaded", "amaas_model_loaded"],
    "gauge",
    "1",
    "1 for a version whose instances are in memory, 0 for one that was unloaded",
);
/// How large a version is.
pub const SIZE: Metric = metric(
    ["amaas.model.size", "amaas_model_size_bytes"],
    "gauge",
    "By",
    "Size of a version's graph and weights on disk",
);

/// Every metric, in the order in which they are told.
pub const METRICS: [Metric; 9] = [
    DURATION, QUEUED, COMPUTED, REQUESTS, FAILURES, ROWS, TOKENS, LOADED, SIZE,
];

/// The model's name.
pub const MODEL: &str = "gen_ai.request.model";
/// The version, as `1.2.0`.
pub const VERSION: &str = "amaas.model.version";
/// `input` or `output`.
pub const TOKEN_TYPE: &str = "gen_ai.token.type";
/// The kind of an error.
pub const ERROR: &str = "error.type";
/// What was asked: a task, or `run` for tensors.
pub const OPERATION: &str = "gen_ai.operation.name";
/// Tokens read.
pub const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
/// Tokens written.
pub const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
/// How many requests ran together.
pub const TOGETHER: &str = "amaas.batch.requests";
/// How many rows a reader was shown.
pub const GROUP_ROWS: &str = "amaas.group.rows";

/// Every attribute of metrics and spans.
pub const ATTRIBUTES: [&str; 9] = [
    MODEL,
    VERSION,
    TOKEN_TYPE,
    ERROR,
    OPERATION,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    TOGETHER,
    GROUP_ROWS,
];

/// The spans: of a request, and within it in this order.
pub const SPANS: [&str; 5] = ["request", "queue", "batch", "run", "post"];
