//! One error for the whole library: a kind to branch on, words to read, a remedy to follow.
//!
//! ```
//! use amaas_core::{Error, ErrorKind};
//!
//! let error = Error::new(ErrorKind::NotFound, "no model is called `sentimant`")
//!     .with("registry", "models/")
//!     .advise("publish it, or pick one of: sentiment");
//! assert_eq!(error.kind(), ErrorKind::NotFound);
//! assert!(!error.is_retryable());
//! assert_eq!(
//!     error.to_string(),
//!     "no model is called `sentimant` (registry: models/); publish it, or pick one of: sentiment"
//! );
//! ```
//!
//! The trap: [`std::fmt::Display`] prints this error only, never its source. Whoever reports
//! an error to a person walks [`std::error::Error::source`] or calls [`Error::report`].

#[path = "error/details.rs"] // also where a test compiles this file elsewhere
mod details;

use std::fmt::Write as _;
use std::time::Duration;

pub use self::details::{Detail, ErrorDetails};

/// Every fallible call of amaas returns this.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in the terms of what the caller should do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call is wrong: a name, dtype, shape, option or reference. Fix the call.
    InvalidArgument,
    /// A text or another input is longer than the model takes. Shorten it or choose an `overflow`.
    InputTooLong,
    /// Nothing is there under this name, version, alias, digest or path. The message lists what is.
    NotFound,
    /// The version exists already with other content. Publish a new version.
    AlreadyExists,
    /// Somebody else moved it first. Read the present state and decide again.
    Conflict,
    /// The alias points elsewhere than the caller believed. Read where it points and decide again.
    AliasConflict,
    /// A package or its manifest breaks the rules. The author must fix it.
    InvalidPackage,
    /// Stored bytes are not those that were published. Restore the store from a good copy.
    Corrupt,
    /// No usable ONNX Runtime was found. Install one or name its path.
    RuntimeUnavailable,
    /// The required device cannot take the model. Install what is missing or relax the policy.
    DeviceUnavailable,
    /// ONNX Runtime refuses the model. Check the export.
    LoadFailed,
    /// The model was run and failed. The input or the model is at fault; other requests are not.
    InferenceFailed,
    /// The model answered, but not as its golden examples say. Do not serve it here.
    GoldenMismatch,
    /// The deadline passed. Retry with more time, or when there is less load.
    DeadlineExceeded,
    /// The caller cancelled the request.
    Cancelled,
    /// Too much is waiting. Retry a little later.
    Overloaded,
    /// The service or route was closed. Open a new one.
    Closed,
    /// This build or this model cannot do that. The message says what can.
    Unsupported,
    /// A remote registry wants other credentials. Log in to it.
    AccessDenied,
    /// The package is encrypted, and no key at hand opens it. Give one that does.
    KeyDenied,
    /// The package is not signed by a key that this service trusts, or older than one it has seen.
    Untrusted,
    /// A remote registry cannot be reached or fails. Retry a little later.
    RemoteUnavailable,
    /// The tenant used as much as it may for now. Retry after the time that is named.
    QuotaExceeded,
    /// The tenant spent its money for the day or month. Raise the budget or wait for the next.
    BudgetExhausted,
    /// The operating system refused. The source says why.
    Io,
    /// A bug in amaas. Please report it.
    Internal,
}

impl ErrorKind {
    /// The kind as one stable lower-case word, as logs, JSON and the other faces spell it.
    ///
    /// ```
    /// assert_eq!(amaas_core::ErrorKind::InputTooLong.name(), "input_too_long");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::InputTooLong => "input_too_long",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::Conflict => "conflict",
            Self::AliasConflict => "alias_conflict",
            Self::InvalidPackage => "invalid_package",
            Self::Corrupt => "corrupt",
            Self::RuntimeUnavailable => "runtime_unavailable",
            Self::DeviceUnavailable => "device_unavailable",
            Self::LoadFailed => "load_failed",
            Self::InferenceFailed => "inference_failed",
            Self::GoldenMismatch => "golden_mismatch",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Cancelled => "cancelled",
            Self::Overloaded => "overloaded",
            Self::Closed => "closed",
            Self::Unsupported => "unsupported",
            Self::AccessDenied => "access_denied",
            Self::KeyDenied => "key_denied",
            Self::Untrusted => "untrusted",
            Self::RemoteUnavailable => "remote_unavailable",
            Self::QuotaExceeded => "quota_exceeded",
            Self::BudgetExhausted => "budget_exhausted",
            Self::Io => "io",
            Self::Internal => "internal",
        }
    }
}

/// How far a request had come when it was cancelled or its deadline passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It waited for an instance: the model has not seen it.
    Queue,
    /// The model ran it.
    Run,
}

impl Phase {
    /// The phase as one stable lower-case word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Run => "run",
        }
    }
}

/// What happened, where, and what to do about it.
///
/// Built with [`Error::new`] and the methods that return `Self`; read with the rest.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.line())]
pub struct Error {
    inner: Box<Inner>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    context: Vec<(&'static str, String)>,
    remedy: Option<String>,
    phase: Option<Phase>,
    retry_after: Option<Duration>,
}

impl Error {
    /// An error of `kind`; `message` is lower case, with offending values in backticks.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        let inner = Box::new(Inner {
            kind,
            message,
            context: Vec::new(),
            remedy: None,
            phase: None,
            retry_after: None,
        });
        Self {
            inner,
            source: None,
        }
    }

    /// Adds one fact: which input, which file, which model.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write values, not references to them"
    )]
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.inner.context.push((key, value.to_string()));
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn advise(mut self, remedy: impl Into<String>) -> Self {
        self.inner.remedy = Some(remedy.into());
        self
    }

    /// Says how far the request had come.
    #[must_use]
    pub fn during(mut self, phase: Phase) -> Self {
        self.inner.phase = Some(phase);
        self.with("phase", phase.name())
    }

    /// Says when the same call is likely to find less load.
    #[must_use]
    pub fn retry_in(mut self, wait: Duration) -> Self {
        self.inner.retry_after = Some(wait);
        self.with("retry_after_ms", wait.as_millis())
    }

    /// Keeps the error below this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// This error once more, for another who waited for the same thing: without its sources.
    pub(crate) fn again(&self) -> Self {
        let inner = &self.inner;
        Self {
            inner: Box::new(Inner {
                kind: inner.kind,
                message: inner.message.clone(),
                context: inner.context.clone(),
                remedy: inner.remedy.clone(),
                phase: inner.phase,
                retry_after: inner.retry_after,
            }),
            source: None,
        }
    }

    /// What to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Whether the same call may succeed a little later without any change.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.inner.kind,
            ErrorKind::Overloaded
                | ErrorKind::DeadlineExceeded
                | ErrorKind::Conflict
                | ErrorKind::AliasConflict
                | ErrorKind::RemoteUnavailable
                | ErrorKind::QuotaExceeded
        )
    }

    /// How far the request had come, where it was cancelled or its deadline passed.
    pub fn phase(&self) -> Option<Phase> {
        self.inner.phase
    }

    /// After what time to try again, where that can be told: an estimate from how long recent runs
    /// took and how many wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// The message alone, without context and remedy.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// The facts, in the order in which they were added.
    pub fn context(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.inner
            .context
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
    }

    /// What to do about it, if the error knows.
    pub fn remedy(&self) -> Option<&str> {
        self.inner.remedy.as_deref()
    }

    /// This error and all its sources, joined for a person to read.
    pub fn report(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let _ = write!(text, "\n  caused by: {error}");
            cause = error.source();
        }
        text
    }

    fn line(&self) -> String {
        let Inner {
            message,
            context,
            remedy,
            ..
        } = &*self.inner;
        let mut line = message.clone();
        if !context.is_empty() {
            let facts: Vec<_> = context
                .iter()
                .map(|(key, value)| format!("{key}: {value}"))
                .collect();
            let _ = write!(line, " ({})", facts.join(", "));
        }
        if let Some(remedy) = remedy {
            let _ = write!(line, "; {remedy}");
        }
        line
    }
}
