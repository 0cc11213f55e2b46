//! The receipt of one request.

use std::time::Duration;

use semver::Version;

use crate::model::{Digest, ModelName};

/// Which version answered a request, and what that took.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The model's name.
    pub model: ModelName,
    /// The version that answered, from start to end.
    pub version: Version,
    /// The package that answered.
    pub digest: Digest,
    /// Rows: texts, or the first dimension of the first input; 1 for a scalar.
    pub rows: u64,
    /// Tokens that the model read, padding not counted; 0 where no tokenizer took part.
    pub tokens: u64,
    /// Time spent waiting for a free instance.
    pub queued: Duration,
    /// Time spent running the model; in a shared run the share of this request's rows.
    pub computed: Duration,
    /// The most requests that ran together with this one, itself included; 1 when it ran alone.
    pub together: u64,
}

impl Usage {
    /// A receipt with nothing on it yet.
    pub(crate) fn of(model: ModelName, version: Version, digest: Digest) -> Self {
        let zero = Duration::ZERO;
        Self {
            model,
            version,
            digest,
            rows: 0,
            tokens: 0,
            queued: zero,
            computed: zero,
            together: 0,
        }
    }

    /// Adds what one run of several took.
    pub(crate) fn add_run(&mut self, run: &Self) {
        self.queued += run.queued;
        self.computed += run.computed;
        self.together = self.together.max(run.together);
    }
}
