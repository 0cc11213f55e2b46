//! The receipt of one request.

use std::sync::Arc;
use std::time::Duration;

use semver::Version;

use super::Price;
use crate::model::{Digest, ModelName};

/// Which version answered a request, for whom, what that took and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// For whom it was, as the call said.
    pub tenant: Option<Arc<str>>,
    /// The model's name.
    pub model: ModelName,
    /// The version that answered, from start to end.
    pub version: Version,
    /// The package that answered.
    pub digest: Digest,
    /// The task that read the answer; `None` where tensors were asked for.
    pub task: Option<&'static str>,
    /// Answered requests: 1, or 0 on a receipt for time that a version was kept loaded.
    pub requests: u64,
    /// Rows: texts, or the first dimension of the first input; 1 for a scalar.
    pub rows: u64,
    /// Tokens that the model read, padding not counted; 0 where no tokenizer took part.
    pub tokens: u64,
    /// Tokens that the model wrote; 0 where it writes none.
    pub tokens_out: u64,
    /// Bytes of what was asked: texts in UTF-8, a prompt of the package's included, or tensors.
    pub bytes_in: u64,
    /// Bytes of the tensors that the model answered, before a task reads them.
    pub bytes_out: u64,
    /// Time spent waiting for a free instance.
    pub queued: Duration,
    /// Time spent running the model; in a shared run the share of this request's rows.
    pub computed: Duration,
    /// Time that the version was kept loaded for the tenant; zero on the receipt of a request.
    pub loaded: Duration,
    /// The most requests that ran together with this one, itself included; 1 when it ran alone.
    pub together: u64,
    /// The providers that ran it, as `CPUExecutionProvider`, joined by `+`.
    pub placement: Arc<str>,
    /// What it costs; `None` without a price table, or where no rate of the table fits.
    pub price: Option<Price>,
    /// Whether its idempotency key was charged before, so that this receipt is not.
    pub repeated: bool,
}

impl Usage {
    /// A receipt with nothing on it yet.
    pub fn new(model: ModelName, version: Version, digest: Digest, placement: Arc<str>) -> Self {
        let zero = Duration::ZERO;
        Self {
            tenant: None,
            model,
            version,
            digest,
            task: None,
            requests: 1,
            rows: 0,
            tokens: 0,
            tokens_out: 0,
            bytes_in: 0,
            bytes_out: 0,
            queued: zero,
            computed: zero,
            loaded: zero,
            together: 0,
            placement,
            price: None,
            repeated: false,
        }
    }

    /// A receipt for time that a version was kept loaded.
    pub(crate) fn kept(self, loaded: Duration) -> Self {
        Self {
            requests: 0,
            loaded,
            ..self
        }
    }

    /// Adds what one run of several took.
    pub(crate) fn add_run(&mut self, run: &Self) {
        self.bytes_out += run.bytes_out;
        self.queued += run.queued;
        self.computed += run.computed;
        self.together = self.together.max(run.together);
    }
}
